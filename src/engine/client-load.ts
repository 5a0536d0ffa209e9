import type { Instant } from '#base/instant';
import type { RandomSource } from '#base/random';
import { Client, type ClientEnds } from '#features/client/client';
import type { Profile } from '#features/client/profile';
import { clientPolicy } from '#features/client/request';
import type { KeyingEffect, SaId } from '#ipsec/keying';
import { KeyingManager } from '#ipsec/keying-manager';
import type { Effect, Input, Steppable } from './ports.ts';

export type LoadOptions = {
  readonly random: RandomSource;
  /** The profile of the client of that number, from 1. */
  readonly profile: (number: number) => Profile;
  readonly ends: ClientEnds;
  /** Clients to connect in all, and at most how many at the same time. */
  readonly count: number;
  readonly concurrency: number;
};

export type LoadResult = { readonly established: number; readonly failed: number };

/** Many clients in one device, which connect as fast as the head-end lets them and then stay. */
export class ClientLoad implements Steppable {
  readonly #options: LoadOptions;
  readonly #keying: KeyingManager;
  readonly #clients = new Map<SaId, Client>();
  #started = 0;
  #established = 0;
  #failed = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    const policy = clientPolicy(options.profile(1));
    const limits = { halfOpen: 1e6, halfOpenPerAddress: 1e6, isakmpSas: 1e6 };
    this.#keying = new KeyingManager({
      random: options.random,
      policy: () => ({ ...policy, limits }),
      wants: () => false,
      // Nothing flows through the tunnels of a load.
      inboundPackets: () => 0,
    });
  }

  /** Starts as many clients as may connect at the same time. */
  start(now: Instant): readonly Effect[] {
    return this.#fill(now);
  }

  get result(): LoadResult {
    return { established: this.#established, failed: this.#failed };
  }

  /** Whether every client has connected or failed. */
  get finished(): boolean {
    return this.#established + this.#failed >= this.#options.count;
  }

  step(input: Input, now: Instant): readonly Effect[] {
    switch (input.kind) {
      case 'dataPlane':
        return this.#perform(this.#keying.report(input.report, now), now);
      case 'answer':
        return input.answer.kind === 'passwordVerified'
          ? []
          : this.#perform(this.#keying.answer(input.id, input.answer, now), now);
      case 'tick':
        return this.#perform(this.#keying.tick(now), now);
    }
  }

  deadline(): Instant | undefined {
    return this.#keying.deadline();
  }

  #fill(now: Instant): Effect[] {
    const { count, concurrency, profile, ends } = this.#options;
    const effects: Effect[] = [];
    while (
      this.#started < count &&
      this.#started - this.#established - this.#failed < concurrency
    ) {
      this.#started += 1;
      const client = new Client(this.#keying, { profile: profile(this.#started), ends });
      const connecting = client.connect(now);
      const { sa } = client;
      if (sa === undefined) this.#failed += 1;
      else this.#clients.set(sa, client);
      effects.push(...this.#perform(connecting, now));
    }
    return effects;
  }

  #perform(effects: readonly KeyingEffect[], now: Instant): Effect[] {
    const out: Effect[] = [];
    for (const effect of effects) {
      if (effect.kind === 'event') continue;
      if (effect.kind !== 'notice') {
        out.push(effect);
        continue;
      }
      const { notice } = effect;
      const client = this.#clients.get(notice.sa);
      if (!client) continue;
      const wasConnected = client.status().state === 'connected';
      out.push(...this.#perform(client.notice(notice, now), now));
      if (notice.kind === 'childCreated' && !wasConnected) {
        this.#established += 1;
        out.push(...this.#fill(now));
      } else if (notice.kind === 'closed') {
        this.#clients.delete(notice.sa);
        if (!wasConnected) this.#failed += 1;
        out.push(...this.#fill(now));
      }
    }
    return out;
  }
}
