/**
 * What the device shows: plain values that survive JSON, so that the text of a `show` command, the JSON
 * of the API and a table of the console are three renderers of one view. Addresses are in canonical
 * text form, moments are `Instant`s (milliseconds since the epoch), and names end in their unit.
 * "Tx" is what the head-end sent to the client, "Rx" what it received, as the concentrator counts.
 */

/** One page of a list. `asOf` is the device's clock, from which a reader lets durations run on. */
export type Page<T> = {
  readonly items: readonly T[];
  /** How many match the filter, over all pages. */
  readonly total: number;
  readonly asOf: number;
  /** Where the next page starts; absent on the last. Opaque, and valid although rows come and go. */
  readonly nextCursor?: string | undefined;
};

/** The three tables of Monitoring | Sessions; LB-65, LB-66, LB-67. */
export type SessionKind = 'remoteAccess' | 'lanToLan' | 'management';

/** `inactive`: the tunnel is gone and the session waits for its client to come back. */
export type SessionState = 'connecting' | 'active' | 'inactive' | 'closing';

/** One session; columns of LB-65 to LB-67 and NAT-37. */
export type SessionView = {
  /** Number of the session, never used twice while the device runs; `show vpn-sessiondb … index N`. */
  readonly index: number;
  readonly kind: SessionKind;
  readonly state: SessionState;
  /** User, connection name of a LAN-to-LAN tunnel, or administrator. */
  readonly username: string;
  readonly group: string;
  readonly groupPolicy?: string | undefined;
  /** Address inside the tunnel; absent for management sessions. */
  readonly assignedAddress?: string | undefined;
  /** Where the peer is seen, behind whatever NAT. */
  readonly publicAddress: string;
  readonly publicPort?: number | undefined;
  /** Our port that carries the session: 500, or 4500 when ESP travels in UDP. */
  readonly localPort?: number | undefined;
  /** `IPSec`, `IPSec/NAT-T`, `HTTP`, `VCA/IPSec`. */
  readonly protocol: string;
  /** `AES-128`, `3DES-168`, `None`. */
  readonly encryption: string;
  /** `SHA-1`, `none` where the cipher authenticates by itself. */
  readonly hash: string;
  readonly loginAt: number;
  readonly durationMs: number;
  /** Time since the last packet of the client. */
  readonly idleMs?: number | undefined;
  /** As the client says: `WinNT`, `Linux`. */
  readonly clientType?: string | undefined;
  /** As the client says: `3.6.1 (Rel)`. */
  readonly clientVersion?: string | undefined;
  readonly bytesTx: number;
  readonly bytesRx: number;
  readonly packetsTx: number;
  readonly packetsRx: number;
  /** Old algorithms in use behind the `legacy-crypto` fence, such as `3DES` or `DH group 2`. */
  readonly legacy: readonly string[];
};

/** The Session Summary; columns of LB-62. */
export type SessionSummaryView = {
  readonly activeLanToLan: number;
  readonly activeRemoteAccess: number;
  readonly activeManagement: number;
  readonly totalActive: number;
  readonly peakConcurrent: number;
  readonly concurrentLimit: number;
  readonly totalCumulative: number;
};

export type SessionSortKey =
  | 'index'
  | 'username'
  | 'group'
  | 'assignedAddress'
  | 'publicAddress'
  | 'protocol'
  | 'encryption'
  | 'loginAt'
  | 'clientType'
  | 'bytesTx'
  | 'bytesRx'
  | 'state';

/** Which part of a long list: at most `limit` (1 to 500), from where the last page ended. */
export type ListQuery = { readonly limit: number; readonly cursor?: string | undefined };

/** Which sessions, in which order, how many. An absent filter lets everything pass. */
export type SessionQuery = {
  readonly kind?: SessionKind | undefined;
  readonly group?: string | undefined;
  /** Part of user, group, address, protocol, encryption or client; letter case does not matter. */
  readonly text?: string | undefined;
  readonly sort: SessionSortKey;
  readonly descending: boolean;
  /** 1 to 500. */
  readonly limit: number;
  readonly cursor?: string | undefined;
};

/** One ISAKMP SA. */
export type IsakmpSaView = {
  readonly id: number;
  readonly role: 'initiator' | 'responder';
  /** Words of IOS and ASA: `AM_ACTIVE`, `AM_WAIT_MSG3`. */
  readonly state: string;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** 16 hexadecimal digits each. */
  readonly initiatorCookie: string;
  readonly responderCookie: string;
  readonly encryption: string;
  readonly hash: string;
  readonly dhGroup: string;
  readonly authentication: string;
  readonly natTraversal: 'none' | 'rfc3947' | 'draft-02' | 'draft-03';
  readonly localBehindNat: boolean;
  readonly remoteBehindNat: boolean;
  readonly lifetimeSeconds: number;
  readonly remainingSeconds: number;
  readonly group?: string | undefined;
  readonly username?: string | undefined;
  readonly legacy: readonly string[];
};

