/** What the charts have alike. */

/** Pixels that the last time sticks out to the right of its tick. */
export const halfTimeLabel = 32;

/** An axis without ticks, its grid and words in the colour of what steps back. */
export const axisOf = (figure: Element, muted: string) => ({
  stroke: muted,
  font: `11px ${getComputedStyle(figure).fontFamily}`,
  ticks: { show: false },
  grid: { stroke: muted, width: 0.25 },
});

/** `10:02`, with seconds where they are not zero. */
export function clockOf(seconds: number): string {
  const date = new Date(seconds * 1000);
  const two = (n: number) => String(n).padStart(2, '0');
  const withSeconds = date.getSeconds() === 0 ? '' : `:${two(date.getSeconds())}`;
  return `${two(date.getHours())}:${two(date.getMinutes())}${withSeconds}`;
}
