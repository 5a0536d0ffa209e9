import { earliest, type Instant } from '#base/instant';
import { readUint16, writeUint16 } from '#dataplane/octets';
import { isIntact } from '#wire/checksum';
import { ETHERNET_HEADER_OCTETS, etherTypes } from '#wire/ethernet';
import { ipProtocols } from '#wire/protocol-numbers';
import type { Xlate } from './connection.ts';
import type { DropReason } from './drop-reasons.ts';
import { fragmentPacket } from './fragmentation.ts';
import { FragmentTable } from './fragments.ts';
import type { Frame, PatLink, RouterEffect } from './frame.ts';
import {
  deservesError,
  ErrorRate,
  isEchoRequest,
  type RouterError,
  routerError,
  turnIntoEchoReply,
} from './icmp-answers.ts';
import {
  decrementTimeToLive,
  finishChecksum,
  type Ipv4Header,
  isMartian,
  readIpv4,
} from './packet.ts';
import { Port } from './port.ts';
import { RefusalLog } from './refusals.ts';
import { isBroadcastOf, type PatPlan, type PatRule, routeTo, ruleFor } from './rules.ts';
import { type PatTables, translateIncoming, translateOutgoing } from './translate.ts';
import { builtEvent, endedEvent } from './translation-events.ts';
import { TranslationTable } from './translation-table.ts';

/** An IPv4 packet under way, in a frame whose octets end with it. */
type Transit = {
  readonly from: Port;
  readonly frame: Frame;
  readonly packet: Uint8Array;
  readonly header: Ipv4Header;
  readonly now: Instant;
  readonly out: RouterEffect[];
};

/** Where a packet leaves. */
type Way = { readonly port: Port; readonly nextHop: number };

/** The longest packet that a frame becomes on the wire, in octets. */
function octetsOnWire({ frame, packet, header }: Transit): number {
  const segmentOctets = frame.offload?.segmentOctets ?? 0;
  if (segmentOctets === 0) return header.totalOctets;
  const isTcp = header.protocol === ipProtocols.tcp;
  const transport = isTcp ? ((packet[header.headerOctets + 12] ?? 0) >>> 4) * 4 : 8;
  return header.headerOctets + transport + segmentOctets;
}

/** A frame of a packet that this box makes itself; its stations are filled in when it is sent. */
function frameOf(to: Port, packet: Uint8Array): Frame {
  const bytes = new Uint8Array(ETHERNET_HEADER_OCTETS + packet.length);
  bytes.set(packet, ETHERNET_HEADER_OCTETS);
  writeUint16(bytes, 12, etherTypes.ipv4);
  return { interface: to.interface.name, bytes };
}

/**
 * The PAT box as a machine: frames in, frames and events out. It owns its addresses on the link layer
 * (ARP), routes, counts the time to live down, answers echo requests to itself and translates between
 * inside and outside. It has one owner, which calls `tick` when `deadline` has passed. Frames are
 * changed in place and borrowed for the call.
 */
export class PatRouter {
  #plan: PatPlan;
  #ports: ReadonlyMap<string, Port>;
  readonly #links: ReadonlyMap<string, PatLink>;
  readonly #tables: PatTables;
  readonly #errorRate = new ErrorRate();
  readonly #refusals = new RefusalLog();
  #forwarded = 0;

