import { elapsedMs, type Instant } from '#base/instant';
import type { RandomSource } from '#base/random';
import { Client, type ClientEnds } from '#features/client/client';
import type { Profile } from '#features/client/profile';
import { clientPolicy } from '#features/client/request';
import type { KeyingEffect, SaId } from '#ipsec/keying';
import { KeyingManager } from '#ipsec/keying-manager';
import type { Effect, Input, Steppable } from './ports.ts';

export type LoadOptions = {
  readonly random: RandomSource;
  /** The profile of the client of that number, from 1, and from where it connects. */
  readonly profile: (number: number) => Profile;
  readonly ends: (number: number) => ClientEnds;
  /** At most so many clients connect at the same time. */
  readonly concurrency: number;
};

export type LoadResult = {
  readonly established: number;
  readonly failed: number;
  /** How long each client that succeeded took, in order of success. */
  readonly setupsMs: readonly number[];
};

type Connecting = { readonly client: Client; readonly since: Instant };

/** Many clients in one device, which connect as fast as the head-end lets them and then stay. */
export class ClientLoad implements Steppable {
  readonly #options: LoadOptions;
  readonly #keying: KeyingManager;
  readonly #clients = new Map<SaId, Connecting>();
  readonly #setupsMs: number[] = [];
  #wanted = 0;
  #started = 0;
  #established = 0;
  #failed = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    const limits = { halfOpen: 1e6, halfOpenPerAddress: 1e6, isakmpSas: 1e6 };
    const policy = { ...clientPolicy(options.profile(1)), limits };
    this.#keying = new KeyingManager({
      random: options.random,
      policy: () => policy,
      wants: () => false,
      // Nothing flows through the tunnels of a load.
      inboundPackets: () => 0,
    });
  }

  /** Connects so many more clients, as many at a time as may be. */
  connect(count: number, now: Instant): readonly Effect[] {
    this.#wanted += count;
    return this.#fill(now);
  }

  /** Of all clients so far. */
  get result(): LoadResult {
    const [established, failed] = [this.#established, this.#failed];
    return { established, failed, setupsMs: this.#setupsMs };
  }

  /** Whether every client has connected or failed. */
  get finished(): boolean {
    return this.#established + this.#failed >= this.#wanted;
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
    const { concurrency, profile, ends } = this.#options;
    const effects: Effect[] = [];
    while (
      this.#started < this.#wanted &&
      this.#started - this.#established - this.#failed < concurrency
    ) {
      this.#started += 1;
      const number = this.#started;
      const client = new Client(this.#keying, { profile: profile(number), ends: ends(number) });
      const connecting = client.connect(now);
      const { sa } = client;
      if (sa === undefined) this.#failed += 1;
      else this.#clients.set(sa, { client, since: now });
      effects.push(...this.#perform(connecting, now));
    }
    return effects;
  }

  #perform(effects: readonly KeyingEffect[], now: Instant): Effect[] {
    const out: Effect[] = [];
    for (const effect of effects) {
      // Nothing flows through the tunnels of a load, so none is installed.
      if (effect.kind === 'event' || effect.kind === 'forward') continue;
      if (effect.kind !== 'notice') {
        out.push(effect);
        continue;
      }
      const { notice } = effect;
      const known = this.#clients.get(notice.sa);
      if (!known) continue;
      const { client, since } = known;
      const wasConnected = client.status().state === 'connected';
      out.push(...this.#perform(client.notice(notice, now), now));
      if (notice.kind === 'childCreated' && !wasConnected) {
        this.#established += 1;
        this.#setupsMs.push(elapsedMs(since, now));
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
