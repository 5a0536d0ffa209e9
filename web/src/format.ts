/** How the console writes figures; one place, so that a figure looks the same wherever it stands. */

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (n: number): string => String(n).padStart(2, '0');
const three = (n: number): string => String(n).padStart(3, '0');

const clock = (date: Date): string =>
  `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;

/** `0:13:05`, `45:33:53`: hours without padding that run past 24; LB-68. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** `Oct 18 09:49:17` in the reader's time zone; LB-68. */
export function formatLoginTime(at: number): string {
  const date = new Date(at);
  return `${months[date.getMonth()]} ${two(date.getDate())} ${clock(date)}`;
}

/** `09:49:17` in the reader's time zone. */
export const formatClock = (at: number): string => clock(new Date(at));

/** `10/20/2002 20:13:35.640` in the reader's time zone, as the event log writes it; NAT-61. */
export function formatEventTime(at: number): string {
  const date = new Date(at);
  const day = `${two(date.getMonth() + 1)}/${two(date.getDate())}/${date.getFullYear()}`;
  return `${day} ${clock(date)}.${three(date.getMilliseconds())}`;
}

/** `Thursday, 18 October 2001 10:02:23`, the header of every page of the concentrator. */
export function formatPageTime(at: number): string {
  const date = new Date(at);
  const day = date.toLocaleDateString('en-GB', {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  });
  const [weekday = '', rest = ''] = day.replace(',', '').split(/ (.*)/s);
  return `${weekday}, ${rest} ${clock(date)}`;
}

const decimal = (value: number): string =>
  value >= 99.95 ? value.toFixed(0) : value >= 9.995 ? value.toFixed(1) : value.toFixed(2);

function withPrefix(value: number, unit: string): string {
  let scaled = value / 1000;
  let prefix = 0;
  while (scaled >= 999.5 && prefix < 4) {
    scaled /= 1000;
    prefix += 1;
  }
  return `${decimal(scaled)} ${'kMGTP'[prefix]}${unit}`;
}

/** Whole numbers with a comma between thousands. */
export const formatCount = (n: number): string => n.toLocaleString('en-US');

/** `16,112` octets exactly up to five digits, then `1.53 MB`. */
export const formatOctets = (n: number): string =>
  n < 100_000 ? formatCount(n) : withPrefix(n, 'B');

/** `0 b/s`, `640 b/s`, `1.20 Mb/s`. */
export const formatRate = (bitsPerSecond: number): string =>
  bitsPerSecond < 1000 ? `${Math.round(bitsPerSecond)} b/s` : withPrefix(bitsPerSecond, 'b/s');

/** Memory in binary units: `96 MiB`. */
export function formatMemory(octets: number): string {
  const mebi = octets / (1 << 20);
  return mebi >= 1024 ? `${decimal(mebi / 1024)} GiB` : `${Math.round(mebi)} MiB`;
}

/** `0x4a1b2c01`. */
export const formatSpi = (spi: number): string => `0x${spi.toString(16).padStart(8, '0')}`;

/** `171.69.89.78:1029`, `[2001:db8::1]:4500`, or the address alone. */
export function formatEndpoint(address: string, port: number | undefined): string {
  if (port === undefined || port === 0) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
