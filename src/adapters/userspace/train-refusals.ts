import { elapsedMs, type Instant } from '#base/instant';
import type { EndpointWords } from '#dataplane/endpoint-words';

/** How long a refusal counts: routes and devices change. */
const FRESH_MS = 60_000;
/** So many peers that are reached without trains make one think that all are. */
const MOST_PEERS = 16;

/**
 * Peers that the kernel sends no trains to, as where the device on the way cannot compute checksums, or
 * something encrypts once more. A refusal says nothing about peers that are reached another way.
 */
export class TrainRefusals {
  #peers: EndpointWords[] = [];
  #since: Instant | undefined;

  /** Whether a train may be tried to `remote`. */
  admits(remote: EndpointWords): boolean {
    const peers = this.#peers;
    if (peers.length === 0) return true;
    return peers.length < MOST_PEERS && !peers.some((peer) => peer.sameAddress(remote));
  }

  /** The kernel refused a train to `remote`, which is kept. */
  add(remote: EndpointWords): void {
    if (!this.admits(remote)) return;
    this.#peers.push(remote);
  }

  /** Time passes: what is a minute old is tried again. */
  age(now: Instant): void {
    if (this.#peers.length === 0) return;
    this.#since ??= now;
    if (elapsedMs(this.#since, now) < FRESH_MS) return;
    this.#peers = [];
    this.#since = undefined;
  }
}