  /** `links` has one entry for every interface of the plan. */
  constructor(plan: PatPlan, links: readonly PatLink[], tables: Partial<PatTables> = {}) {
    this.#plan = plan;
    this.#links = new Map(links.map((link) => [link.hardware, link]));
    this.#tables = {
      translations: new TranslationTable(),
      fragments: new FragmentTable(),
      ...tables,
    };
    this.#ports = this.#portsOf(plan, new Map());
  }

  get translations(): TranslationTable {
    return this.#tables.translations;
  }

  /** Packets passed on since the start. */
  get forwarded(): number {
    return this.#forwarded;
  }

  /** Packets refused since the start, by reason. */
  get refused(): Readonly<Record<DropReason, number>> {
    return this.#refusals.counts;
  }

  /** The interfaces at work, in the order of the configuration. */
  get ports(): readonly Port[] {
    return [...this.#ports.values()];
  }

  /** What to send before the first frame arrives. */
  start(): readonly RouterEffect[] {
    return this.ports.map((port) => port.announcement());
  }

  /**
   * Takes over a changed configuration with the same interfaces. Translations that it no longer
   * allows end; everything else goes on.
   */
  reconfigure(plan: PatPlan): readonly RouterEffect[] {
    const before = this.#ports;
    this.#plan = plan;
    this.#ports = this.#portsOf(plan, before);
    const out: RouterEffect[] = [];
    for (const port of this.#ports.values())
      if (before.get(port.interface.name) !== port) out.push(port.announcement());
    this.#endTranslations((xlate) => !this.#isAllowed(xlate), out);
    return out;
  }

  /** Ends every translation. */
  clearTranslations(): readonly RouterEffect[] {
    const out: RouterEffect[] = [];
    this.#endTranslations(() => true, out);
    return out;
  }

  /** Takes one frame. */
  receive(frame: Frame, now: Instant): readonly RouterEffect[] {
    const out: RouterEffect[] = [];
    const from = this.#ports.get(frame.interface);
    if (from === undefined || frame.bytes.length < ETHERNET_HEADER_OCTETS) return out;
    const etherType = readUint16(frame.bytes, 12);
    const addressee = from.addressee(frame.bytes);
    const { counts } = this.#refusals;
    if (etherType === etherTypes.arp && addressee !== 'others')
      from.receiveArp(frame.bytes, now, out);
    else if (addressee !== 'us') counts.notForUs += 1;
    else if (etherType !== etherTypes.ipv4) counts.notIpv4 += 1;
    else this.#receivePacket(from, frame, now, out);
    return out;
  }

  /** Does what is due. */
  tick(now: Instant): readonly RouterEffect[] {
    const out: RouterEffect[] = [];
    for (const xlate of this.translations.expire(now))
      out.push({ kind: 'event', event: endedEvent(xlate) });
    for (const port of this.#ports.values())
      for (const { waiting } of port.tick(now, out))
        for (const bytes of waiting) this.#reportSilence(port, bytes, now, out);
    return out;
  }

  deadline(): Instant | undefined {
    let due = this.translations.deadline();
    for (const port of this.#ports.values()) due = earliest(due, port.neighbours.deadline());
    return due;
  }

  #portsOf(plan: PatPlan, before: ReadonlyMap<string, Port>): ReadonlyMap<string, Port> {
    const ports = new Map<string, Port>();
    for (const wanted of plan.interfaces) {
      const link = this.#links.get(wanted.hardware);
      const known = before.get(wanted.name);
      if (known?.serves(wanted)) ports.set(wanted.name, known);
      else if (link !== undefined) ports.set(wanted.name, new Port(wanted, link));
    }
    return ports;
  }

  #endTranslations(which: (xlate: Xlate) => boolean, out: RouterEffect[]): void {
    for (const xlate of [...this.translations.xlates()].filter(which)) {
      this.translations.remove(xlate);
      out.push({ kind: 'event', event: endedEvent(xlate) });
    }
  }

  #isAllowed({ localAddress, globalAddress }: Xlate): boolean {
    const way = routeTo(this.#plan, localAddress);
    const rule = way && ruleFor(this.#plan, way.interface, localAddress);
    return rule !== undefined && [...rule.globals.values()].includes(globalAddress);
  }

  #receivePacket(from: Port, frame: Frame, now: Instant, out: RouterEffect[]): void {
    const whole = frame.bytes.subarray(ETHERNET_HEADER_OCTETS);
    const header = readIpv4(whole);
    if (header === undefined || header.totalOctets > whole.length) {
      this.#refusals.counts.malformed += 1;
      return;
    }
    // A short packet comes with the padding of the link, which must not travel on.
    const bytes = frame.bytes.subarray(0, ETHERNET_HEADER_OCTETS + header.totalOctets);
    const packet = whole.subarray(0, header.totalOctets);
    const transit = { from, frame: { ...frame, bytes }, packet, header, now, out };
    if (!isIntact(packet, 0, header.headerOctets)) this.#refuse(transit, 'badChecksum');
    else if (header.headerOctets > 20) this.#refuse(transit, 'ipOptions');
    else if (this.#isImpossible(header.source)) this.#refuse(transit, 'badSource');
    else if (this.#isOwn(header.destination)) this.#receiveForBox(transit);
    else this.#passOutward(transit);
  }

  #isOwn(address: number): boolean {
    for (const port of this.#ports.values()) if (port.interface.address === address) return true;
    return false;
  }

  #isImpossible(source: number): boolean {
    if (isMartian(source)) return true;
    for (const { interface: i } of this.#ports.values())
      if (i.address === source || isBroadcastOf(i, source)) return true;
    return false;
  }

  /** A packet from a more to a less trusted network: translated, when a rule says so. */
  #passOutward(transit: Transit): void {
    const { from, header } = transit;
    const rule = ruleFor(this.#plan, from.interface.name, header.source);
    const way = this.#wayTo(header.destination);
    if (way === undefined) {
      if (rule !== undefined) this.#answer(transit, { kind: 'networkUnreachable' });
      this.#refuse(transit, 'noRoute');
    } else if (way.port === from) this.#refuse(transit, 'sameInterface');
    else if (way.port.interface.security >= from.interface.security)
      this.#refuse(transit, 'security');
    else this.#passByRule(transit, way, rule);
  }

  #passByRule(transit: Transit, way: Way, rule: PatRule | undefined): void {
    const globalAddress = rule?.globals.get(way.port.interface.name);
    if (rule === undefined || globalAddress === undefined) {
      this.#refuse(transit, 'noRule');
      return;
    }
    const problem = this.#problemOf(transit, way);
    if (problem !== undefined) {
      this.#answer(transit, problem);
      this.#refuse(transit, problem.kind === 'timeExceeded' ? 'timeToLive' : 'tooBig');
      return;
    }
    const { frame, packet, header, now, from, out } = transit;
    const isPartial = frame.offload?.partialChecksum ?? false;
    const path = { rule, globalAddress };
    const outcome = translateOutgoing(packet, header, this.#tables, path, now, isPartial);
    if (outcome.kind === 'drop') {
      this.#refuse(transit, outcome.reason);
      return;
    }
    if (outcome.built) {
      const inside = from.interface.name;
      const event = builtEvent(outcome.built, inside, way.port.interface.name);
      out.push({ kind: 'event', event });
    }
    this.#pass(transit, way);
  }

  /** A packet to an address of the box: for itself, or for a host behind its global address. */
  #receiveForBox(transit: Transit): void {
    const { from, packet, header, frame, now } = transit;
    if (header.destination !== from.interface.address) {
      const isFromInside = ruleFor(this.#plan, from.interface.name, header.source) !== undefined;
      this.#refuse(transit, isFromInside ? 'hairpin' : 'security');
    } else if (isEchoRequest(packet, header)) this.#answerEcho(transit);
    else if (!this.#isGlobal(header.destination)) this.#refuse(transit, 'toBox');
    else {
      // What an error would quote is gone after translation.
      const original = this.#mayFail(transit) ? packet.slice() : packet;
      const isPartial = frame.offload?.partialChecksum ?? false;
      const outcome = translateIncoming(packet, header, this.#tables, now, isPartial);
      if (outcome.kind === 'drop') this.#refuse(transit, outcome.reason);
      else this.#passInward({ ...transit, packet: original }, outcome.to);
    }
  }

  /** Passes on a translated packet; `transit.packet` is what it was before. */
  #passInward(transit: Transit, to: number): void {
    const way = this.#wayTo(to);
    if (way === undefined || way.port === transit.from) {
      this.#refuse(transit, 'noRoute');
      return;
    }
    const problem = this.#problemOf(transit, way);
    if (problem === undefined) {
      this.#pass(transit, way);
      return;
    }
    this.#answer(transit, problem);
    this.#refuse(transit, problem.kind === 'timeExceeded' ? 'timeToLive' : 'tooBig');
  }

  #isGlobal(address: number): boolean {
    return this.#plan.rules.some((rule) => [...rule.globals.values()].includes(address));
  }

  #wayTo(destination: number): Way | undefined {
    const route = routeTo(this.#plan, destination);
    const port = route && this.#ports.get(route.interface);
    return port && { port, nextHop: route.gateway ?? destination };
  }

  /** Whether `problemOf` could find something, whatever the way. */
  #mayFail(transit: Transit): boolean {
    if (transit.header.timeToLive <= 1) return true;
    const octets = octetsOnWire(transit);
    for (const { link } of this.#ports.values()) if (octets > link.mtu) return true;
    return false;
  }

  /** What keeps a packet from being passed on, and its sender has to know. */
  #problemOf(transit: Transit, way: Way): RouterError | undefined {
    const { header, frame } = transit;
    if (header.timeToLive <= 1) return { kind: 'timeExceeded' };
    const { mtu } = way.port.link;
    if (octetsOnWire(transit) <= mtu) return undefined;
    const isWhole = (frame.offload?.segmentOctets ?? 0) === 0;
    return header.doNotFragment || !isWhole ? { kind: 'fragmentationNeeded', mtu } : undefined;
  }

  /** Sends a translated packet on its way, in as many fragments as the link needs. */
  #pass(transit: Transit, way: Way): void {
    const { frame, header, now, out } = transit;
    const packet = frame.bytes.subarray(ETHERNET_HEADER_OCTETS);
    decrementTimeToLive(packet);
    this.#forwarded += 1;
    let isSent = true;
    if (octetsOnWire(transit) <= way.port.link.mtu)
      isSent = way.port.send(
        { ...frame, interface: way.port.interface.name },
        way.nextHop,
        now,
        out,
      );
    else {
      if (frame.offload?.partialChecksum) finishChecksum(packet, header);
      for (const fragment of fragmentPacket(packet, header, way.port.link.mtu))
        isSent = way.port.send(frameOf(way.port, fragment), way.nextHop, now, out) && isSent;
    }
    if (!isSent) this.#refuse(transit, 'neighbourQueue');
  }

  #answerEcho(transit: Transit): void {
    const { from, frame, packet, header, now, out } = transit;
    if (header.moreFragments) {
      this.#refuse(transit, 'fragment');
      return;
    }
    const way = this.#wayTo(header.source);
    if (way?.port !== from) {
      this.#refuse(transit, 'badSource');
      return;
    }
    turnIntoEchoReply(packet, header);
    if (!from.send(frame, way.nextHop, now, out)) this.#refuse(transit, 'neighbourQueue');
  }

  /** Tells the sender of a packet that came in by `transit.from` what became of it. */
  #answer(transit: Transit, error: RouterError): void {
    const { from, packet, header, now, out } = transit;
    if (!deservesError(packet, header) || !this.#errorRate.take(now)) return;
    const way = this.#wayTo(header.source);
    if (way?.port !== from) return;
    const answer = routerError(error, packet, header, from.interface.address);
    from.send(frameOf(from, answer), way.nextHop, now, out);
  }

  /**
   * Tells the sender of a translated packet that its next hop is silent. The error is made as the other
   * side of the box would see it, and goes back through the translation like one from further away.
   */
  #reportSilence(port: Port, bytes: Uint8Array, now: Instant, out: RouterEffect[]): void {
    this.#refusals.counts.neighbourSilent += 1;
    const packet = bytes.subarray(ETHERNET_HEADER_OCTETS);
    const header = readIpv4(packet);
    if (header === undefined || !deservesError(packet, header) || !this.#errorRate.take(now))
      return;
    const { address, name } = port.interface;
    const error = routerError({ kind: 'hostUnreachable' }, packet, header, address);
    const errorHeader = readIpv4(error) as Ipv4Header;
    const back = this.#wayTo(header.source);
    const globalAddress = back && this.#globalFor(name, header.destination, back.port);
    const outcome =
      header.source === address
        ? translateIncoming(error, errorHeader, this.#tables, now)
        : globalAddress === undefined
          ? undefined
          : translateOutgoing(error, errorHeader, this.#tables, globalAddress, now);
    if (outcome?.kind !== 'forward') return;
    const way = this.#wayTo(outcome.to);
    way?.port.send(frameOf(way.port, error), way.nextHop, now, out);
  }

  #globalFor(inside: string, local: number, outside: Port) {
    const rule = ruleFor(this.#plan, inside, local);
    const globalAddress = rule?.globals.get(outside.interface.name);
    return rule && globalAddress !== undefined ? { rule, globalAddress } : undefined;
  }

  #refuse({ header, now, out }: Transit, reason: DropReason): void {
    const event = this.#refusals.refuse(reason, header, now);
    if (event !== undefined) out.push({ kind: 'event', event });
  }
}
