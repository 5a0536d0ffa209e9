import type { ChoiceView, ClusterView, DemoView, Finding, LoadSample } from '#views/cluster-views';
import type { LiveUpdate, SessionChange, SessionsDelta, ThroughputSample } from '#views/live-views';
import type {
  EventView,
  SessionDetailView,
  SessionSummaryView,
  SessionView,
  SystemView,
} from '#views/views';

/** How many octets a session had carried at a moment. */
export type TrafficSample = { readonly at: number; readonly tx: number; readonly rx: number };

/** One page of sessions as the table shows it, each with its last minute of traffic. */
export type SessionRows = {
  readonly rows: readonly SessionView[];
  readonly traffic: ReadonlyMap<number, readonly TrafficSample[]>;
  readonly total: number;
  readonly nextCursor: string | undefined;
  /** These rows answer an older question; the answer to the newest is on its way. */
  readonly stale: boolean;
};

/** The cluster as this member sees it, and its last minutes. */
export type ClusterState = {
  readonly view: ClusterView;
  readonly findings: readonly Finding[];
  /** Newest first. */
  readonly choices: readonly ChoiceView[];
  /** Choices that were made before this page looked. */
  readonly firstSeq: number;
  /** Oldest first. */
  readonly load: readonly LoadSample[];
  /** The members of a demo, which can be taken away. */
  readonly demo: DemoView | undefined;
};

/** Everything the console was told, as of one moment of the device's clock. */
export type LiveState = {
  readonly status: 'connecting' | 'live' | 'lost';
  /** The device's clock at the last update; 0 before the first. */
  readonly asOf: number;
  readonly system: SystemView | undefined;
  /** When the device started, by its clock. */
  readonly startedAt: number;
  readonly summary: SessionSummaryView | undefined;
  readonly throughput: readonly ThroughputSample[];
  readonly sessions: SessionRows | undefined;
  readonly detail: SessionDetailView | undefined;
  readonly detailEnded: number | undefined;
  /** Newest first, with none of those that match left out between. */
  readonly events: readonly EventView[] | undefined;
  /** Another number as soon as events were replaced by some that need not go on where those before ended. */
  readonly eventsRun: number;
  /** So many events are kept. */
  readonly eventsKept: number;
  readonly eventClasses: readonly string[];
  readonly cluster: ClusterState | undefined;
  readonly refused: string | undefined;
};

export const initialState: LiveState = {
  status: 'connecting',
  asOf: 0,
  system: undefined,
  startedAt: 0,
  summary: undefined,
  throughput: [],
  sessions: undefined,
  detail: undefined,
  detailEnded: undefined,
  events: undefined,
  eventsRun: 0,
  eventsKept: 0,
  eventClasses: [],
  cluster: undefined,
  refused: undefined,
};

const throughputMax = 900;
const trafficMax = 61;
/** A rate over less than this says more about the network than about the session. */
const sampleGapMs = 900;
/** The event table of the page; older lines are asked for page by page, and kept besides. */
const eventsMax = 500;

function applyRows(before: SessionRows | undefined, delta: SessionsDelta): readonly SessionView[] {
  const known = new Map<number, SessionView>();
  if (!delta.whole) for (const row of before?.rows ?? []) known.set(row.index, row);
  for (const change of delta.rows) {
    const row: SessionChange = { ...known.get(change.index), ...change };
    // The first change of a row carries every field; durations are worked out from the clock.
    known.set(change.index, row as SessionView);
  }
  const order = delta.order ?? before?.rows.map((row) => row.index) ?? [];
  return order.flatMap((index) => known.get(index) ?? []);
}

/** The last minute of traffic of `rows`, by `keyOf`: what was known `before`, and a sample of now. */
export function sampledTraffic<T extends Pick<SessionView, 'bytesTx' | 'bytesRx'>, K>(
  before: ReadonlyMap<K, readonly TrafficSample[]> | undefined,
  rows: readonly T[],
  keyOf: (row: T) => K,
  at: number,
): ReadonlyMap<K, readonly TrafficSample[]> {
  const traffic = new Map<K, readonly TrafficSample[]>();
  for (const row of rows) {
    const samples = before?.get(keyOf(row)) ?? [];
    const last = samples.at(-1);
    const sample = { at, tx: row.bytesTx, rx: row.bytesRx };
    if (last && at - last.at < sampleGapMs) traffic.set(keyOf(row), samples);
    else traffic.set(keyOf(row), [...samples, sample].slice(-trafficMax));
  }
  return traffic;
}

