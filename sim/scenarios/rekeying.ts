import assert from 'node:assert/strict';
import type { Steppable } from '#engine/ports';
import type { Keying } from '#ipsec/keying-commands';
import type { Node } from '../lab.ts';
import { headEndAddress, insideAddress, patAddress } from './configuration.ts';
import { NOTICED_MS, roughWeather, Site } from './site.ts';

/** Stories of keys that are replaced while packets flow. */

const MINUTE_MS = 60_000;
/** The least that the configuration takes. */
const shortLife = { dynamicMap: ['set security-association lifetime seconds 120'] } as const;
/** A kilobyte of pings is ten of them, both ways counted alone. */
const fewKilobytes = { dynamicMap: ['set security-association lifetime kilobytes 10'] } as const;

/** Different inbound SPIs that the head-end ever had. */
function countSpis(site: Site): () => number {
  const seen = new Set<number>();
  site.lab.always('SPIs are counted', () => {
    for (const spi of site.headEnd.dataPlane.installed) seen.add(spi);
    return true;
  });
  return () => seen.size;
}

/** Nothing is lost on the network, pings go ten times a second, and none is lost across many rekeys. */
function withoutLoss(seed: number, dynamicMap: readonly string[], forMs: number, least: number) {
  const site = new Site(seed, { users: 2, dynamicMap }, { delayMs: [20, 20], drift: 0.01 });
  site.addClients(2);
  const spis = countSpis(site);
  site.establish();
  const flows = site.flows(100);
  site.lab.run(forMs);
  for (const flow of flows) {
    assert.ok(flow.answered > 0);
    assert.equal(flow.lost().length, 0, `${flow.lost().length} of ${flow.sent} pings were lost`);
    flow.stop();
  }
  assert.ok(spis() >= 2 * least, `${spis()} SPIs`);
  assert.equal(site.sessions.length, 2);
  // What was replaced leaves the tables.
  site.lab.runUntil('2 SAs', () => site.headEnd.dataPlane.installed.size === 2, MINUTE_MS);
  site.assertConsistent();
}

export const rekeysBySeconds = (seed: number): void =>
  withoutLoss(seed, shortLife.dynamicMap, 9 * MINUTE_MS, 5);
export const rekeysByKilobytes = (seed: number): void =>
  withoutLoss(seed, fewKilobytes.dynamicMap, 2 * MINUTE_MS, 10);

/** Different cookies of the ISAKMP SAs that the head-end ever had. */
function countIsakmpSas(site: Site): () => number {
  const seen = new Set<number>();
  site.lab.always('ISAKMP SAs are counted', () => {
    for (const session of site.sessions) seen.add(session.owner as number);
    return true;
  });
  return () => seen.size;
}

/** Phase 1 is negotiated anew, over and over: the sessions, the tunnels and every ping go on. */
export function phaseOneRekeys(seed: number): void {
  const setup = { users: 2, phaseOneSeconds: 120 } as const;
  const site = new Site(seed, setup, { delayMs: [20, 20], drift: 0.01 });
  site.addClients(2);
  const owners = countIsakmpSas(site);
  site.establish();
  const before = site.sessions.map((s) => [s.index, s.assigned]);
  const flows = site.flows(250);
  site.lab.run(10 * MINUTE_MS);
  for (const flow of flows) {
    assert.equal(flow.lost().length, 0, `${flow.lost().length} of ${flow.sent} pings were lost`);
    flow.stop();
  }
  assert.ok(owners() >= 10, `${owners()} ISAKMP SAs`);
  assert.deepEqual(
    site.sessions.map((s) => [s.index, s.assigned]),
    before,
  );
  site.lab.run(1000);
  assert.equal(site.headEnd.device.keying.counts().isakmpSas, 2);
  site.assertEverybodyReaches();
  site.assertConsistent();
}

/** Both phases are negotiated anew while the network does its worst; when it heals, everybody is there. */
export function phaseOneRekeysInStorm(seed: number): void {
  const setup = { users: 3, phaseOneSeconds: 150, ...shortLife } as const;
  const site = new Site(seed, setup, roughWeather);
  site.addClients(3, { reconnectAfterMs: 5000 });
  site.connect();
  const flows = site.flows(1000);
  site.lab.run(15 * MINUTE_MS);
  site.lab.network.setFaults({ loss: 0, duplicate: 0, reorder: 0 });
  // Where the last word of the head-end was lost, its client has to notice by itself.
  site.lab.run(NOTICED_MS);
  site.untilConnected(undefined, 3 * MINUTE_MS);
  for (const flow of flows) flow.stop();
  site.assertEverybodyReaches();
  site.lab.run(2 * MINUTE_MS);
  assert.equal(site.sessions.length, 3);
  site.assertEverybodyReaches();
  site.assertConsistent();
}

