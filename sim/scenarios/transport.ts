import assert from 'node:assert/strict';
import type { IpAddress } from '#base/address';
import type { ClientDevice } from '#engine/client-device';
import type { IsakmpSaSummary } from '#ipsec/keying';
import { type Captured, isPlainEsp } from '#simulation/network';
import type { Node } from '../lab.ts';
import { directAddress, headEndAddress, insideAddress, patAddress } from './configuration.ts';
import { Site } from './site.ts';

/** Stories of how ESP travels, and of what keeps the way open. */

const calm = { delayMs: [5, 40] } as const;

const captured = (site: Site): readonly Captured[] => site.lab.network.capture ?? [];

/** The ports that datagrams between head-end and clients used at the head-end's end. */
const headEndPorts = (site: Site): ReadonlySet<number> =>
  new Set(
    captured(site)
      .filter(({ datagram }) => !isPlainEsp(datagram))
      .map(({ datagram: { source, destination } }) =>
        source.address === headEndAddress ? source.port : destination.port,
      ),
  );

/** Sends pings one by one; how many were answered. */
function ping(site: Site, client: Node<ClientDevice>, target: IpAddress, count: number): number {
  const source = client.device.status().address;
  assert.ok(source);
  client.inside.addAddress(source);
  let answered = 0;
  for (let n = 0; n < count; n += 1) {
    client.inside.ping({ source, target, data: new Uint8Array(56) }, () => {
      answered += 1;
    });
    site.lab.run(500);
  }
  return answered;
}

const summaryOf = (node: Node<ClientDevice>): IsakmpSaSummary | undefined =>
  [...node.device.keying.summaries()][0];

/** What the counters of a client's only pair of SAs say. */
function packetsOf(site: Site, client: Node<ClientDevice>) {
  const child = summaryOf(client)?.children[0];
  assert.ok(child);
  const { inboundSpi, outboundSpi } = child;
  const server = site.headEnd.dataPlane;
  const session = site.sessions.find((s) => s.assigned[0] === client.device.status().address);
  assert.ok(session);
  const traffic = site.headEnd.device.remoteAccess.traffic(session);
  return {
    clientTx: client.dataPlane.outboundCounters(inboundSpi)?.packets,
    clientRx: client.dataPlane.inboundCounters(inboundSpi)?.packets,
    serverRx: server.inboundCounters(outboundSpi)?.packets,
    sessionRx: traffic.packetsRx,
    sessionTx: traffic.packetsTx,
  };
}

/** NAT traversal is off at the head-end: two clients behind the PAT connect, and no data passes. */
export function natTraversalOff(seed: number): void {
  const site = new Site(seed, { users: 2, natTraversal: 'off' }, calm);
  site.lab.network.capture = [];
  const clients = site.addClients(2);
  site.establish();
  for (const client of clients) {
    assert.equal(ping(site, client, insideAddress, 10), 0);
    assert.equal(ping(site, client, headEndAddress, 3), 0);
    assert.equal(client.device.status().tunnelPort, 0);
    assert.deepEqual(packetsOf(site, client), {
      clientTx: 13,
      clientRx: 0,
      serverRx: 0,
      sessionRx: 0,
      sessionTx: 0,
    });
  }
  assert.equal(site.pat.dropped.fromInside, 26);
  assert.deepEqual(
    site.sessions.map((s) => [s.protocol, s.peer.address, s.state]),
    [
      ['IPSec', patAddress, 'active'],
      ['IPSec', patAddress, 'active'],
    ],
  );
  assert.deepEqual([...headEndPorts(site)], [500]);
  // DPD keeps the PAT's translations and the sessions.
  site.lab.run(600_000);
  assert.equal(site.sessions.length, 2);
  site.assertConsistent();
}

/** The same where the client has transparent tunneling off, and the head-end NAT traversal on. */
export function transparentTunnelingOff(seed: number): void {
  const site = new Site(seed, { users: 2 }, calm);
  site.lab.network.capture = [];
  const without = site.addClient({ profile: { transparentTunneling: false } });
  const with_ = site.addClient();
  site.establish();
  assert.equal(ping(site, without, insideAddress, 13), 0);
  assert.equal(without.device.status().tunnelPort, 0);
  assert.equal(ping(site, with_, insideAddress, 5), 5);
  assert.equal(with_.device.status().tunnelPort, 4500);
  const protocols = new Map(site.sessions.map((s) => [s.username, s.protocol]));
  assert.deepEqual(
    [protocols.get('vpnclient1'), protocols.get('vpnclient2')],
    ['IPSec', 'IPSec/NAT-T'],
  );
}

