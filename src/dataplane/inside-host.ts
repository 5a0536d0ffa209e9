import type { IpAddress } from '#base/address';
import { IcmpMessage, isIcmpIntact } from '#wire/icmp';
import { Ipv4Packet, isIpv4HeaderIntact } from '#wire/ipv4';
import { ipProtocols } from '#wire/protocol-numbers';
import type { InsideNetwork } from './data-plane.ts';

/** What an echo request asks for. */
export type Ping = {
  readonly source: IpAddress;
  readonly target: IpAddress;
  readonly data: Uint8Array;
};

/** Pings that may wait for their answer at once; ours. The oldest gives way. */
const MOST_PENDING = 256;
const TIME_TO_LIVE = 64;

/**
 * A host of the inside network that lives in the process: it answers pings to its IPv4 addresses and
 * sends some. It stands where the TUN interface and the kernel stand in the user-space back end.
 */
export class InsideHost implements InsideNetwork {
  readonly #addresses: Set<IpAddress>;
  readonly #send: (packet: Uint8Array) => void;
  /** What to do about the answer, by sequence number. */
  readonly #pending = new Map<number, () => void>();
  #sequenceNumber = 0;

  /** `send` hands a packet to the data plane. */
  constructor(addresses: readonly IpAddress[], send: (packet: Uint8Array) => void) {
    this.#addresses = new Set(addresses);
    this.#send = send;
  }

  /** Answers for one address more, such as the one that a client was assigned. */
  addAddress(address: IpAddress): void {
    this.#addresses.add(address);
  }

  /** Sends an echo request; `answered` is called when its reply arrives, which may be never. */
  ping({ source, target, data }: Ping, answered: () => void): void {
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    this.#pending.delete(this.#sequenceNumber);
    this.#pending.set(this.#sequenceNumber, answered);
    for (const oldest of this.#pending.keys()) {
      if (this.#pending.size <= MOST_PENDING) break;
      this.#pending.delete(oldest);
    }
    this.#sendIcmp(source, target, {
      kind: 'echoRequest',
      identifier: 1,
      sequenceNumber: this.#sequenceNumber,
      data,
    });
  }

  deliver(packet: Uint8Array): void {
    const ip = Ipv4Packet.decode(packet);
    if (!ip.ok || !isIpv4HeaderIntact(packet) || ip.value.protocol !== ipProtocols.icmp) return;
    const { source, destination, moreFragments, fragmentOffset, payload } = ip.value;
    if (moreFragments || fragmentOffset > 0 || !this.#addresses.has(destination)) return;
    const icmp = IcmpMessage.decode(payload);
    if (!icmp.ok || !isIcmpIntact(payload)) return;
    if (icmp.value.kind === 'echoRequest')
      this.#sendIcmp(destination, source, { ...icmp.value, kind: 'echoReply' });
    else if (icmp.value.kind === 'echoReply') this.#answer(icmp.value.sequenceNumber);
  }

  #answer(sequenceNumber: number): void {
    const answered = this.#pending.get(sequenceNumber);
    this.#pending.delete(sequenceNumber);
    answered?.();
  }

  #sendIcmp(source: IpAddress, destination: IpAddress, message: IcmpMessage): void {
    this.#send(
      Ipv4Packet.encode({
        dscp: 0,
        ecn: 0,
        // A packet that is never fragmented needs no identification; RFC 6864 section 4.1.
        identification: 0,
        dontFragment: true,
        moreFragments: false,
        fragmentOffset: 0,
        timeToLive: TIME_TO_LIVE,
        protocol: ipProtocols.icmp,
        source,
        destination,
        options: new Uint8Array(0),
        payload: IcmpMessage.encode(message),
      }),
    );
  }
}
