import type { Trial } from './cluster-trial.ts';

const WIDTH = 1000;
const LEFT = 110;
const RIGHT = 150;
const LOAD_TOP = 40;
const LOAD_HEIGHT = 260;
const LANES_TOP = LOAD_TOP + LOAD_HEIGHT + 50;
const LANE_HEIGHT = 18;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const color = (index: number, count: number): string =>
  `hsl(${Math.round((360 * index) / count)} 65% 42%)`;

/** Horizontal place of a moment. */
function scaleOf(trial: Trial): (atMs: number) => number {
  const lastMs = trial.samples.at(-1)?.atMs ?? 1;
  const inner = WIDTH - LEFT - RIGHT;
  return (atMs) => LEFT + (inner * atMs) / Math.max(1, lastMs);
}

const place = (n: number): string => n.toFixed(1);

/** Load of each member over time, in percent of its maximum. */
function loads(trial: Trial, x: (atMs: number) => number, topPercent: number): string[] {
  const y = (percent: number) => LOAD_TOP + LOAD_HEIGHT * (1 - percent / topPercent);
  const grid = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const at = place(y(topPercent * part));
    const label = `${(topPercent * part).toFixed(0)} %`;
    return `<path class="grid" d="M${LEFT} ${at}H${WIDTH - RIGHT}"/><text x="${LEFT - 8}" y="${at}" text-anchor="end">${label}</text>`;
  });
  const lines = trial.members.map(({ name, maximum }, i) => {
    const points = trial.samples.map(({ atMs, sessions }) => {
      const percent = maximum === 0 ? 0 : (100 * (sessions[i] ?? 0)) / maximum;
      return `${place(x(atMs))} ${place(y(percent))}`;
    });
    const stroke = color(i, trial.members.length);
    const at = LOAD_TOP + 14 * i;
    return (
      `<polyline points="${points.join(' ')}" stroke="${stroke}"/>` +
      `<text x="${WIDTH - RIGHT + 12}" y="${at}" style="fill:${stroke}">${escaped(name)}</text>`
    );
  });
  return [...grid, ...lines];
}

/** From when to when member `i` had the cluster address, as far as the samples tell. */
function ownerships(trial: Trial, i: number) {
  const found: { readonly fromMs: number; toMs: number }[] = [];
  for (const [n, { atMs, owners }] of trial.samples.entries()) {
    const next = trial.samples[n + 1];
    if (!next || !owners[i]) continue;
    const last = found.at(-1);
    if (last?.toMs === atMs) last.toMs = next.atMs;
    else found.push({ fromMs: atMs, toMs: next.atMs });
  }
  return found;
}

/** A lane for each member, dark while it has the cluster address. */
function lanes(trial: Trial, x: (atMs: number) => number): string[] {
  return trial.members.map(({ name }, i) => {
    const top = LANES_TOP + LANE_HEIGHT * i;
    const bars = ownerships(trial, i).map(({ fromMs, toMs }) => {
      const width = place(x(toMs) - x(fromMs) + 0.3);
      return `<path d="M${place(x(fromMs))} ${top + 4}h${width}v${LANE_HEIGHT - 7}h-${width}z"/>`;
    });
    return (
      `<g style="fill:${color(i, trial.members.length)}">${bars.join('')}</g>` +
      `<text x="${LEFT - 8}" y="${top + LANE_HEIGHT / 2}" text-anchor="end">${escaped(name)}</text>`
    );
  });
}

/** A band behind everything while a fault lasts, with its name and what was done to whom on a mouse. */
function faults(trial: Trial, x: (atMs: number) => number, bottom: number): string[] {
  return trial.episodes.map(({ fault, title, whom, beginMs, endMs }) => {
    const [from, width] = [x(beginMs), x(endMs) - x(beginMs)];
    return (
      `<g class="fault"><rect x="${place(from)}" y="${LOAD_TOP}" width="${place(width)}" height="${bottom - LOAD_TOP}"/>` +
      `<text transform="translate(${place(from + 4)} ${LOAD_TOP + LOAD_HEIGHT + 6}) rotate(35)">${fault}</text>` +
      `<title>${escaped(`${title}: ${whom}`)}</title></g>`
    );
  });
}

/** A trial as an SVG picture: the load of every member over time, and below who has the cluster address. */
export function trialPlot(trial: Trial): string {
  const x = scaleOf(trial);
  const bottom = LANES_TOP + LANE_HEIGHT * trial.members.length;
  const highest = Math.max(
    1,
    ...trial.samples.flatMap(({ sessions }) =>
      sessions.map((n, i) => (100 * n) / Math.max(1, trial.members[i]?.maximum ?? 1)),
    ),
  );
  const topPercent = Math.min(100, Math.ceil(highest / 4) * 4);
  const lastMs = trial.samples.at(-1)?.atMs ?? 0;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 30}" font-family="sans-serif" font-size="11">`,
    '<style>.grid{stroke:#ddd}polyline{fill:none;stroke-width:1.5}rect{fill:#000;fill-opacity:.06}text{dominant-baseline:middle;fill:#333}.fault text{font-size:8px;fill:#888}</style>',
    '<rect width="100%" height="100%" style="fill:#fff;fill-opacity:1"/>',
    `<text x="${LEFT}" y="18" font-size="13">Load of each member, in percent of its maximum; below, who has the cluster address</text>`,
    ...faults(trial, x, bottom),
    ...loads(trial, x, topPercent),
    ...lanes(trial, x),
    `<text x="${LEFT}" y="${bottom + 14}">0 s</text>`,
    `<text x="${WIDTH - RIGHT}" y="${bottom + 14}" text-anchor="end">${(lastMs / 1000).toFixed(0)} s</text>`,
    '</svg>',
    '',
  ].join('\n');
}
