import type { Page, SessionSummaryView, SessionView } from './views.ts';

/** What a virtual cluster shows of itself; conventions as in `views.ts`. */

/**
 * `waiting`: it cannot begin yet; `joining`: it looks for the others; `electing`: members that had joined look for
 * the next master; `refused`: the others do not take this device.
 */
export type ClusterRole =
  | 'off'
  | 'waiting'
  | 'joining'
  | 'electing'
  | 'backup'
  | 'master'
  | 'leaving'
  | 'refused';

/**
 * When a member was heard last: by the device that is asked, as a master hears all and a backup its master; or, of
 * another backup, when the master last listed it as a member. Absent for the device itself, and where neither is known.
 */
export type MemberHeard = { readonly by: 'self' | 'master'; readonly agoMs: number };

/** One member as the device that is asked sees it; columns of LB-51 and GEN-90. */
export type ClusterMemberView = {
  readonly privateAddress: string;
  readonly publicAddress: string;
  /** What the member is translated to; LB-55 shows 0.0.0.0 for nothing. */
  readonly mappedAddress?: string | undefined;
  readonly role: ClusterRole;
  readonly condition: 'alive' | 'suspect' | 'dead' | 'left';
  /** `VPN3030`, `ASA-5520`, `headend`. */
  readonly deviceType: string;
  readonly hostname: string;
  readonly version: string;
  readonly priority: number;
  /** Of sessions; absent where it is not known: only the master hears of the load of others (LB-52). */
  readonly load?:
    | {
        readonly percent: number;
        readonly sessions: number;
        readonly limit: number;
        readonly inactive: number;
      }
    | undefined;
  readonly draining: boolean;
  readonly full: boolean;
  readonly poolEmpty: boolean;
  /** Whether its public side answers. */
  readonly publicPath: 'unknown' | 'open' | 'closed';
  /** Since this device knows of it. */
  readonly durationMs: number;
  readonly heard?: MemberHeard | undefined;
  /** How often this device suspected it to be gone, and when last; absent for never. */
  readonly suspected?: { readonly times: number; readonly lastAt: number } | undefined;
};

/** A session of the cluster: its `index` is that on its member. */
export type ClusterSessionView = SessionView & {
  /** Private address of the member that it is on. */
  readonly member: string;
};

/** One member among those whose sessions are listed. */
export type ClusterSessionsMember = {
  readonly privateAddress: string;
  readonly hostname: string;
  readonly isSelf: boolean;
  /** `silent` did not answer, `busy` was asked too much: its sessions are missing from this page. */
  readonly answer: 'whole' | 'silent' | 'busy';
  /** Of its sessions that match the filter. */
  readonly total?: number | undefined;
  readonly summary?: SessionSummaryView | undefined;
};

/** A page of the sessions of all members; `total` counts those of members that answered. */
export type ClusterSessionPage = Page<ClusterSessionView> & {
  /** In the order of their private addresses. */
  readonly members: readonly ClusterSessionsMember[];
  /**
   * Older sessions that were left out of rows and `total`, since the client is on another member by now.
   * They are found among the rows that members sent for this page.
   */
  readonly moved: number;
};

/** A drain of this member. */
export type DrainView = {
  readonly since: number;
  readonly sessionsAtStart: number;
  readonly sessionsLeft: number;
  readonly moves: boolean;
  readonly until?: number | undefined;
  /** Why it is over. */
  readonly over?: string | undefined;
};

/** The filter of one side of this member, and what it stops of what members say. */
export type FilterView = {
  readonly side: 'private' | 'public';
  readonly interface: string;
  /** Absent for none. */
  readonly filter?: string | undefined;
  readonly stops: readonly {
    /** The rule that would let it pass: `VCA In` or `VCA Out`. */
    readonly rule: string;
    readonly reason: string;
    readonly remedy: string;
    /** Stopped so far. */
    readonly datagrams: number;
  }[];
};

/** The filters of this device, and where they are applied; `show filter`. */
export type FiltersView = {
  readonly asOf: number;
  readonly filters: readonly {
    readonly name: string;
    readonly defaultAction: 'forward' | 'drop';
    readonly rules: readonly {
      readonly rule: string;
      readonly port: number;
      /** Whether the port is that of the cluster, whatever it becomes. */
      readonly follows: boolean;
    }[];
    /** Names of the interfaces of this member that have it. */
    readonly interfaces: readonly string[];
  }[];
};