/** Counters of one direction of an IPsec SA pair. */
export type SaCountersView = { readonly packets: number; readonly octets: number };

/** A pair of IPsec SAs, inbound and outbound; NAT-39. */
export type IpsecSaView = {
  readonly isakmpSaId: number;
  /** Unsigned 32-bit; printed as `0x` and eight hexadecimal digits. */
  readonly inboundSpi: number;
  readonly outboundSpi: number;
  readonly encryption: string;
  readonly hash: string;
  readonly pfs?: string | undefined;
  readonly mode: 'tunnel' | 'transport';
  readonly encapsulation: 'udp' | 'none';
  readonly localAddress: string;
  /** UDP destination port of the client's packets; 0 where ESP travels without UDP. */
  readonly localPort: number;
  readonly remoteAddress: string;
  /** UDP source port of the client's packets, as its NAT made it. */
  readonly remotePort: number;
  /** `0.0.0.0/0`. */
  readonly localNetwork: string;
  readonly remoteNetwork: string;
  readonly lifetimeSeconds: number;
  readonly remainingSeconds: number;
  /** 0 for no limit by volume. */
  readonly lifetimeKilobytes: number;
  readonly replayWindow: number;
  readonly inbound: SaCountersView;
  readonly outbound: SaCountersView;
  readonly replayed: number;
  readonly authenticationFailed: number;
  readonly malformed: number;
  readonly selectorMismatch: number;
  readonly expired: number;
  readonly legacy: readonly string[];
};

/** Everything about one session: what a click on its name shows; LB-61, NAT-39. */
export type SessionDetailView = {
  readonly asOf: number;
  readonly session: SessionView;
  readonly isakmpSas: readonly IsakmpSaView[];
  readonly ipsecSas: readonly IpsecSaView[];
};

/** One line of the event log with what it means; NAT-60, NAT-61. */
export type EventView = {
  /** Rises with every event, never repeats. */
  readonly seq: number;
  readonly at: number;
  readonly class: string;
  readonly number: number;
  /** 1 the gravest to 13. */
  readonly severity: number;
  /** How often this class and number occurred; RPT of the concentrator. */
  readonly repeat: number;
  readonly peer?: string | undefined;
  readonly group?: string | undefined;
  readonly username?: string | undefined;
  /** One or more lines, arguments filled in. */
  readonly text: string;
  readonly why: string;
  readonly remedy: string;
};

/** Which events; newest first. An absent filter lets everything pass. */
export type EventQuery = {
  readonly classes?: readonly string[] | undefined;
  readonly severityFrom?: number | undefined;
  readonly severityTo?: number | undefined;
  /** Part of text, user, group or peer; letter case does not matter. */
  readonly text?: string | undefined;
  /** Only events after this number. */
  readonly after?: number | undefined;
  /** Only events before this number: the way back through the log. */
  readonly before?: number | undefined;
  /** 1 to 500. */
  readonly limit: number;
};

export type EventPage = {
  /** Newest first. */
  readonly items: readonly EventView[];
  /** Number of the newest event of the log, matching or not; 0 while there is none. */
  readonly lastSeq: number;
  /** Classes of the catalogue, for the filter. */
  readonly classes: readonly string[];
};

/** The device as a whole. */
export type SystemView = {
  readonly hostname: string;
  readonly version: string;
  readonly asOf: number;
  readonly uptimeMs: number;
  /** Share of the machine's processors this process used in the last interval, 0 to 100. */
  readonly cpuPercent: number;
  readonly processors: number;
  readonly memoryBytes: number;
  readonly memoryTotalBytes: number;
  /** `memory`, `userspace`, `kernel`. */
  readonly dataPlane: string;
  /** Sessions of clients and LAN-to-LAN tunnels over the limit, 0 to 100, as load balancing counts it. */
  readonly loadPercent: number;
  /** What the `legacy-crypto` fence lets through; empty when it is closed. */
  readonly legacyPermitted: readonly string[];
  /** Groups that sessions can belong to, for the group selector of LB-61. */
  readonly groups: readonly string[];
};

/** Totals since the device started; they only grow, except `halfOpenSas`. */
export type CountersView = {
  readonly logins: number;
  /** By reason, such as `wrong password or unknown user`; a bounded set of reasons. */
  readonly loginFailures: Readonly<Record<string, number>>;
  readonly octetsTx: number;
  readonly octetsRx: number;
  readonly packetsTx: number;
  readonly packetsRx: number;
  /** By reason, such as `replayed`, `unknown SPI`; a bounded set of reasons. */
  readonly packetsDropped: Readonly<Record<string, number>>;
  readonly halfOpenSas: number;
  readonly isakmpSas: number;
  readonly ipsecSas: number;
};
