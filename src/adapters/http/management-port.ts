import type { Shell } from '#adapters/terminal/shell';
import type { Result } from '#base/result';
import type { PageRefusal } from '#engine/cluster-sessions';
import type {
  BalancingChange,
  BalancingForm,
  BalancingVerdict,
  ChoiceView,
  ClusterCountersView,
  ClusterSessionPage,
  ClusterView,
  DemoView,
  Diagnosis,
  DrainRequest,
} from '#views/cluster-views';
import type {
  CountersView,
  EventPage,
  EventQuery,
  IpsecSaView,
  IsakmpSaView,
  ListQuery,
  Page,
  SessionDetailView,
  SessionKind,
  SessionQuery,
  SessionSummaryView,
  SessionView,
  SystemView,
} from '#views/views';

/** Who is at the other end, once the password was right. */
export type Administrator = {
  readonly name: string;
  /** Whether this account may end sessions; commands are judged by the command line itself. */
  readonly mayChange: boolean;
};

/** Where an administrator comes from, for the Management Sessions table; LB-67. */
export type ManagementOrigin = {
  readonly address: string;
  readonly port: number;
  readonly protocol: 'HTTP' | 'HTTPS';
};

/** One row of the Management Sessions table, held for as long as someone is logged in. */
export type ManagementSession = {
  readonly index: number;
  /**
   * False once the row was logged off by someone else, or the account has other rights, another password
   * or is gone; the console then ends the login.
   */
  isOpen(): boolean;
  close(): void;
};

/** What is shown of a virtual cluster, and done to this member of it. Costs the same with any number of sessions. */
export type ClusterManagement = {
  view(): ClusterView;
  /** The last choices of this device, newest first. */
  choices(): readonly ChoiceView[];
  counters(): ClusterCountersView;
  diagnosis(): Diagnosis;
  /**
   * A page of the sessions of all members, once they have answered or were given up. The error says which
   * part of the query is not right, or that too many look.
   */
  sessions(query: SessionQuery): Promise<Result<ClusterSessionPage, PageRefusal>>;
  /** Takes no new clients from now on; the error says why that cannot be. */
  drain(request: DrainRequest, by: Administrator): Result<void, string>;
  /** Takes clients again. */
  endDrain(by: Administrator): Result<void, string>;
  /** Configuration | System | Load Balancing. */
  form(): BalancingForm;
  /** What a change would do; nothing is changed. */
  check(change: BalancingChange): BalancingVerdict;
  /** Makes the change whole, if it is accepted, or not at all. */
  apply(change: BalancingChange, by: Administrator): BalancingVerdict;
};

/** What only a demo offers: to take a device away and to bring it back. Names are host names. */
export type DemoManagement = {
  view(): DemoView;
  /** As if the power failed. The error says why that cannot be. */
  crash(name: string): Promise<Result<void, string>>;
  start(name: string): Promise<Result<void, string>>;
};

/**
 * Everything that the console, the API and the metrics need from the device. The views are read once a
 * second while someone watches, `counters` always: both must not cost more with more sessions, except
 * `sessions` and the SA lists, which are asked for less often when they answer slowly.
 */
export type ManagementPort = {
  /** Takes as long for an unknown user as for a wrong password; undefined for both. */
  login(user: string, password: string): Promise<Administrator | undefined>;
  /** Told of every login that was judged and refused. */
  loginRefused(user: string, address: string): void;
  /** Told of every login that was not judged, since too many were. */
  loginHeldBack(seconds: number, address: string): void;
  openSession(administrator: Administrator, origin: ManagementOrigin): ManagementSession;
  /** A command line of its own, as the local socket has it. */
  openShell(administrator: Administrator): Shell;

  system(): SystemView;
  counters(): CountersView;
  summary(): SessionSummaryView;
  /** The error says which part of the query is not right. */
  sessions(query: SessionQuery): Result<Page<SessionView>, string>;
  session(index: number): SessionDetailView | undefined;
  isakmpSas(query: ListQuery): Result<Page<IsakmpSaView>, string>;
  ipsecSas(query: ListQuery): Result<Page<IpsecSaView>, string>;
  events(query: EventQuery): EventPage;
  readonly cluster: ClusterManagement;
  readonly demo?: DemoManagement;
  /** Another number when another device answers from now on, so that nothing of the former one is taken for its own. */
  generation?(): number;

  /** False when there is no such session. */
  logoff(index: number, by: Administrator): boolean;
  /** Ends every session of a kind, and of a group when one is named; answers how many; NAT-36. */
  logoffAll(kind: SessionKind, group: string | undefined, by: Administrator): number;
};
