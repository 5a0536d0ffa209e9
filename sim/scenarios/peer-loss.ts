import assert from 'node:assert/strict';
import type { IpAddress } from '#base/address';
import type { ClientDevice } from '#engine/client-device';
import type { Node } from '../lab.ts';
import { headEndAddress, insideAddress, patAddress } from './configuration.ts';
import { NOTICED_MS, Site } from './site.ts';

/** Stories of devices and links that vanish. */

const THRESHOLD_MS = 30_000;
/** A client is asked once when it was silent, and three times more. */
const QUESTIONS_MS = 4 * 2000;
/** How much later than the threshold silence may be noticed, for the counters are looked at four times in it. */
const LOOK_MS = THRESHOLD_MS / 4;
/** Clocks that run slow, and the network's own delay. */
const SLACK_MS = 2000;

const mild = { loss: 0.01, delayMs: [5, 80], drift: 0.01 } as const;

const addressOf = (client: Node<ClientDevice> | undefined): IpAddress | undefined =>
  client?.device.status().address;

/** A client is killed in the middle of its traffic: it is gone in time, and its address is free again. */
export function killedClient(seed: number): void {
  const site = new Site(seed, { users: 3, poolLast: '40.1.1.3' }, mild);
  const [victim] = site.addClients(3);
  assert.ok(victim);
  site.establish();
  const flows = site.flows(1000);
  site.lab.run(site.lab.random.between(0, 60_000));
  const address = addressOf(victim);
  victim.crash();
  flows[0]?.stop();
  site.lab.run(THRESHOLD_MS - SLACK_MS);
  assert.equal(site.sessions.length, 3, 'nobody is dead before the threshold');
  site.lab.run(LOOK_MS + QUESTIONS_MS + 2 * SLACK_MS);
  assert.equal(site.sessions.length, 2);
  assert.ok(!site.sessions.some((s) => s.assigned.some((a) => a === address)));
  for (const flow of flows) flow.stop();
  // The pool had three addresses: whoever comes now gets the one that was set free.
  const next = site.replace(victim);
  site.establish([next]);
  assert.equal(addressOf(next), address);
  site.assertEverybodyReaches();
  site.assertConsistent();
}

/**
 * A killed client comes back at once and the PAT still has its port: INITIAL-CONTACT takes the place of
 * what it left behind. Its neighbour of the same address, and the same user elsewhere, stay.
 */
export function killedClientReturns(seed: number): void {
  const site = new Site(seed, { users: 2 }, { ...mild, loss: 0 });
  const victim = site.addClient();
  const sameUser = site.addClient({ user: 1 });
  const neighbour = site.addClient({ user: 2 });
  site.establish();
  const flows = [sameUser, neighbour].map((c) => site.lab.pings(c, insideAddress, 500));
  const portBefore = site.sessions.find((s) => s.assigned[0] === addressOf(victim))?.peer.port;
  victim.crash();
  site.lab.run(site.lab.random.between(1000, 20_000));
  const successor = site.replace(victim);
  site.establish([successor]);
  assert.equal(site.sessions.length, 3);
  const session = site.sessions.find((s) => s.assigned[0] === addressOf(successor));
  assert.equal(session?.peer.port, portBefore);
  site.assertEverybodyReaches();
  for (const client of [sameUser, neighbour])
    assert.equal(client.device.status().state, 'connected');
  for (const flow of flows) flow.stop();
  site.lab.run(3000);
  for (const flow of flows) assert.equal(flow.lost().length, 0, 'the others went on');
  site.assertConsistent();
}

/**
 * A killed client comes back with another port of the PAT while its old session stands: both are there,
 * for nothing proves that they are the same, until dead peer detection takes the old one away.
 */
