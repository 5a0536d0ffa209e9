import { calendarTime, formatMilliseconds, monthName, weekdayName } from '#base/calendar';
import { instant } from '#base/instant';
import type { SystemView } from '#views/views';

const counted = (n: number, unit: string): string => `${n} ${unit}${n === 1 ? '' : 's'}`;

/** `9 days 3 hours`, `3 hours 12 mins`, `12 mins 5 secs`: the two largest units; GEN-91. */
export function formatUptime(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 0) return `${counted(days, 'day')} ${counted(hours % 24, 'hour')}`;
  if (hours > 0) return `${counted(hours, 'hour')} ${counted(minutes % 60, 'min')}`;
  return `${counted(minutes, 'min')} ${counted(seconds % 60, 'sec')}`;
}

/** `20:22:42.390 UTC Sun Oct 20 2002`. */
export function clockText(asOf: number): string {
  const t = calendarTime(instant(asOf));
  return `${formatMilliseconds(t)} UTC ${weekdayName(t)} ${monthName(t)} ${t.day} ${t.year}`;
}

export const uptimeText = ({ hostname, uptimeMs }: SystemView): string =>
  `${hostname} up ${formatUptime(uptimeMs)}`;

const megabytes = (octets: number): string => `${Math.round(octets / 1_048_576)} MB`;

/** `show version`. */
export function versionText(system: SystemView): string {
  const rows = [
    [
      'Hardware',
      `${counted(system.processors, 'processor')}, ${megabytes(system.memoryTotalBytes)} RAM`,
    ],
    [
      'In use',
      `${Math.round(system.cpuPercent)} % of the processors, ${megabytes(system.memoryBytes)}`,
    ],
    ['Packet path', system.dataPlane],
    ['Session load', `${Math.round(system.loadPercent)} % of the limit`],
    ['Old algorithms', system.legacyPermitted.join(', ') || 'none permitted'],
  ] as const;
  return [
    `headend Version ${system.version}`,
    uptimeText(system),
    '',
    ...rows.map(([name, value]) => `${name.padEnd(14)} : ${value}`),
  ].join('\n');
}
