import { DeadlineHeap } from '#base/deadline-heap';
import { after, type Instant } from '#base/instant';
import {
  type Connection,
  defaultIdleTimes,
  type IdleTimes,
  idleMsOf,
  isEmbryonic,
  type PatProtocol,
  phaseAfter,
  type Xlate,
} from './connection.ts';
import type { DropReason } from './drop-reasons.ts';
import { PortAllocator } from './port-allocator.ts';
import type { PatRule } from './rules.ts';

/** What a stranger can make grow; reaching one refuses the packet with a reason of the same name. */
export const defaultTableLimits = {
  translationsMax: 32_768,
  connectionsMax: 65_536,
  connectionsPerHostMax: 8_192,
} as const;

export type TableLimits = { readonly [K in keyof typeof defaultTableLimits]: number };

/** Both ends of a packet that leaves the inside network, before translation. */
export type Outgoing = {
  readonly protocol: PatProtocol;
  readonly localAddress: number;
  readonly localPort: number;
  readonly remoteAddress: number;
  readonly remotePort: number;
};

/** Both ends of a packet that comes back, before translation. */
export type Incoming = {
  readonly protocol: PatProtocol;
  readonly globalAddress: number;
  readonly globalPort: number;
  readonly remoteAddress: number;
  readonly remotePort: number;
};

/** A connection, and whether its translation was made just now; or why there is none. */
export type Opened =
  | { readonly kind: 'opened'; readonly connection: Connection; readonly built: boolean }
  | { readonly kind: 'refused'; readonly reason: DropReason };

/** An address and a port in one number, the key of the maps below. */
const endpointKey = (address: number, port: number): number => address * 0x10000 + port;

/** Translations of one protocol to one global address. */
type Space = {
  readonly byLocal: Map<number, Xlate>;
  readonly byGlobalPort: Map<number, Xlate>;
  readonly ports: PortAllocator;
};

/** Connections of one nat rule, counted against its limits. */
type RuleUse = { connections: number; embryonic: number };

const nameOf = ({ inside, network, mask }: PatRule): string => `${inside} ${network} ${mask}`;

/**
 * The translations of a PAT box. Mapping is endpoint-independent: a local endpoint keeps its global
 * port towards every remote (RFC 4787 REQ-1). Filtering is by connection: only who was spoken to may
 * answer. The table has one owner, which calls `expire` when `deadline` has passed.
 */
export class TranslationTable {
  readonly #limits: TableLimits;
  readonly #times: IdleTimes;
  /** By global address, then protocol. */
  readonly #spaces = new Map<number, Record<PatProtocol, Space>>();
  readonly #deadlines = new DeadlineHeap<Connection>();
  readonly #perHost = new Map<number, number>();
  /** By what names a rule: another configuration has others of the same names. */
  readonly #perRule = new Map<string, RuleUse>();
  #translations = 0;
  #mostUsed = 0;

  constructor(limits: Partial<TableLimits> = {}, times: Partial<IdleTimes> = {}) {
    this.#limits = { ...defaultTableLimits, ...limits };
    this.#times = { ...defaultIdleTimes, ...times };
  }

  /** Translations in use. */
  get inUse(): number {
    return this.#translations;
  }

  /** The most translations that were ever in use at once. */
  get mostUsed(): number {
    return this.#mostUsed;
  }

  get connections(): number {
    return this.#deadlines.size;
  }

