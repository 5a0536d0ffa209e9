import { ipv4FromNumber } from '#base/address';
import type { Instant } from '#base/instant';
import { readUint16, writeUint16, writeUint32 } from '#dataplane/octets';
import { IcmpMessage, icmpTypes, unreachableCodes } from '#wire/icmp';
import { Ipv4Packet } from '#wire/ipv4';
import { ipProtocols } from '#wire/protocol-numbers';
import { isIcmpError } from './icmp-errors.ts';
import {
  adjustChecksum,
  finishHeaderChecksum,
  type Ipv4Header,
  isMartian,
  wordDelta,
} from './packet.ts';

const timeToLive = 64;

/** Most octets of an error with its headers; RFC 1812 section 4.3.2.3. */
const errorOctetsMax = 576;

/** What a router says about a packet it could not pass on; RFC 1812 section 5.2.7. */
export type RouterError =
  | { readonly kind: 'timeExceeded' }
  | { readonly kind: 'networkUnreachable' | 'hostUnreachable' }
  | { readonly kind: 'fragmentationNeeded'; readonly mtu: number };

export const isEchoRequest = (b: Uint8Array, header: Ipv4Header): boolean =>
  header.protocol === ipProtocols.icmp &&
  header.fragmentOffset === 0 &&
  header.totalOctets >= header.headerOctets + 8 &&
  b[header.headerOctets] === icmpTypes.echoRequest;

/** Makes the answer to an echo request out of the request itself; RFC 792. */
export function turnIntoEchoReply(b: Uint8Array, header: Ipv4Header): void {
  const at = header.headerOctets;
  const before = readUint16(b, at);
  b[at] = icmpTypes.echoReply;
  adjustChecksum(b, at + 2, wordDelta(before, readUint16(b, at)));
  writeUint32(b, 12, header.destination);
  writeUint32(b, 16, header.source);
  b[8] = timeToLive;
  writeUint16(b, 6, 0);
  finishHeaderChecksum(b, at);
}

/** Whether an error about this packet may be sent; RFC 1812 section 4.3.2.7. */
export const deservesError = (b: Uint8Array, header: Ipv4Header): boolean =>
  header.fragmentOffset === 0 && !isMartian(header.source) && !isIcmpError(b, header);

function messageOf(error: RouterError, quoted: Uint8Array): IcmpMessage {
  if (error.kind === 'timeExceeded') return { kind: 'timeExceeded', code: 0, quoted };
  const unreachable = { kind: 'destinationUnreachable', nextHopMtu: 0, quoted } as const;
  if (error.kind === 'fragmentationNeeded') {
    const code = unreachableCodes.fragmentationNeeded;
    return { ...unreachable, code, nextHopMtu: error.mtu };
  }
  const isHost = error.kind === 'hostUnreachable';
  return { ...unreachable, code: isHost ? unreachableCodes.host : unreachableCodes.network };
}

/** The packet that tells the sender of `b` why it was not passed on; `from` is our address. */
export function routerError(
  error: RouterError,
  b: Uint8Array,
  header: Ipv4Header,
  from: number,
): Uint8Array {
  const quoted = b.slice(0, Math.min(header.totalOctets, b.length, errorOctetsMax - 28));
  return Ipv4Packet.encode({
    dscp: 0,
    ecn: 0,
    identification: 0,
    dontFragment: false,
    moreFragments: false,
    fragmentOffset: 0,
    timeToLive,
    protocol: ipProtocols.icmp,
    source: ipv4FromNumber(from),
    destination: ipv4FromNumber(header.source),
    options: new Uint8Array(0),
    payload: IcmpMessage.encode(messageOf(error, quoted)),
  });
}

/** Our choice: enough for every traceroute at once, too little to be used against others. */
const errorsPerSecond = 50;

/** Holds router errors to a rate (RFC 1812 section 4.3.2.8): as many at once as a second brings. */
export class ErrorRate {
  #tokens = errorsPerSecond;
  #filledAt: Instant | undefined;

  /** Whether one more may be sent. */
  take(now: Instant): boolean {
    const gained = ((now - (this.#filledAt ?? now)) * errorsPerSecond) / 1_000;
    this.#filledAt = now;
    this.#tokens = Math.min(errorsPerSecond, this.#tokens + gained);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
