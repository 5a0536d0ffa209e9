import { fromOctetKey, octetKey } from '#base/bytes';
import { after, type Instant } from '#base/instant';
import type { Header } from '#wire/isakmp/header';

/** A peer that was redirected may repeat its message 3 for this long and hears the same; ours. */
const REPEATED_MS = 30_000;

/** What a peer was told, and by which message it asks again. */
export type Redirection = {
  /** `messageKey` of its message 3. */
  readonly requestKey: string;
  readonly answer: Uint8Array;
};

/** Octets as text: of thousands that wait for their time to pass, arrays would be most of the memory. */
type Kept = {
  readonly cookies: string;
  readonly requestKey: string;
  readonly answer: string;
  readonly until: Instant;
  /** Redirected after this one. */
  next: Kept | undefined;
};

/**
 * Peers that were sent to another gateway. Nothing is left of their SAs but what a peer hears again that
 * has not heard where to go: the identical octets, for vpnc gives up at a second notification.
 */
export class RedirectedPeers {
  readonly #byCookies = new Map<string, Kept>();
  /** All stay equally long, so that the first to come is the first to go. */
  #first: Kept | undefined;
  #last: Kept | undefined;

  get size(): number {
    return this.#byCookies.size;
  }

  add(
    { initiator, responder }: { readonly initiator: Uint8Array; readonly responder: Uint8Array },
    { requestKey, answer }: Redirection,
    now: Instant,
  ): void {
    const cookies = octetKey(initiator, responder);
    const until = after(now, REPEATED_MS);
    const kept: Kept = { cookies, requestKey, answer: octetKey(answer), until, next: undefined };
    this.#byCookies.set(cookies, kept);
    if (this.#last) this.#last.next = kept;
    else this.#first = kept;
    this.#last = kept;
  }

  /** What the sender of a message was told; undefined when it was not redirected a short time ago. */
  find({ initiatorCookie, responderCookie }: Header): Redirection | undefined {
    const kept = this.#byCookies.get(octetKey(initiatorCookie, responderCookie));
    return kept && { requestKey: kept.requestKey, answer: fromOctetKey(kept.answer) };
  }

  /** When the first is to be forgotten. */
  deadline(): Instant | undefined {
    return this.#first?.until;
  }

  /** Forgets those whose time is over. */
  forgetDue(now: Instant): void {
    while (this.#first && this.#first.until <= now) {
      this.#byCookies.delete(this.#first.cookies);
      this.#first = this.#first.next;
    }
    if (!this.#first) this.#last = undefined;
  }
}
