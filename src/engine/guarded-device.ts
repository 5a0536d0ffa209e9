import { after, elapsedMs, type Instant } from '#base/instant';
import { type EventRecord, occurred } from '#events/event';
import { inputFailed } from './events.ts';
import type { Effect, Input, Steppable } from './ports.ts';

/** Ours: how long a device whose tick failed is left alone, and how often that may be in a row. */
const PAUSE_MS = 100;
const FAILED_TICKS_MOST = 10;
/** Faults are reported this often at most; a stranger may find a way to one and send it without end. */
const REPORT_MS = 1000;

export type GuardedDeviceParts = {
  readonly device: Steppable;
  readonly note: (record: EventRecord, now: Instant) => void;
};

/**
 * Keeps a device going when an input makes it contradict itself: that input is dropped and reported, and
 * its tunnels live on. Where no tick succeeds any more the fault goes through and ends the process, since
 * a device without deadlines only looks alive. In the simulator nothing is guarded: there each
 * contradiction is to be found.
 */
export class GuardedDevice implements Steppable {
  readonly #device: Steppable;
  readonly #note: GuardedDeviceParts['note'];
  #resumesAt: Instant | undefined;
  #failedTicks = 0;
  #reportedAt: Instant | undefined;

  constructor({ device, note }: GuardedDeviceParts) {
    this.#device = device;
    this.#note = note;
  }

  step(input: Input, now: Instant): readonly Effect[] {
    try {
      const effects = this.#device.step(input, now);
      if (input.kind === 'tick') this.#failedTicks = 0;
      return effects;
    } catch (error) {
      this.#report(error, now);
      if (input.kind === 'tick') this.#tickFailed(error, now);
      return [];
    }
  }

  deadline(): Instant | undefined {
    const due = this.#device.deadline();
    const resumesAt = this.#failedTicks > 0 ? this.#resumesAt : undefined;
    return due !== undefined && resumesAt !== undefined && due < resumesAt ? resumesAt : due;
  }

  #tickFailed(error: unknown, now: Instant): void {
    this.#failedTicks += 1;
    if (this.#failedTicks > FAILED_TICKS_MOST) throw error;
    this.#resumesAt = after(now, PAUSE_MS);
  }

  #report(error: unknown, now: Instant): void {
    const last = this.#reportedAt;
    if (last !== undefined && elapsedMs(last, now) < REPORT_MS) return;
    this.#reportedAt = now;
    const reason = error instanceof Error ? error.message : 'unknown';
    this.#note(occurred(inputFailed, { reason }), now);
  }
}
