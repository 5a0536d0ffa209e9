import assert from 'node:assert/strict';
import { insideAddress, otherPatAddress, patAddress } from './configuration.ts';
import { roughWeather, Site } from './site.ts';

/** Stories of many clients that log in at once. */

const peersOf = (site: Site): ReadonlySet<string> =>
  new Set(site.sessions.map((s) => s.peer.address));

/** Twenty clients behind one PAT, on a network that loses one datagram in twenty. */
export function twentyClients(seed: number): void {
  const weather = { loss: 0.05, duplicate: 0.02, reorder: 0.05, delayMs: [5, 80] } as const;
  const site = new Site(seed, { users: 20 }, weather);
  site.addClients(20);
  site.establish();
  assert.equal(site.sessions.length, 20);
  assert.deepEqual([...peersOf(site)], [patAddress]);
  site.assertEverybodyReaches();
  site.assertConsistent();
}

/** A hundred clients behind four PATs, all within a second. */
export function hundredClients(seed: number): void {
  const site = new Site(seed, { users: 100 }, { loss: 0.05, delayMs: [5, 80], drift: 0.01 });
  for (let n = 1; n <= 4; n += 1)
    site.addClients(25, { behind: site.lab.patBox(otherPatAddress(n)), reconnectAfterMs: 5000 });
  site.establish();
  assert.equal(site.sessions.length, 100);
  assert.equal(peersOf(site).size, 4);
  site.assertEverybodyReaches();
  site.assertConsistent();
}

/** A network at its worst, with traffic; when it heals, everybody is there, and nobody twice. */
export function roughNetwork(seed: number): void {
  const site = new Site(seed, { users: 5 }, roughWeather);
  site.addClients(5, { reconnectAfterMs: 5000 });
  site.connect();
  const flows = site.flows(1000);
  site.lab.run(180_000);
  site.lab.network.setFaults({ loss: 0, duplicate: 0, reorder: 0 });
  site.untilConnected(undefined, 180_000);
  site.assertEverybodyReaches();
  for (const flow of flows) flow.stop();
  // What a client left behind when it gave up and began anew, dead peer detection clears away.
  site.lab.run(120_000);
  assert.equal(site.sessions.length, 5);
  site.assertEverybodyReaches();
  site.assertConsistent();
}

/** Two clients of one user behind one PAT are two sessions; the end of one is not that of the other. */
export function sameUserTwice(seed: number): void {
  const site = new Site(seed, {}, { loss: 0.02, delayMs: [5, 80], drift: 0.01 });
  const [first, second] = site.addClients(2, { user: 1 });
  assert.ok(first && second);
  site.establish();
  const addresses = site.clients.map((c) => c.device.status().address);
  assert.notEqual(addresses[0], addresses[1]);
  assert.deepEqual(new Set(site.sessions.flatMap((s) => s.assigned)), new Set(addresses));
  assert.deepEqual([...peersOf(site)], [patAddress]);
  site.assertEverybodyReaches();
  const [going, staying] = site.lab.random.chance(0.5) ? [first, second] : [second, first];
  going.command((device, now) => device.disconnect(now));
  site.lab.run(60_000);
  assert.equal(site.sessions.length, 1);
  assert.deepEqual(site.sessions[0]?.assigned, [staying.device.status().address]);
  site.assertReach([staying], insideAddress);
  site.assertConsistent();
}

/** The fourth login of a user who may be logged in three times ends the oldest. */
export function oneLoginTooMany(seed: number): void {
  const site = new Site(seed, {}, { delayMs: [5, 80], drift: 0.01 });
  const clients = site.addClients(4, { user: 1 });
  for (const client of clients) {
    site.establish([client]);
    site.lab.run(1000);
  }
  site.lab.run(5000);
  const [oldest, ...others] = clients;
  assert.equal(oldest?.device.status().state, 'ended');
  assert.equal(site.sessions.length, 3);
  site.assertReach(others);
  site.assertConsistent();
}
