import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '#base/prng';
import { saFailed } from './events.ts';
import { type Faults, LossyLink } from './testing/lossy-link.ts';
import { gatewayWithGroup, groupPolicy } from './testing/policies.ts';
import { assertPairsMatch, World } from './testing/world.ts';

/** Both roles against each other over a link that loses, repeats and reorders; everything from the seed. */

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
