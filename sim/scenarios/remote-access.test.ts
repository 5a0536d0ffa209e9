import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientDevice } from '#engine/client-device';
import type { HeadEnd } from '#engine/head-end';
import { Lab, type Node } from '../lab.ts';
import {
  clientAddress,
  clientProfile,
  headEndAddress,
  headEndConfiguration,
  insideAddress,
  patAddress,
} from './testing.ts';

/** `n` clients behind one PAT, each told to connect within the first second. */
function clientsBehindPat(
  lab: Lab,
  n: number,
): { readonly headEnd: Node<HeadEnd>; readonly clients: readonly Node<ClientDevice>[] } {
  const headEnd = lab.headEnd(headEndAddress, insideAddress, headEndConfiguration(n));
  const pat = lab.patBox(patAddress);
  const clients = Array.from({ length: n }, (_, i) =>
    // Group 19 costs a tenth of group 2, and what is tested here does not depend on it.
    lab.client(clientAddress(i + 1), clientProfile(i + 1, { dhGroup: 19 }), pat),
  );
  return { headEnd, clients };
}

function connectAll(lab: Lab, clients: readonly Node<ClientDevice>[]): void {
  for (const client of clients)
    lab.later(lab.random.between(0, 1000), () =>
      client.carryOut(client.device.connect(lab.clock.now())),
    );
}

const connected = (clients: readonly Node<ClientDevice>[]): number =>
  clients.filter((c) => c.device.status().state === 'connected').length;

/** Statements that hold whatever the network does. */
function watch(lab: Lab, headEnd: Node<HeadEnd>, clients: readonly Node<ClientDevice>[]): void {
  lab.always('no two sessions have one address', () => {
    const assigned = [...headEnd.device.sessions.values()].flatMap((s) => s.assigned);
    return new Set(assigned).size === assigned.length;
  });
  lab.always('no two connected clients have one address', () => {
    const addresses = clients.flatMap((c) => c.device.status().address ?? []);
    return new Set(addresses).size === addresses.length;
  });
}

test('NAT-01 NAT-38: 20 clients behind one PAT connect at 5 % loss and each reaches the inside, 200 seeds', () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const lab = new Lab(seed, { loss: 0.05, duplicate: 0.02, reorder: 0.05, delayMs: [5, 80] });
    const { headEnd, clients } = clientsBehindPat(lab, 20);
    watch(lab, headEnd, clients);
    connectAll(lab, clients);
    lab.run(60_000);
    assert.equal(connected(clients), 20, `seed ${seed}`);
    assert.equal(headEnd.device.sessions.size, 20, `seed ${seed}`);
    const publicAddresses = new Set(
      [...headEnd.device.sessions.values()].map((s) => s.peer.address),
    );
    assert.deepEqual([...publicAddresses], [patAddress], `seed ${seed}`);
    let answered = 0;
    for (const client of clients) lab.ping(client, insideAddress, () => (answered += 1));
    lab.run(30_000);
    assert.equal(answered, 20, `seed ${seed}`);
  }
});