/** The usual lifetimes: nobody rekeys in half an hour of traffic. */
export function noNeedlessRekeys(seed: number): void {
  const site = new Site(seed, { users: 2 }, { delayMs: [5, 40], drift: 0.01 });
  site.addClients(2);
  const spis = countSpis(site);
  site.establish();
  const flows = site.flows(1000);
  site.lab.run(30 * MINUTE_MS);
  for (const flow of flows) assert.equal(flow.lost().length, 0);
  assert.equal(spis(), 2);
}

/** Rekeys on a network that loses one datagram in ten: traffic never stops for long. */
export function rekeysInRain(seed: number): void {
  const faults = { loss: 0.1, duplicate: 0.05, reorder: 0.1, drift: 0.01 };
  const site = new Site(seed, { users: 3, ...shortLife }, { ...faults, delayMs: [5, 80] });
  site.addClients(3, { reconnectAfterMs: 5000 });
  site.connect();
  const flows = site.flows(500);
  site.lab.run(20 * MINUTE_MS);
  site.lab.network.setFaults({ loss: 0, duplicate: 0, reorder: 0 });
  site.lab.run(NOTICED_MS);
  site.untilConnected(undefined, 2 * MINUTE_MS);
  for (const flow of flows) {
    // One in five pings is lost by the network, which loses it on its way there or back.
    const part = flow.answered / flow.sent;
    assert.ok(part > 0.7, `${flow.answered} of ${flow.sent} pings were answered`);
    flow.stop();
  }
  site.assertEverybodyReaches();
  site.lab.run(2 * MINUTE_MS);
  assert.equal(site.sessions.length, 3);
  site.assertConsistent();
}

/** The packet path of a device says that every SA nears its end. */
function runOut<D extends Steppable & { readonly keying: Keying }>(node: Node<D>): void {
  const children = [...node.device.keying.summaries()].flatMap((s) => s.children);
  for (const { inboundSpi: spi } of children) {
    const report = { kind: 'expiring', spi, direction: 'inbound' } as const;
    node.command((device, now) => device.step({ kind: 'dataPlane', report }, now));
  }
}

/**
 * Both ends replace the same pair within the time of one way, over and over, in every order of events:
 * neither deletes what the other uses.
 */
export function rekeyCollisions(seed: number): void {
  const site = new Site(seed, { users: 2 }, { delayMs: [10, 120], drift: 0.01 });
  site.addClients(2);
  site.establish();
  const flows = seed % 2 === 0 ? site.flows(250) : [];
  for (let round = 0; round < 10; round += 1) {
    site.lab.later(site.lab.random.between(0, 150), () => runOut(site.headEnd));
    for (const client of site.clients)
      site.lab.later(site.lab.random.between(0, 150), () => runOut(client));
    // Between two rounds the old pairs are sometimes gone already, and sometimes not.
    site.lab.run(site.lab.random.between(1000, 60_000));
  }
  site.lab.run(2 * MINUTE_MS);
  site.assertEverybodyReaches(insideAddress, 3000);
  for (const flow of flows) {
    assert.ok(flow.lost().length <= flow.sent / 50, `${flow.lost().length} of ${flow.sent} lost`);
    flow.stop();
  }
  assert.equal(site.sessions.length, 2);
  for (const client of site.clients) assert.equal(client.device.status().state, 'connected');
  site.assertConsistent();
}

/** The way is cut for a minute while keys run out, and dead peer detection is slow: traffic comes back. */
export function keysRunOutInPartition(seed: number): void {
  const site = new Site(
    seed,
    { users: 3, thresholdSeconds: 300, ...shortLife },
    { delayMs: [5, 80], drift: 0.01 },
  );
  // A client that is as patient as the head-end.
  site.addClients(3, { profile: { peerTimeoutSeconds: 600 }, reconnectAfterMs: 5000 });
  site.establish();
  const flows = site.flows(1000);
  site.lab.run(site.lab.random.between(0, 120_000));
  site.lab.network.cut(patAddress, headEndAddress);
  site.lab.network.cut(headEndAddress, patAddress);
  site.lab.run(MINUTE_MS);
  site.lab.network.heal();
  site.lab.run(MINUTE_MS);
  for (const flow of flows) flow.stop();
  site.assertEverybodyReaches(insideAddress, MINUTE_MS);
  assert.equal(site.sessions.length, 3);
  site.assertConsistent();
}
