import type { Endpoint } from '#base/address';
import { elapsedMs, type Instant } from '#base/instant';
import { firstMessagesWait, halfOpenLimit, saLimit } from './events.ts';
import type { KeyingEffect, KeyingLimits, KeyingPolicy } from './keying.ts';
import type { SaStepper } from './sa-stepper.ts';

/** Key agreements that wait to be computed at once; beyond, messages of strangers are dropped unread. */
const KEY_AGREEMENTS_MOST = 1000;
/** With so many unproven negotiations or waiting key agreements a first message has to be repeated; ours. */
export const CROWDED_HALF_OPEN = 1000;
const CROWDED_KEY_AGREEMENTS = 500;
/** Parts of a first message are kept until its sender has proven itself, so it may not be as long as it likes; ours. */
export const FIRST_MESSAGE_OCTETS_MOST = 8192;
/** Limits are reported this often at most. */
const LIMIT_REPORT_MS = 10_000;

/** How much strangers may make us keep and compute. */
export class StrangerLimits {
  readonly #stepper: SaStepper;
  #reportedAt: Instant | undefined;

  constructor(stepper: SaStepper) {
    this.#stepper = stepper;
  }

  /**
   * Whether a first message is left unanswered until its sender repeats it, since so many others are
   * under way that most of them are likely never to go on; a client repeats its message in any case.
   */
  letsWait(remote: Endpoint, now: Instant, out: KeyingEffect[]): boolean {
    const { sas, questions, log } = this.#stepper;
    const isCrowded =
      sas.halfOpen.size >= CROWDED_HALF_OPEN || questions.size >= CROWDED_KEY_AGREEMENTS;
    if (!isCrowded) return false;
    if (this.#mayReport(now))
      log.write(out, firstMessagesWait, { peer: remote.address }, () => ({
        halfOpen: sas.halfOpen.size,
        keyAgreements: questions.size,
      }));
    return true;
  }

  /** Whether one more negotiation from `remote` is refused; an old one may have to go for it. */
  refuses(remote: Endpoint, policy: KeyingPolicy, now: Instant, out: KeyingEffect[]): boolean {
    const { limits } = policy;
    this.#endWaiting(limits, now, out);
    const { sas, redirected, questions, log } = this.#stepper;
    const scope = sas.halfOpen.limitReached(remote.address, limits);
    const isFull = sas.size + redirected.size >= limits.isakmpSas;
    const isBusy = questions.size >= KEY_AGREEMENTS_MOST;
    if (!scope && !isFull && !isBusy) return false;
    const isRefused = isFull || isBusy || scope === 'per address' || !this.#evictOldest();
    if (!this.#mayReport(now)) return isRefused;
    const subject = { peer: remote.address };
    if (isFull) log.write(out, saLimit, subject, () => ({ limit: limits.isakmpSas }));
    else
      log.write(out, halfOpenLimit, subject, () => ({
        scope: scope ?? 'in all',
        limit: scope === 'per address' ? limits.halfOpenPerAddress : limits.halfOpen,
      }));
    return isRefused;
  }

  /** Who has waited for longest for its user gives way: the key of a group is known to all its clients. */
  #endWaiting(limits: KeyingLimits, now: Instant, out: KeyingEffect[]): void {
    const { sas, log } = this.#stepper;
    const limit = limits.unauthenticated ?? limits.isakmpSas;
    const oldest = sas.unauthenticated < limit ? undefined : sas.oldestUnauthenticated();
    if (!oldest) return;
    if (this.#mayReport(now))
      log.write(out, halfOpenLimit, oldest.state.subject, () => ({ scope: 'of users', limit }));
    this.#stepper.step(oldest, { kind: 'close', reason: 'negotiation timeout' }, now, out);
  }

  /** Whether a message that costs a key agreement has to be dropped, since too many are under way. */
  isBusy(remote: Endpoint, now: Instant, out: KeyingEffect[]): boolean {
    const { questions, log } = this.#stepper;
    if (questions.size < KEY_AGREEMENTS_MOST) return false;
    if (this.#mayReport(now))
      log.write(out, halfOpenLimit, { peer: remote.address }, () => ({
        scope: 'of key agreements',
        limit: KEY_AGREEMENTS_MOST,
      }));
    return true;
  }

  #mayReport(now: Instant): boolean {
    const last = this.#reportedAt;
    if (last !== undefined && elapsedMs(last, now) < LIMIT_REPORT_MS) return false;
    this.#reportedAt = now;
    return true;
  }

  /**
   * Forgets the negotiation that has waited for longest for its peer's proof, so that a flood of first
   * messages cannot keep everybody else out; an honest client proves itself within a round trip.
   */
  #evictOldest(): boolean {
    const { sas } = this.#stepper;
    const id = sas.halfOpen.oldest();
    const entry = id === undefined ? undefined : sas.get(id);
    if (!entry || entry.questions.length > 0) return false;
    this.#stepper.forget(entry);
    return true;
  }
}