/** The virtual cluster as one member sees it. */
export type ClusterView = {
  readonly asOf: number;
  readonly participates: boolean;
  readonly personality: 'vpn3000' | 'asa';
  readonly encryption: boolean;
  readonly authenticated: boolean;
  readonly clusterAddresses: readonly string[];
  readonly port: number;
  readonly term: number;
  /** Why this device does not take part although it should. */
  readonly obstacle?: string | undefined;
  readonly self: ClusterMemberView;
  /** In the order of their private addresses. */
  readonly peers: readonly ClusterMemberView[];
  /** Of the private side, then of the public one. */
  readonly filters: readonly FilterView[];
  readonly drain?: DrainView | undefined;
};

/** The comparison by which a client went where it went; GEN-52. */
export type ChoiceRule =
  | 'masterIsLeast'
  | 'leastPercent'
  | 'fewestSessions'
  | 'lowestAddress'
  | 'onlyBackup'
  | 'noBackup'
  | 'nobodyHasRoom';

/** One choice of the director. */
export type ChoiceView = {
  /** Rises with every choice of this device. */
  readonly seq: number;
  readonly at: number;
  readonly rule: ChoiceRule;
  /** Sent to a backup, taken by the master itself, or turned away. */
  readonly outcome: 'backup' | 'master' | 'refused';
  readonly client: string;
  readonly clientPort: number;
  /** Private address of the member that took it, and what the client was told. */
  readonly member?: string | undefined;
  readonly target?: string | undefined;
  /** Its name, where clients are to be sent to names; a redirect of IKEv1 carries the address all the same. */
  readonly name?: string | undefined;
  readonly explanation: string;
};

/** The last choices of this device, newest first. */
export type ChoicesView = { readonly asOf: number; readonly items: readonly ChoiceView[] };

/** What this device did for the cluster since it started; the numbers only grow. */
export type ClusterCountersView = {
  /** Clients that were sent to a member, by its private address and the comparison that decided. */
  readonly redirects: readonly {
    readonly member: string;
    readonly rule: ChoiceRule;
    readonly count: number;
  }[];
  /** Clients at the cluster address that nobody took, by reason; a bounded set of reasons. */
  readonly refusals: Readonly<Record<string, number>>;
  /** How often this device became master. */
  readonly takeovers: number;
};

/** The load of every member whose load was known at that moment, in percent, by private address. */
export type LoadSample = {
  readonly at: number;
  readonly percents: Readonly<Record<string, number>>;
};

/** A drain that is asked for. */
export type DrainRequest = {
  /** Whether clients are told to connect anew, to other members. */
  readonly move: boolean;
  /** It ends then, whatever is left. */
  readonly minutes?: number | undefined;
};

/** One thing that keeps the cluster from working, and what to do about it; LB-80, LB-81. */
export type Finding = {
  readonly severity: 'problem' | 'hint';
  readonly subject: string;
  readonly text: string;
  readonly remedy: string;
};

export type Diagnosis = { readonly asOf: number; readonly findings: readonly Finding[] };

/** The devices of a demo, which can be taken away and brought back. */
export type DemoView = {
  readonly members: readonly { readonly name: string; readonly runs: boolean }[];
};

/** Configuration | System | Load Balancing as it stands; the secret is never told. LB-23, LB-26. */
export type BalancingForm = {
  /** Of the device whose settings these are. */
  readonly hostname: string;
  readonly clusterAddress: string;
  readonly port: string;
  readonly encryption: boolean;
  readonly hasKey: boolean;
  readonly participates: boolean;
  readonly priority: string;
  /** `0.0.0.0` for none; LB-45. */
  readonly nat: string;
};

/** The form as somebody wants it; a secret that is absent stays as it is. */
export type BalancingChange = Omit<BalancingForm, 'hasKey' | 'hostname'> & {
  /** The form as it was read; where it is another one by now, the change is refused. */
  readonly from: BalancingForm;
  readonly key?: string | undefined;
  readonly verifyKey?: string | undefined;
};

export type BalancingField = Exclude<keyof BalancingChange, 'from'>;

/** What a change would do, and what is wrong with it; one that is accepted can be applied. */
export type BalancingVerdict = {
  readonly accepted: boolean;
  /** Lines of the configuration that go and come, as in a patch; secrets are hidden. */
  readonly changes: string;
  readonly findings: readonly {
    readonly severity: 'error' | 'warning';
    readonly field?: BalancingField | undefined;
    readonly reason: string;
    readonly remedy?: string | undefined;
  }[];
};
