import assert from 'node:assert/strict';
import type { Endpoint } from '#base/address';
import type { Captured } from '#simulation/network';
import { headEndAddress, insideAddress, patAddress, strangerAddress } from './configuration.ts';
import { Site } from './site.ts';

/** Stories of a PAT that changes its mind while sessions run. */

const mild = { delayMs: [5, 40], drift: 0.01 } as const;

/** Clients at the last moment to notice that their own pings tell the head-end where they are. */
const PING_MS = 500;

/**
 * The PAT forgets everything and gives its ports out anew, in another order: each client may now have
 * the port of another. With their next packets the sessions follow, and nobody gets what is another's.
 */
export function patRestart(seed: number): void {
  const site = new Site(seed, { users: 6, natTraversal: 'usual' }, mild);
  site.addClients(6);
  site.establish();
  for (const flow of site.flows(PING_MS)) site.lab.later(8000, () => flow.stop());
  site.lab.run(10_000);
  for (let restart = 0; restart < 3; restart += 1) {
    site.pat.restart();
    // Some begin to speak before the others, so that ports change hands.
    for (const client of site.clients) {
      const flow = { stop: () => {} };
      site.lab.later(site.lab.random.between(0, 6000), () => {
        flow.stop = () => running.stop();
        const running = site.lab.pings(client, insideAddress, PING_MS);
      });
      site.lab.later(15_000, () => flow.stop());
    }
    site.lab.run(16_000);
    site.assertEverybodyReaches(insideAddress, 5000);
  }
  assert.equal(site.sessions.length, 6);
  const ports = new Set(site.sessions.map((s) => s.peer.port));
  assert.equal(ports.size, 6, 'each session is at a port of its own');
  // DPD goes on at the new ports: nobody is lost in what follows without any traffic.
  site.lab.run(300_000);
  assert.equal(site.sessions.length, 6);
  for (const client of site.clients) assert.equal(client.device.status().state, 'connected');
  site.assertEverybodyReaches(insideAddress, 5000);
  site.assertConsistent();
}

/** Translations change, and nothing but keepalives and DPD passes: an IKE message moves the peer too. */
export function mappingChangesWhileIdle(seed: number): void {
  const site = new Site(seed, { users: 3 }, mild);
  site.addClients(3);
  site.establish();
  site.lab.run(10_000);
  const before = site.sessions.map((s) => s.peer.port);
  site.pat.clear();
  // Longer than a client waits before it asks whether the head-end lives, and shorter than it takes to give up.
  site.lab.run(70_000);
  const after = site.sessions.map((s) => s.peer.port);
  assert.equal(after.length, 3);
  assert.ok(
    before.every((port) => !after.includes(port)),
    'every session moved',
  );
  for (const client of site.clients) assert.equal(client.device.status().state, 'connected');
  // The head-end finds them: the way to the clients is open.
  const { inside } = site.headEnd;
  const source = insideAddress;
  let answered = 0;
  for (const client of site.clients) {
    const target = client.device.status().address;
    assert.ok(target);
    client.inside.addAddress(target);
    inside.ping({ source, target, data: new Uint8Array(8) }, () => {
      answered += 1;
    });
  }
  site.lab.run(2000);
  assert.equal(answered, 3);
  site.assertConsistent();
}

const isFromClients = ({ datagram }: Captured): boolean =>
  datagram.source.address === patAddress && datagram.destination.address === headEndAddress;

/** Where every session is, with the SAs that carry it. */
const places = (site: Site) =>
  site.sessions.map((s) => ({ index: s.index, peer: s.peer, assigned: s.assigned }));

/**
 * A stranger repeats every datagram of the clients from an address of its own, as it was and with one
 * bit changed, from the first to the newest: nobody moves there.
 */
export function forgedMoves(seed: number): void {
  const site = new Site(seed, { users: 2 }, mild);
  site.lab.network.capture = [];
  site.addClients(2);
  site.establish();
  const flows = site.flows(3000);
  site.lab.run(120_000);
  for (const flow of flows) flow.stop();
  // Many questions of dead peer detection, so that the oldest are no longer fresh in memory.
  site.lab.run(900_000);
  const before = places(site);
  const { network, random } = site.lab;
  const captured = (network.capture ?? []).filter(isFromClients);
  network.capture = undefined;
  let toStranger = 0;
  const from = (port: number): Endpoint => ({ address: strangerAddress(1), port });
  network.join(strangerAddress(1), ({ bytes }) => {
    // What a stranger may be told costs less than what it sent, and is not the clients'.
    toStranger += bytes.length;
  });
  let sent = 0;
  for (const { datagram } of captured) {
    const { destination } = datagram;
    for (const flip of [false, true]) {
      const bytes = datagram.bytes.slice();
      if (flip) {
        const at = random.between(0, bytes.length - 1);
        bytes[at] = (bytes[at] as number) ^ (1 << random.between(0, 7));
      }
      sent += bytes.length;
      network.send({ source: from(random.between(1024, 65_535)), destination, bytes });
      site.lab.run(random.between(0, 20));
    }
  }
  site.lab.run(1000);
  assert.deepEqual(places(site), before);
  assert.ok(toStranger <= sent, `${toStranger} octets for ${sent}`);
  site.lab.run(120_000);
  assert.deepEqual(places(site), before);
  for (const client of site.clients) assert.equal(client.device.status().state, 'connected');
  site.assertEverybodyReaches(insideAddress, 5000);
  site.assertConsistent();
}
