/** What the figures should reach, and whether they do: the first table of the page. */
import { type Summary, summarize, summarizeRatios } from './figures.ts';
import type { Measurement } from './measurement.ts';

/** A bound on a figure of ours, or on its ratio to a peer's. */
export type Goal = {
  readonly what: string;
  /** Name of the measurement, as its file's without `.json`. */
  readonly measurement: string;
  readonly key: string;
  /** Whose figure ours is divided by; absent for a bound on the figure itself. */
  readonly peer?: string;
  readonly bound: 'at least' | 'at most';
  readonly value: number;
  readonly unit: string;
  /** Whether every turn must be within the bound, not only the median. */
  readonly always?: true;
};

const ratio = (
  what: string,
  measurement: string,
  key: string,
  peer: string,
  bound: Goal['bound'],
  value: number,
): Goal => ({ what, measurement, key, peer, bound, value, unit: '×' });

const figure = (
  what: string,
  measurement: string,
  key: string,
  bound: Goal['bound'],
  value: number,
  unit: string,
): Goal => ({ what, measurement, key, bound, value, unit });

const path = 'packet-path';
const cbc = 'packet-path-aes-128-cbc-sha1';
const datagrams = [
  ['large', '1340'],
  ['small', '64'],
].flatMap(([size, octets]) => [
  [`${size}Sustained`, `UDP of ${octets} octets, at most 0.5 % lost`],
  [`${size}Flood`, `UDP of ${octets} octets, flood`],
]) as readonly (readonly [string, string])[];
/** Sessions at the beginning, and the group; those who log in stay. */
const setups = [
  [500, 2],
  [500, 14],
  [500, 19],
  [1000, 2],
  [1000, 19],
] as const;
const many = '100,000 pairs of SAs against 1,000, a packet';

export const goals: readonly Goal[] = [
  ratio('TCP, AES-128-GCM, one tunnel', path, 'tcpMbitPerS', 'charon', 'at least', 5),
  ...['openvpn', 'openvpn-tuned', 'wireguard-go'].map((peer) =>
    ratio('TCP, AES-128-GCM, one tunnel', path, 'tcpMbitPerS', peer, 'at least', 4),
  ),
  figure('TCP, 16 tunnels against one', 'many-tunnels', 'partPercent', 'at least', 80, '%'),
  ratio('TCP, AES-128-CBC, SHA-1', cbc, 'tcpMbitPerS', 'charon', 'at least', 5),
  ratio('vpnc as client, up', 'goodput-vpnc', 'upMbitPerS', 'charon', 'at least', 1.2),
  ratio('vpnc as client, down', 'goodput-vpnc', 'downMbitPerS', 'charon', 'at least', 1.2),
  ...datagrams.flatMap(([key, what]) => [
    ratio(what, path, key, 'charon', 'at least', 2),
    ratio(what, path, key, 'openvpn', 'at least', 1.5),
    ratio(what, path, key, 'openvpn-tuned', 'at least', 1.5),
  ]),
  ratio('Round trip, warm', path, 'roundTripMs', 'charon', 'at most', 0.3),
  ...setups.map(([sessions, group]) =>
    ratio(
      `Set-ups, group ${group}, from ${sessions} sessions on`,
      `setups-from-${sessions}-group-${group}`,
      'setupsPerS',
      'charon',
      'at least',
      1.5,
    ),
  ),
  figure('Memory of an idle session', 'sessions', 'kibPerSession', 'at most', 32, 'KiB'),
  ratio('Memory of an idle session', 'sessions', 'kibPerSession', 'charon', 'at most', 0.75),
  ...[
    ['downAll', 'to each client in turn'],
    ['downOne', 'to one client'],
    ['upAll', 'from each client in turn'],
    ['upOne', 'from one client'],
  ].map(([key = '', traffic = '']) =>
    ratio(`${many} ${traffic}`, 'sa-table', key, '1,000 pairs', 'at most', 1.2),
  ),
  ratio(
    'A login among 100,000 sessions against 5,000',
    'logins-among-many',
    'cpuMs',
    '5,000 sessions',
    'at most',
    1.2,
  ),
  figure('From start to serving', 'start', 'servingMs', 'at most', 1000, 'ms'),
  figure('Resident memory at start', 'start', 'residentMib', 'at most', 150, 'MiB'),
  ratio(
    'Cluster address taken over, 1 s between messages',
    'takeover-1000',
    'takeoverMs',
    'keepalived',
    'at most',
    0.6,
  ),
  ratio(
    'Cluster address taken over, 0.1 s between messages',
    'takeover-100',
    'takeoverMs',
    'keepalived',
    'at most',
    1,
  ),
  figure(
    'Planned handover, no newcomer is answered',
    'handover',
    'newcomersMs',
    'at most',
    100,
    'ms',
  ),
  {
    what: 'Planned handover, clients that failed',
    measurement: 'handover',
    key: 'failed',
    bound: 'at most',
    value: 0,
    unit: '',
    always: true,
  },
  figure('Choice among 10 members', 'decision', 'choose10Us', 'at most', 20, 'µs'),
  figure('Choice among 100 members', 'decision', 'choose100Us', 'at most', 20, 'µs'),
  figure('Redirect at 500/s, 99th percentile', 'decision', 'redirectP99Ms', 'at most', 5, 'ms'),
  figure(
    '10,000 clients, member farthest from ideal',
    'spread',
    'farthestPoints',
    'at most',
    1,
    'points',
  ),
  figure('10 idle members, datagrams', 'cluster-idle', 'datagramsPerS', 'at most', 20, '1/s'),
  figure(
    '10 idle members, the busiest',
    'cluster-idle',
    'busiestPercent',
    'at most',
    1,
    '% of a core',
  ),
  {
    what: 'Members under forged and replayed datagrams, masters taken for gone',
    measurement: 'cluster-flood',
    key: 'takeovers',
    bound: 'at most',
    value: 0,
    unit: '',
    always: true,
  },
  {
    what: 'The same, other changes of state',
    measurement: 'cluster-flood',
    key: 'stateChanges',
    bound: 'at most',
    value: 0,
    unit: '',
    always: true,
  },
  figure(
    'Member dies, its clients back, of the time allowed',
    'member-loss',
    'part',
    'at most',
    1,
    '',
  ),
];

