import { elapsedMs, type Instant } from '#base/instant';
import { ESP_TRAILER_OCTETS } from '#wire/esp';
import { UDP_HEADER_OCTETS } from '#wire/udp';
import type { Association } from './association.ts';
import type { EndpointWords } from './endpoint-words.ts';
import { ipHeaderOctets } from './ip-packet.ts';

/** What a path is taken to carry before anybody knows better; RFC 894. */
export const ETHERNET_MTU = 1500;

/** How long an answer counts. A path that grows is noticed after a minute, one that shrinks at once. */
const FRESH_MS = 60_000;
/** Strangers can make a path look narrow; asking costs system calls. */
const NARROWED_AT_MOST_EVERY_MS = 1000;

/**
 * The largest inner packet whose ESP packet is no longer than `pathMtu`; below 1 when there is none.
 * RFC 4303 section 2 and RFC 3948 section 2.
 */
export function innerOctetsFor(sa: Association, pathMtu: number): number {
  const around =
    ipHeaderOctets(sa.remote.family) + (sa.inUdp ? UDP_HEADER_OCTETS : 0) + sa.frameOctets;
  const { align } = sa.suite;
  const body = align * Math.floor((pathMtu - around) / align);
  return body - ESP_TRAILER_OCTETS + sa.bareHeaderOctets;
}

/**
 * What the paths to the peers carry. Asks whoever knows (the kernel, which learns from ICMP; RFC 1191)
 * once in a while for each SA, and leaves the answer with the SA.
 */
export class PathMtu {
  readonly #ask: (remote: EndpointWords) => number;
  /** Answers of earlier epochs are stale. */
  #epoch = 1;
  #since: Instant | undefined;

  /** `ask` says how many octets an IP packet to a peer may have. */
  constructor(ask: (remote: EndpointWords) => number) {
    this.#ask = ask;
  }

  /** The largest inner packet that travels in one piece. */
  innerOctets(sa: Association): number {
    if (sa.pathMtuEpoch !== this.#epoch) {
      sa.pathMtuEpoch = this.#epoch;
      sa.innerOctets = innerOctetsFor(sa, this.#ask(sa.remote));
    }
    return sa.innerOctets;
  }

  /** Time passes. */
  age(now: Instant): void {
    this.#since ??= now;
    if (elapsedMs(this.#since, now) >= FRESH_MS) this.#forget(now);
  }

  /** A packet did not fit the path to somebody. */
  narrowed(now: Instant): void {
    if (this.#since === undefined || elapsedMs(this.#since, now) >= NARROWED_AT_MOST_EVERY_MS)
      this.#forget(now);
  }

  #forget(now: Instant): void {
    this.#since = now;
    this.#epoch += 1;
  }
}