const sampleTraffic = (
  before: SessionRows | undefined,
  rows: readonly SessionView[],
  at: number,
): SessionRows['traffic'] => sampledTraffic(before?.traffic, rows, ({ index }) => index, at);

function applySessions(state: LiveState, update: LiveUpdate): SessionRows | undefined {
  const { sessions: before } = state;
  const { sessions: delta, asOf } = update;
  if (!delta) return before && { ...before, traffic: sampleTraffic(before, before.rows, asOf) };
  // What is left of a query that the page no longer asks.
  if (!before && !delta.whole) return undefined;
  const rows = applyRows(before, delta);
  return {
    rows,
    traffic: sampleTraffic(before, rows, asOf),
    total: delta.total,
    nextCursor: delta.nextCursor,
    stale: !delta.whole && (before?.stale ?? false),
  };
}

type Events = Pick<LiveState, 'events' | 'eventsRun' | 'eventsKept'>;

function applyEvents(state: LiveState, update: LiveUpdate): Events {
  const { events, eventsRun, eventsKept } = state;
  if (!update.events) return { events, eventsRun, eventsKept };
  if (update.eventClasses)
    return { events: update.events, eventsRun: eventsRun + 1, eventsKept: eventsMax };
  const joined = events && [...update.events, ...events].slice(0, eventsKept);
  return { events: joined, eventsRun, eventsKept };
}

/** The state with events that come next before the event `before`, if that is still the oldest of the same run. */
export function withOlderEvents(
  state: LiveState,
  run: number,
  before: number,
  older: readonly EventView[],
): LiveState {
  if (state.eventsRun !== run || state.events?.at(-1)?.seq !== before) return state;
  return {
    ...state,
    events: [...state.events, ...older],
    eventsKept: state.eventsKept + older.length,
  };
}

const choicesMax = 100;
const loadMax = 300;

function applyCluster(state: LiveState, update: LiveUpdate): ClusterState | undefined {
  const { cluster: news } = update;
  if (!news) return state.cluster;
  const before = news.whole ? undefined : state.cluster;
  return {
    view: news.view,
    findings: news.findings,
    choices: [...news.choices, ...(before?.choices ?? [])].slice(0, choicesMax),
    firstSeq: before?.firstSeq ?? news.choices[0]?.seq ?? 0,
    load: [...(before?.load ?? []), ...news.load].slice(-loadMax),
    demo: news.demo,
  };
}

/** The state after one message of the websocket. */
export function applyUpdate(state: LiveState, update: LiveUpdate): LiveState {
  const system = update.system
    ? ({ ...state.system, ...update.system } as SystemView)
    : state.system;
  return {
    status: 'live',
    asOf: update.asOf,
    system,
    startedAt:
      update.system?.uptimeMs !== undefined
        ? update.asOf - update.system.uptimeMs
        : state.startedAt,
    summary: update.summary ?? state.summary,
    throughput: [...state.throughput, ...update.throughput].slice(-throughputMax),
    sessions: applySessions(state, update),
    detail: update.detail ?? state.detail,
    detailEnded: update.detailEnded ?? state.detailEnded,
    ...applyEvents(state, update),
    eventClasses: update.eventClasses ?? state.eventClasses,
    cluster: applyCluster(state, update),
    refused: update.refused,
  };
}

/** Bits per second. */
type Rate = { readonly tx: number; readonly rx: number };

function rateBetween(before: TrafficSample, last: TrafficSample): Rate {
  if (last.at <= before.at) return { tx: 0, rx: 0 };
  const perSecond = (now: number, then: number) =>
    (Math.max(0, now - then) * 8000) / (last.at - before.at);
  return { tx: perSecond(last.tx, before.tx), rx: perSecond(last.rx, before.rx) };
}

/** The rate between the last two samples of a session; undefined before there are two. */
export function currentRate(samples: readonly TrafficSample[]): Rate | undefined {
  const [before, last] = samples.slice(-2);
  return before && last && rateBetween(before, last);
}

/** The rate in each interval of a session's last minute. */
export const rateHistory = (samples: readonly TrafficSample[]): Rate[] =>
  samples.slice(1).map((last, i) => rateBetween(samples[i] as TrafficSample, last));
