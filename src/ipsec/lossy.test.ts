import assert from 'node:assert/strict';
import { test } from 'node:test';
import { after, type Instant } from '#base/instant';
import { Prng } from '#base/prng';
import { saFailed } from './events.ts';
import type { End, Sent } from './testing/end.ts';
import { gatewayWithGroup, groupPolicy } from './testing/policies.ts';
import { assertPairsMatch, World } from './testing/world.ts';

/** Both roles against each other over a link that loses, repeats and reorders; everything from the seed. */

type Faults = { readonly loss: number; readonly duplicate: number; readonly delayMs: number };

/** Datagrams under way, each with its own moment of arrival. */
class LossyLink {
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

/** Four clients log in behind one address and stay for a while; pairs live for two minutes. */
function story(seed: number, faults: Faults): void {
  const ipsec = { ...groupPolicy.ipsec, lifetimeSeconds: 120 };
  const quiet = { wants: (_: string, severity: number) => severity <= 1 };
  const world = new World({
    gatewayPolicy: gatewayWithGroup({ ipsec }),
    gateway: { seed: 3 * seed + 1, ...quiet },
    client: quiet,
  });
  const { gateway } = world;
  const clients = [world.client];
  for (let i = 2; i <= 4; i += 1)
    clients.push(world.addClient(`10.10.10.${i + 1}`, `vpnclient${i}`));
  const link = new LossyLink(world, new Prng(seed), [gateway, ...clients], faults);
  for (const client of clients) {
    world.connect(client, { peer: { ...groupPolicy, ipsec } });
    link.run(500);
  }
  link.run(60_000);
  for (const client of clients) {
    assert.equal(client.noticed('closed').length, 0, 'nobody is thrown out');
    assertPairsMatch(gateway, client);
  }
  // Several generations of pairs later.
  link.run(600_000);
  // Faults end: what is left must agree, and everybody must still be in.
  link.faults = { loss: 0, duplicate: 0, delayMs: 5 };
  link.run(150_000);
  assert.equal(gateway.logged(saFailed).length, 0);
  for (const client of clients) {
    assert.equal(client.noticed('closed').length, 0);
    assertPairsMatch(gateway, client);
  }
  assert.equal(gateway.manager.counts().isakmpSas, 4);
  for (const client of clients) {
    client.take(client.manager.closeAll('administrator', world.now), world.now);
    link.run(1000);
  }
  assert.deepEqual(gateway.manager.counts(), { halfOpen: 0, isakmpSas: 0, ipsecSas: 0 });
  assert.equal(gateway.inbound.size, 0);
  assert.equal(gateway.manager.deadline(), undefined);
}

const seeds = Number(process.env.KEYING_SEEDS ?? 40);

test(`four clients behind one address over a lossy, duplicating, reordering link: ${seeds} seeds`, () => {
  for (let seed = 1; seed <= seeds; seed += 1) {
    try {
      story(seed, { loss: 0.05, duplicate: 0.05, delayMs: 80 });
    } catch (error) {
      throw new Error(`seed ${seed}: ${error}`, { cause: error });
    }
  }
});