  *xlates(): Generator<Xlate> {
    for (const spaces of this.#spaces.values())
      for (const space of Object.values(spaces)) yield* space.byLocal.values();
  }

  /** The connection that an outgoing packet belongs to. */
  findOutgoing(globalAddress: number, packet: Outgoing): Connection | undefined {
    return this.#spaces
      .get(globalAddress)
      ?.[packet.protocol].byLocal.get(endpointKey(packet.localAddress, packet.localPort))
      ?.connections.get(endpointKey(packet.remoteAddress, packet.remotePort));
  }

  /** The connection that an incoming packet belongs to. */
  findIncoming(packet: Incoming): Connection | undefined {
    return this.#spaces
      .get(packet.globalAddress)
      ?.[packet.protocol].byGlobalPort.get(packet.globalPort)
      ?.connections.get(endpointKey(packet.remoteAddress, packet.remotePort));
  }

  /** Makes the connection of an outgoing packet, and its translation when the local endpoint has none. */
  open(globalAddress: number, rule: PatRule, packet: Outgoing, now: Instant): Opened {
    const refusal = this.#refusal(rule, packet);
    if (refusal !== undefined) return { kind: 'refused', reason: refusal };
    const space = this.#space(globalAddress, packet.protocol);
    const localKey = endpointKey(packet.localAddress, packet.localPort);
    let xlate = space.byLocal.get(localKey);
    const built = xlate === undefined;
    if (xlate === undefined) {
      if (this.#translations >= this.#limits.translationsMax)
        return { kind: 'refused', reason: 'translationLimit' };
      const globalPort = space.ports.allocate(packet.localPort);
      if (globalPort === undefined) return { kind: 'refused', reason: 'portsExhausted' };
      const { protocol, localAddress, localPort } = packet;
      xlate = {
        protocol,
        localAddress,
        localPort,
        globalAddress,
        globalPort,
        connections: new Map(),
      };
      space.byLocal.set(localKey, xlate);
      space.byGlobalPort.set(globalPort, xlate);
      this.#translations += 1;
      this.#mostUsed = Math.max(this.#mostUsed, this.#translations);
    }
    return { kind: 'opened', connection: this.#connect(xlate, rule, packet, now), built };
  }

  /** Notes that a packet of a connection passed; `flags` are those of a TCP segment. */
  touch(connection: Connection, now: Instant, fromInside: boolean, flags: number): void {
    connection.usedAt = now;
    const before = connection.phase;
    if (before === undefined) return;
    const phase = phaseAfter(connection, flags, fromInside);
    if (phase === before) return;
    connection.phase = phase;
    const use = this.#perRule.get(nameOf(connection.rule));
    if (use) use.embryonic += Number(isEmbryonic(phase)) - Number(isEmbryonic(before));
    this.#deadlines.set(connection, after(now, idleMsOf(connection, this.#times)));
  }

  /** Ends the connections that were idle too long and returns the translations that ended with them. */
  expire(now: Instant): readonly Xlate[] {
    const ended: Xlate[] = [];
    for (;;) {
      const connection = this.#deadlines.takeDue(now);
      if (connection === undefined) return ended;
      // Packets move `usedAt` only; the heap learns of it here, once per idle time and not per packet.
      const idleAt = after(connection.usedAt, idleMsOf(connection, this.#times));
      if (idleAt > now) this.#deadlines.set(connection, idleAt);
      else if (this.#forget(connection)) ended.push(connection.xlate);
    }
  }

  /** Ends one translation; what still arrives for it is refused. */
  remove(xlate: Xlate): void {
    for (const connection of [...xlate.connections.values()]) {
      this.#deadlines.set(connection, undefined);
      this.#forget(connection);
    }
  }

  /** When `expire` has something to look at. */
  deadline(): Instant | undefined {
    return this.#deadlines.earliest();
  }

  #refusal(rule: PatRule, packet: Outgoing): DropReason | undefined {
    if (this.connections >= this.#limits.connectionsMax) return 'connectionLimit';
    if ((this.#perHost.get(packet.localAddress) ?? 0) >= this.#limits.connectionsPerHostMax)
      return 'hostLimit';
    if (packet.protocol !== 'tcp') return undefined;
    const use = this.#perRule.get(nameOf(rule));
    if (use === undefined) return undefined;
    if (rule.connectionsMax > 0 && use.connections >= rule.connectionsMax) return 'ruleConnections';
    if (rule.embryonicMax > 0 && use.embryonic >= rule.embryonicMax) return 'ruleEmbryonic';
    return undefined;
  }

  #space(globalAddress: number, protocol: PatProtocol): Space {
    let spaces = this.#spaces.get(globalAddress);
    if (spaces === undefined) {
      const empty = (): Space => ({
        byLocal: new Map(),
        byGlobalPort: new Map(),
        ports: new PortAllocator(),
      });
      spaces = { icmp: empty(), tcp: empty(), udp: empty() };
      this.#spaces.set(globalAddress, spaces);
    }
    return spaces[protocol];
  }

  #connect(xlate: Xlate, rule: PatRule, packet: Outgoing, now: Instant): Connection {
    const isTcp = xlate.protocol === 'tcp';
    const connection: Connection = {
      xlate,
      remoteAddress: packet.remoteAddress,
      remotePort: packet.remotePort,
      rule,
      usedAt: now,
      phase: isTcp ? 'opening' : undefined,
      insideClosed: false,
      outsideClosed: false,
    };
    xlate.connections.set(endpointKey(packet.remoteAddress, packet.remotePort), connection);
    this.#deadlines.set(connection, after(now, idleMsOf(connection, this.#times)));
    this.#perHost.set(xlate.localAddress, (this.#perHost.get(xlate.localAddress) ?? 0) + 1);
    if (isTcp) {
      const use = this.#perRule.get(nameOf(rule)) ?? { connections: 0, embryonic: 0 };
      use.connections += 1;
      use.embryonic += 1;
      this.#perRule.set(nameOf(rule), use);
    }
    return connection;
  }

  /** Removes a connection whose deadline is gone already; whether its translation ended too. */
  #forget(connection: Connection): boolean {
    const { xlate } = connection;
    xlate.connections.delete(endpointKey(connection.remoteAddress, connection.remotePort));
    this.#uncount(connection);
    if (xlate.connections.size > 0) return false;
    const space = this.#space(xlate.globalAddress, xlate.protocol);
    space.byLocal.delete(endpointKey(xlate.localAddress, xlate.localPort));
    space.byGlobalPort.delete(xlate.globalPort);
    space.ports.release(xlate.globalPort);
    this.#translations -= 1;
    return true;
  }

  #uncount({ xlate, rule, phase }: Connection): void {
    const ofHost = (this.#perHost.get(xlate.localAddress) ?? 1) - 1;
    if (ofHost === 0) this.#perHost.delete(xlate.localAddress);
    else this.#perHost.set(xlate.localAddress, ofHost);
    const use = this.#perRule.get(nameOf(rule));
    if (phase === undefined || use === undefined) return;
    use.connections -= 1;
    if (isEmbryonic(phase)) use.embryonic -= 1;
    if (use.connections === 0) this.#perRule.delete(nameOf(rule));
  }
}