/** What a measurement says of a goal; undefined when it lacks the peer or a sample. */
function reached({ key, peer }: Goal, measurement: Measurement): Summary | undefined {
  const valuesOf = (name: string | undefined): readonly number[] =>
    measurement.samples
      .filter(({ subject }) => subject === name)
      .flatMap(({ values }) => values[key] ?? []);
  const ours = valuesOf(measurement.subjects[0]?.name);
  if (ours.length === 0) return undefined;
  if (peer === undefined) return summarize(ours);
  const theirs = valuesOf(peer);
  // Where the peer got nothing through, ours is any number of times as much.
  if (theirs.length !== ours.length || ours.includes(0)) return undefined;
  return summarizeRatios(ours, theirs);
}

const digitsOf: Readonly<Record<string, number>> = {
  '×': 2,
  KiB: 1,
  µs: 1,
  points: 2,
  '1/s': 1,
  '% of a core': 2,
  '': 2,
};

/** A row of the table. */
export function renderGoal(goal: Goal, measurement: Measurement | undefined): string {
  const { what, peer, bound, value, unit } = goal;
  const summary = measurement && reached(goal, measurement);
  // 4 of 5 could be 4.4 or 3.6.
  const digits = digitsOf[unit] ?? (value < 10 ? 1 : 0);
  const shown = (n: number): string => (Number.isFinite(n) ? n.toFixed(digits) : '∞');
  const measured = summary
    ? `${shown(summary.median)} (${shown(summary.low)} to ${shown(summary.high)})`
    : 'not measured';
  const worst = bound === 'at least' ? summary?.low : summary?.high;
  const judged = goal.always ? worst : summary?.median;
  const met =
    judged === undefined ? undefined : bound === 'at least' ? judged >= value : judged <= value;
  const verdict = met === undefined ? '' : met ? 'yes' : '**no**';
  const wanted = [bound, value, unit, peer]
    .filter((word) => word !== undefined && word !== '')
    .join(' ');
  return `| ${[what, wanted, measured, verdict].join(' | ')} |`;
}

/** The whole table, from the measurements by name. */
export const renderGoals = (measurements: ReadonlyMap<string, Measurement>): string =>
  [
    '## What should be reached',
    '',
    'A goal is met when the median is; one of no failures when every run is. The commands are those of `bench/all.ts`.',
    '',
    '| | should reach | median (range) | met |',
    '|---|--:|--:|---|',
    ...goals.map((goal) => renderGoal(goal, measurements.get(goal.measurement))),
    '',
  ].join('\n');
