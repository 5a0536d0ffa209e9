import assert from 'node:assert/strict';
import type { ClientDevice } from '#engine/client-device';
import type { Node } from '../lab.ts';
import { headEndAddress, patAddress } from './configuration.ts';
import { NOTICED_MS, roughWeather, Site } from './site.ts';

/** Everything that can go wrong goes wrong, in any order. */

const CLIENTS = 6;
const RECONNECT_MS = 5000;
/** Half an hour, with something new every few seconds. */
const STORM_MS = 1_800_000;

const shortLives = {
  users: CLIENTS,
  phaseOneSeconds: 180,
  dynamicMap: ['set security-association lifetime seconds 120'],
} as const;

/** What may happen; each takes its time and undoes itself. */
const misfortunes: readonly ((site: Site) => void)[] = [
  crashClient,
  crashHeadEnd,
  partition,
  pullCable,
  changeWeather,
  (site) => site.pat.restart(),
  (site) => site.pat.clear(),
  (site) => logOff(site),
  (site) => leaveAndReturn(site),
  (site) => site.configure(shortLives),
];

const anybody = (site: Site): Node<ClientDevice> | undefined => {
  const alive = site.clients.filter((c) => !c.crashed);
  return alive.length === 0 ? undefined : site.lab.random.pick(alive);
};

function crashClient(site: Site): void {
  const victim = anybody(site);
  victim?.crash();
  site.lab.later(site.lab.random.between(0, 90_000), () => {
    if (victim) site.connect([site.replace(victim, { reconnectAfterMs: RECONNECT_MS })]);
  });
}

function crashHeadEnd(site: Site): void {
  // A power failure in three misfortunes of this kind: it must not be all that ever happens.
  if (site.headEnd.crashed || site.lab.random.chance(0.66)) return;
  site.crashHeadEnd();
  site.lab.later(site.lab.random.between(0, 30_000), () => site.restartHeadEnd());
}

function partition(site: Site): void {
  const { network, random } = site.lab;
  if (random.chance(0.8)) network.cut(patAddress, headEndAddress);
  if (random.chance(0.8)) network.cut(headEndAddress, patAddress);
  site.lab.later(random.between(1000, 60_000), () => network.heal());
}

function pullCable(site: Site): void {
  const { random } = site.lab;
  const link = anybody(site)?.link;
  if (!link) return;
  link.sends = random.chance(0.5);
  link.receives = !link.sends;
  site.lab.later(random.between(1000, 60_000), () => {
    link.sends = true;
    link.receives = true;
  });
}

function changeWeather(site: Site): void {
  const { network, random } = site.lab;
  const worst = random.fraction() * 0.3;
  network.setFaults({ loss: worst, duplicate: worst, reorder: worst });
}

/** The administrator ends a session. */
function logOff(site: Site): void {
  const session = site.sessions[0];
  if (session && !site.headEnd.crashed)
    site.headEnd.command((device, now) => device.logOff(session, now));
}

/** A person disconnects, and comes back later. */
function leaveAndReturn(site: Site): void {
  const client = anybody(site);
  client?.command((device, now) => device.disconnect(now));
  site.lab.later(site.lab.random.between(0, 30_000), () => {
    if (client && !client.crashed) client.command((device, now) => device.connect(now));
  });
}

/** Half an hour of misfortunes; then peace, and everybody is there; then the end, and nothing is left. */
export function chaos(seed: number): void {
  const site = new Site(seed, shortLives, roughWeather);
  const { lab } = site;
  site.addClients(CLIENTS, { reconnectAfterMs: RECONNECT_MS });
  site.connect();
  for (let at = 10_000; at < STORM_MS; at += lab.random.between(2000, 40_000))
    lab.later(at, () => lab.random.pick(misfortunes)(site));
  for (let at = 0; at < STORM_MS; at += 10_000) lab.later(at, () => exchange(site));
  lab.run(STORM_MS);
  lab.run(90_000);
  lab.network.setFaults({ loss: 0, duplicate: 0, reorder: 0 });
  lab.run(NOTICED_MS + RECONNECT_MS + 30_000);
  site.untilConnected(undefined, 60_000);
  site.assertEverybodyReaches();
  lab.run(60_000);
  assert.equal(site.sessions.length, CLIENTS);
  site.assertEverybodyReaches();
  site.assertConsistent();
  for (const client of site.clients) client.crash();
  lab.run(180_000);
  site.assertEmpty();
}

/** A few pings of whoever is connected. */
function exchange(site: Site): void {
  for (const flow of site.flows(1000)) site.lab.later(5000, () => flow.stop());
}