/** Nothing in between: ESP is an IP protocol of its own though both ends could do NAT traversal. */
export function withoutPat(seed: number): void {
  const site = new Site(seed, { users: 1 }, calm);
  site.lab.network.capture = [];
  const client = site.addClient({ behind: 'nothing' });
  site.establish();
  assert.equal(ping(site, client, insideAddress, 10), 10);
  const esp = captured(site).filter(({ datagram }) => isPlainEsp(datagram));
  assert.equal(esp.length, 20);
  assert.deepEqual([...headEndPorts(site)], [500]);
  assert.equal(site.sessions[0]?.protocol, 'IPSec');
  assert.equal(client.device.status().tunnelPort, 0);
  // No NAT, no keepalives.
  site.lab.run(60_000);
  assert.ok(captured(site).every(({ datagram }) => datagram.bytes.length > 1));
}

/** Nobody, the client, the head-end, or both are behind a NAT: both ends find out which. */
export function whoIsBehindNat(seed: number): void {
  for (const clientBehind of [false, true])
    for (const headEndBehind of [false, true]) {
      const outside = headEndBehind ? directAddress(99) : undefined;
      const site = new Site(seed, { users: 1 }, calm, outside);
      const profile = { host: outside ?? headEndAddress };
      const client = site.addClient(clientBehind ? { profile } : { profile, behind: 'nothing' });
      site.establish();
      const [atHeadEnd] = [...site.headEnd.device.keying.summaries()];
      const atClient = summaryOf(client);
      assert.deepEqual(
        [atHeadEnd?.localBehindNat, atHeadEnd?.remoteBehindNat],
        [headEndBehind, clientBehind],
        'as the head-end sees it',
      );
      assert.deepEqual(
        [atClient?.localBehindNat, atClient?.remoteBehindNat],
        [clientBehind, headEndBehind],
        'as the client sees it',
      );
      assert.equal(ping(site, client, insideAddress, 5), 5);
      const behindAny = clientBehind || headEndBehind;
      assert.equal(client.device.status().tunnelPort, behindAny ? 4500 : 0);
      assert.equal(site.sessions[0]?.protocol, behindAny ? 'IPSec/NAT-T' : 'IPSec');
    }
}

const isKeepalive = ({ datagram: { bytes } }: Captured): boolean =>
  bytes.length === 1 && bytes[0] === 0xff;

/** Milliseconds between one keepalive and the next, by who sends it. */
function keepaliveGaps(site: Site, from: (c: Captured) => boolean): readonly number[] {
  const at = captured(site)
    .filter((c) => isKeepalive(c) && from(c))
    .map((c) => c.at as number);
  return at.slice(1).map((moment, i) => moment - (at[i] as number));
}

/** Keepalives go on as the seed's log has them: 9 s from the head-end for each SA, 10 s from each client. */
export function keepalives(seed: number): void {
  const site = new Site(seed, { users: 2, natTraversal: 'usual', thresholdSeconds: 300 }, {});
  site.addClients(2, { profile: { peerTimeoutSeconds: 900 } });
  site.establish();
  site.lab.network.capture = [];
  site.lab.run(70_000);
  assert.deepEqual([...headEndPorts(site)], [4500]);
  for (const { peer } of site.sessions) {
    const toClient = keepaliveGaps(site, (c) => c.datagram.destination.port === peer.port);
    const fromClient = keepaliveGaps(site, (c) => c.datagram.source.port === peer.port);
    assert.deepEqual(new Set(toClient), new Set([9000]));
    assert.ok(toClient.length >= 6, `${toClient.length + 1} keepalives to a client`);
    assert.deepEqual(new Set(fromClient), new Set([10_000]));
    assert.ok(fromClient.length >= 5, `${fromClient.length + 1} keepalives from a client`);
  }
}

/** Everything after the float is at one port of the PAT and at 4500, rekeys and DPD included. */
export function onePortForLife(seed: number): void {
  const site = new Site(
    seed,
    { users: 2, dynamicMap: ['set security-association lifetime seconds 120'] },
    calm,
  );
  site.addClients(2);
  site.establish();
  const ports = new Set(site.sessions.map((s) => s.peer.port));
  assert.equal(ports.size, 2);
  site.lab.network.capture = [];
  const spis = new Set(site.headEnd.dataPlane.installed);
  site.lab.run(600_000);
  assert.ok(
    [...spis].every((spi) => !site.headEnd.dataPlane.installed.has(spi)),
    'rekeyed',
  );
  assert.deepEqual([...headEndPorts(site)], [4500]);
  const used = captured(site).map(({ datagram: { source, destination } }) =>
    source.address === patAddress ? source.port : destination.port,
  );
  assert.deepEqual(new Set(used), ports);
  const locals = [...site.pat.pat.translations.xlates()].filter((x) => ports.has(x.globalPort));
  assert.deepEqual(
    locals.map((x) => x.localPort),
    [4500, 4500],
  );
}
