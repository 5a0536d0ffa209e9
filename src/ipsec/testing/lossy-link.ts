import { after, type Instant } from '#base/instant';
import type { Prng } from '#base/prng';
import type { End, Sent } from './end.ts';
import type { World } from './world.ts';

export type Faults = {
  readonly loss: number;
  readonly duplicate: number;
  readonly delayMs: number;
};

/** Datagrams under way, each with its own moment of arrival. */
export class LossyLink {
  readonly #world: World;
  readonly #random: Prng;
  readonly #ends: readonly End[];
  faults: Faults;
  #underWay: { readonly from: End; readonly sent: Sent; readonly at: Instant }[] = [];

  constructor(world: World, random: Prng, ends: readonly End[], faults: Faults) {
    this.#world = world;
    this.#random = random;
    this.#ends = ends;
    this.faults = faults;
  }

  #collect(): void {
    for (const from of this.#ends)
      for (const sent of from.sent.splice(0)) {
        const copies = this.#random.chance(this.faults.duplicate) ? 2 : 1;
        for (let i = 0; i < copies; i += 1) {
          if (this.#random.chance(this.faults.loss)) continue;
          const delayMs = this.#random.between(1, this.faults.delayMs);
          this.#underWay.push({ from, sent, at: after(this.#world.now, delayMs) });
        }
      }
  }

  /** Time passes: datagrams arrive and deadlines are met, in the order of their moments. */
  run(milliseconds: number): void {
    const world = this.#world;
    const until = after(world.now, milliseconds);
    for (;;) {
      this.#collect();
      this.#underWay.sort((a, b) => a.at - b.at);
      const arrival = this.#underWay[0];
      const due = this.#ends
        .map((end) => ({ end, at: end.manager.deadline() }))
        .filter((d): d is { end: End; at: Instant } => d.at !== undefined)
        .sort((a, b) => a.at - b.at)[0];
      const next = Math.min(arrival?.at ?? Infinity, due?.at ?? Infinity) as Instant;
      if (next > until) break;
      if (next > world.now) world.now = next;
      if (arrival && arrival.at === next) {
        this.#underWay.shift();
        world.deliver(arrival.from, arrival.sent);
      } else due?.end.tick(world.now);
    }
    world.now = until;
  }
}
