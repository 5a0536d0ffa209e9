import type { ChoiceView, ClusterView, DemoView, Finding, LoadSample } from './cluster-views.ts';
import type {
  EventQuery,
  EventView,
  SessionDetailView,
  SessionQuery,
  SessionSummaryView,
  SessionView,
  SystemView,
} from './views.ts';

/** What passed through the tunnels in one interval that ended at `at`. */
export type ThroughputSample = {
  readonly at: number;
  readonly bitsPerSecondTx: number;
  readonly bitsPerSecondRx: number;
};

/** What a page of the console wants to be told; each message replaces the one before. */
export type LiveRequest = {
  readonly sessions?: SessionQuery | undefined;
  /** Index of the session whose details are open. */
  readonly detail?: number | undefined;
  readonly events?: Omit<EventQuery, 'after' | 'before'> | undefined;
  readonly cluster?: boolean | undefined;
};

/** A row that changed: its index and only the fields that are not what they were. */
export type SessionChange = { readonly index: number } & Partial<Omit<SessionView, 'durationMs'>>;

/**
 * How a page of sessions changed. Durations are left out, since they all change all the time: a reader
 * takes `asOf` minus `loginAt`.
 */
export type SessionsDelta = {
  /** The first delta after a request carries whole rows. */
  readonly whole: boolean;
  readonly rows: readonly SessionChange[];
  /** The indexes of the page in order, when that changed. */
  readonly order?: readonly number[] | undefined;
  readonly total: number;
  readonly nextCursor?: string | undefined;
};

/** The cluster, and what is new of its history. */
export type ClusterNews = {
  readonly view: ClusterView;
  /** What is wrong with it, as far as this member can tell. */
  readonly findings: readonly Finding[];
  /** The first after a request carries the history whole. */
  readonly whole: boolean;
  /** New choices, newest first. */
  readonly choices: readonly ChoiceView[];
  /** New samples, oldest first. */
  readonly load: readonly LoadSample[];
  /** Present in a demo alone. */
  readonly demo?: DemoView | undefined;
};

/** One message of the console's websocket, at most one a second; what is absent did not change. */
export type LiveUpdate = {
  readonly asOf: number;
  readonly throughput: readonly ThroughputSample[];
  readonly system?: Partial<SystemView> | undefined;
  readonly summary?: SessionSummaryView | undefined;
  readonly sessions?: SessionsDelta | undefined;
  readonly detail?: SessionDetailView | undefined;
  /** Index of the session whose details are open, once it has ended. */
  readonly detailEnded?: number | undefined;
  /** New events that pass the filter, newest first; they go on where those before ended, unless with classes. */
  readonly events?: readonly EventView[] | undefined;
  /**
   * Classes of the catalogue, with the first events after a request and wherever more came at once than are
   * told: these events replace those before.
   */
  readonly eventClasses?: readonly string[] | undefined;
  readonly cluster?: ClusterNews | undefined;
  /** Why the request could not be followed. */
  readonly refused?: string | undefined;
};