export function killedClientReturnsElsewhere(seed: number): void {
  const site = new Site(seed, { users: 1 }, { ...mild, loss: 0 });
  const victim = site.addClient();
  site.establish();
  const [left] = site.sessions;
  assert.ok(left);
  victim.crash();
  site.lab.run(site.lab.random.between(0, 10_000));
  site.pat.clear();
  const successor = site.replace(victim);
  site.establish([successor], 15_000);
  assert.equal(site.sessions.length, 2);
  assert.deepEqual([...new Set(site.sessions.map((s) => s.peer.address))], [patAddress]);
  assert.notEqual(addressOf(successor), left.assigned[0]);
  const flow = site.lab.pings(successor, insideAddress, 500);
  site.lab.run(THRESHOLD_MS + LOOK_MS + QUESTIONS_MS + SLACK_MS);
  assert.equal(site.sessions.length, 1);
  assert.deepEqual(site.sessions[0]?.assigned, [addressOf(successor)]);
  assert.equal(site.headEnd.device.pools.userOf(left.assigned[0] as IpAddress), undefined);
  flow.stop();
  site.lab.run(3000);
  assert.equal(flow.lost().length, 0, 'the new session went on');
  site.assertReach([successor]);
  site.assertConsistent();
}

/** Everybody vanishes: in the end nothing is left of anybody. */
export function everybodyVanishes(seed: number): void {
  const site = new Site(seed, { users: 8 }, { ...mild, loss: 0.1 });
  site.addClients(8);
  site.connect();
  for (const client of site.clients)
    site.lab.later(site.lab.random.between(0, 5000), () => client.crash());
  site.lab.run(180_000);
  site.assertEmpty();
}

const RECONNECT_MS = 5000;

/** The head-end crashes and starts again: every client notices, comes back and has an address. */
export function headEndCrash(seed: number): void {
  const site = new Site(seed, { users: 5 }, mild);
  site.addClients(5, { reconnectAfterMs: RECONNECT_MS });
  site.establish();
  const flows = site.flows(1000);
  site.lab.run(10_000);
  site.crashHeadEnd();
  site.lab.run(site.lab.random.between(0, 20_000));
  site.restartHeadEnd();
  site.lab.run(NOTICED_MS);
  site.untilConnected(undefined, 60_000);
  site.lab.runUntil('5 sessions', () => site.sessions.length === 5, 5000);
  for (const flow of flows) flow.stop();
  site.assertEverybodyReaches();
  site.assertConsistent();
}

/** Nothing passes between PAT and head-end for `forMs`. */
function partition(seed: number, forMs: number): void {
  const site = new Site(seed, { users: 4 }, mild);
  site.addClients(4, { reconnectAfterMs: RECONNECT_MS });
  site.establish();
  const flows = site.flows(1000);
  site.lab.run(site.lab.random.between(1000, 40_000));
  site.lab.network.cut(patAddress, headEndAddress);
  site.lab.network.cut(headEndAddress, patAddress);
  site.lab.run(forMs);
  site.lab.network.heal();
  // Within the time to notice, to reconnect, and to repeat what the partition swallowed.
  site.lab.run(NOTICED_MS + RECONNECT_MS + 30_000);
  site.untilConnected(undefined, 60_000);
  site.assertEverybodyReaches();
  for (const flow of flows) flow.stop();
  site.lab.run(THRESHOLD_MS * 2);
  assert.equal(site.sessions.length, 4);
  site.assertEverybodyReaches();
  site.assertConsistent();
}

export const partitionOfAMinute = (seed: number): void => partition(seed, 60_000);
export const partitionOfTenMinutes = (seed: number): void => partition(seed, 600_000);

/** One direction fails for two minutes, a different one in every other seed. */
export function oneWayLink(seed: number): void {
  const site = new Site(seed, { users: 4 }, { ...mild, loss: 0 });
  site.addClients(4, { reconnectAfterMs: RECONNECT_MS });
  const [victim] = site.clients;
  assert.ok(victim);
  site.establish();
  const flows = site.flows(1000);
  site.lab.run(site.lab.random.between(1000, 40_000));
  if (seed % 2 === 0) victim.link.sends = false;
  else victim.link.receives = false;
  site.lab.run(120_000);
  victim.link.sends = true;
  victim.link.receives = true;
  site.lab.run(NOTICED_MS + RECONNECT_MS + 30_000);
  site.untilConnected(undefined, 60_000);
  for (const flow of flows.slice(1)) assert.equal(flow.lost().length, 0, 'the others went on');
  for (const flow of flows) flow.stop();
  site.lab.run(THRESHOLD_MS * 2);
  assert.equal(site.sessions.length, 4);
  site.assertEverybodyReaches();
  site.assertConsistent();
}
