import { ipv4FromNumber, ipv4ToNumber } from '#base/address';
import { after, type Instant } from '#base/instant';
import { writeUint16 } from '#dataplane/octets';
import { occurred } from '#events/event';
import { ArpPacket, arpOperations } from '#wire/arp';
import { ETHERNET_HEADER_OCTETS, etherTypes } from '#wire/ethernet';
import { addressConflict, nextHopSilent } from './events.ts';
import { type Frame, formatHardware, type PatLink, type RouterEffect } from './frame.ts';
import { type ArpQuestion, NeighbourTable, type SilentNeighbour } from './neighbours.ts';
import { finishChecksum, readIpv4 } from './packet.ts';
import { covers, type PatInterface } from './rules.ts';

const everyone = new Uint8Array(6).fill(0xff);
const nobody = new Uint8Array(6);

/** Between two complaints about the same thing on one interface. */
const complaintIntervalMs = 60_000;

/** Which station a frame is for. */
export type Addressee = 'us' | 'everyone' | 'others';

function isAt(bytes: Uint8Array, at: number, hardware: Uint8Array): boolean {
  for (let i = 0; i < 6; i += 1) if (bytes[at + i] !== hardware[i]) return false;
  return true;
}

/** A copy that can wait: what the network card was to finish is finished. */
function copyOf(frame: Frame): Uint8Array {
  const copy = frame.bytes.slice();
  if (frame.offload?.partialChecksum !== true) return copy;
  const packet = copy.subarray(ETHERNET_HEADER_OCTETS);
  const header = readIpv4(packet);
  if (header) finishChecksum(packet, header);
  return copy;
}

/**
 * One interface at work on the link layer: answers ARP for its address, finds the stations of next
 * hops and puts their addresses into frames.
 */
export class Port {
  readonly interface: PatInterface;
  readonly link: PatLink;
  readonly neighbours = new NeighbourTable();
  #conflictToldUntil: Instant | undefined;
  #silenceToldUntil: Instant | undefined;

  constructor(of: PatInterface, link: PatLink) {
    this.interface = of;
    this.link = link;
  }

  /** Whether this is the same interface with the same address still. */
  serves(wanted: PatInterface): boolean {
    const { hardware, address, mask, security } = this.interface;
    return (
      hardware === wanted.hardware &&
      address === wanted.address &&
      mask === wanted.mask &&
      security === wanted.security
    );
  }

  addressee(bytes: Uint8Array): Addressee {
    if (isAt(bytes, 0, this.link.hardwareAddress)) return 'us';
    return isAt(bytes, 0, everyone) ? 'everyone' : 'others';
  }

  /** Tells everyone where our address is; RFC 5227 section 3. */
  announcement(): RouterEffect {
    const { address } = this.interface;
    return this.#arp(arpOperations.request, everyone, address, nobody, address);
  }

  /** Sends a frame whose packet is complete to a next hop; false when it cannot even wait. */
  send(frame: Frame, nextHop: number, now: Instant, out: RouterEffect[]): boolean {
    // A frame that the card would still cut up is too long to keep; its sender repeats it in time.
    const mayWait = (frame.offload?.segmentOctets ?? 0) === 0;
    const found = this.neighbours.resolve(nextHop, now, mayWait ? () => copyOf(frame) : undefined);
    if (found.kind === 'full') return false;
    if (found.ask) out.push(this.#question(found.ask));
    if (found.kind === 'known') out.push(this.#addressed(frame, found.hardware));
    return found.kind === 'known' || mayWait;
  }

  /** Takes an ARP packet; RFC 826, "Packet Reception". */
  receiveArp(bytes: Uint8Array, now: Instant, out: RouterEffect[]): void {
    const decoded = ArpPacket.decode(bytes, ETHERNET_HEADER_OCTETS);
    if (!decoded.ok) return;
    const arp = decoded.value;
    const sender = ipv4ToNumber(arp.senderAddress);
    const { address, mask } = this.interface;
    // A group address can be nobody's own, and our own comes back where a link loops.
    if (((arp.senderHardware[0] as number) & 1) === 1) return;
    if (isAt(arp.senderHardware, 0, this.link.hardwareAddress)) return;
    if (sender === address) {
      this.#conflict(arp.senderHardware, now, out);
      return;
    }
    const isForUs = ipv4ToNumber(arp.targetAddress) === address;
    const isRequest = arp.operation === arpOperations.request;
    if (covers((address & mask) >>> 0, mask, sender))
      for (const waiting of this.neighbours.heard(sender, arp.senderHardware, now, isForUs))
        out.push(
          this.#addressed({ interface: this.interface.name, bytes: waiting }, arp.senderHardware),
        );
    if (isForUs && isRequest)
      out.push(
        this.#arp(arpOperations.reply, arp.senderHardware, sender, arp.senderHardware, address),
      );
  }

  /** Asks again for next hops; returns those that stay silent. */
  tick(now: Instant, out: RouterEffect[]): readonly SilentNeighbour[] {
    const { questions, silent } = this.neighbours.tick(now);
    for (const question of questions) out.push(this.#question(question));
    for (const { address } of silent) this.#complain(address, now, out);
    return silent;
  }

  #complain(nextHop: number, now: Instant, out: RouterEffect[]): void {
    if (this.#silenceToldUntil !== undefined && now < this.#silenceToldUntil) return;
    this.#silenceToldUntil = after(now, complaintIntervalMs);
    const args = { address: ipv4FromNumber(nextHop), interface: this.interface.name };
    out.push({ kind: 'event', event: occurred(nextHopSilent, args) });
  }

  #conflict(hardware: Uint8Array, now: Instant, out: RouterEffect[]): void {
    if (this.#conflictToldUntil !== undefined && now < this.#conflictToldUntil) return;
    this.#conflictToldUntil = after(now, complaintIntervalMs);
    const args = {
      hardware: formatHardware(hardware),
      interface: this.interface.name,
      address: ipv4FromNumber(this.interface.address),
    };
    out.push({ kind: 'event', event: occurred(addressConflict, args) }, this.announcement());
  }

  #question({ address, hardware }: ArpQuestion): RouterEffect {
    const { request } = arpOperations;
    return this.#arp(request, hardware ?? everyone, address, nobody, this.interface.address);
  }

  #arp(
    operation: number,
    to: Uint8Array,
    targetAddress: number,
    targetHardware: Uint8Array,
    senderAddress: number,
  ): RouterEffect {
    const packet = ArpPacket.encode({
      operation,
      senderHardware: this.link.hardwareAddress,
      senderAddress: ipv4FromNumber(senderAddress),
      targetHardware,
      targetAddress: ipv4FromNumber(targetAddress),
    });
    const bytes = new Uint8Array(ETHERNET_HEADER_OCTETS + packet.length);
    bytes.set(packet, ETHERNET_HEADER_OCTETS);
    writeUint16(bytes, 12, etherTypes.arp);
    return this.#addressed({ interface: this.interface.name, bytes }, to);
  }

  #addressed(frame: Frame, to: Uint8Array): RouterEffect {
    frame.bytes.set(to, 0);
    frame.bytes.set(this.link.hardwareAddress, 6);
    return { kind: 'transmit', frame };
  }
}
