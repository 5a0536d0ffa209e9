import assert from 'node:assert/strict';
import type { Endpoint } from '#base/address';
import type { Prng } from '#base/prng';
import { CROWDED_HALF_OPEN } from '#ipsec/stranger-limits';
import type { Datagram } from '#simulation/network';
import { decodeHeader, HEADER_LENGTH } from '#wire/isakmp/header';
import { decodeMessage, GENERIC_HEADER_LENGTH } from '#wire/isakmp/message';
import { exchangeTypes } from '#wire/isakmp/numbers';
import { headEndAddress, insideAddress, patAddress, strangerAddress } from './configuration.ts';
import { Site } from './site.ts';

/** Stories of strangers who send what they like. */

const calm = { delayMs: [5, 40], drift: 0.01 } as const;
const HEAD_END_ISAKMP: Endpoint = { address: headEndAddress, port: 500 };

/** Limit of the head-end: negotiations that have not authenticated themselves, per address. */
const HALF_OPEN_PER_ADDRESS = 500;

/** The first aggressive mode message of a client, as anybody on its way could have seen it. */
function capturedFirstMessage(site: Site): Uint8Array {
  const { network } = site.lab;
  network.capture = [];
  const client = site.addClient();
  site.establish([client]);
  const first = network.capture.find(({ datagram }) => datagram.destination.port === 500);
  network.capture = undefined;
  assert.ok(first);
  return first.datagram.bytes;
}

/** The message with another initiator cookie: a negotiation of its own. */
function forged(firstMessage: Uint8Array, random: Prng): Uint8Array {
  const bytes = firstMessage.slice();
  bytes.set(random.bytes(8));
  return bytes;
}

/** Sends forged first messages for `forMs`, `perSecond` of them. */
function flood(
  site: Site,
  firstMessage: Uint8Array,
  options: { readonly forMs: number; readonly perSecond: number; readonly from: () => Endpoint },
): void {
  const { forMs, perSecond, from } = options;
  const { lab } = site;
  const count = (forMs * perSecond) / 1000;
  for (let n = 0; n < count; n += 1)
    lab.later((n * 1000) / perSecond, () =>
      lab.network.send({
        source: from(),
        destination: HEAD_END_ISAKMP,
        bytes: forged(firstMessage, lab.random),
      }),
    );
}

/** One address sends without end: it gets its share of negotiations, and honest clients connect. */
export function floodFromOneAddress(seed: number): void {
  const site = new Site(seed, { users: 4 }, calm);
  const firstMessage = capturedFirstMessage(site);
  const [established] = site.clients;
  assert.ok(established);
  const { keying } = site.headEnd.device;
  const flow = site.lab.pings(established, insideAddress, 500);
  flood(site, firstMessage, {
    forMs: 40_000,
    perSecond: 50,
    from: () => ({ address: strangerAddress(1), port: site.lab.random.between(1024, 65_535) }),
  });
  let most = 0;
  site.lab.always('negotiations of a stranger are limited', () => {
    most = Math.max(most, keying.counts().halfOpen);
    return most <= HALF_OPEN_PER_ADDRESS + site.clients.length;
  });
  site.lab.run(20_000);
  assert.ok(most >= HALF_OPEN_PER_ADDRESS, `${most} at most`);
  site.establish(site.addClients(3), 15_000);
  site.lab.run(25_000);
  flow.stop();
  assert.equal(flow.lost().length, 0);
  site.assertEverybodyReaches();
  // Everything that the stranger began is forgotten.
  site.lab.run(35_000);
  assert.equal(keying.counts().halfOpen, 0);
  assert.equal(keying.counts().isakmpSas, 4);
  site.assertConsistent();
}

/**
 * Forged first messages come from everywhere, more than the head-end may keep: in the crowd it answers
 * only those that are repeated, which forgers do not do, and honest clients connect nevertheless.
 */
export function floodFromEverywhere(seed: number): void {
  const site = new Site(seed, { users: 4 }, calm);
  const firstMessage = capturedFirstMessage(site);
  const { keying } = site.headEnd.device;
  let next = 0;
  flood(site, firstMessage, {
    forMs: 21_000,
    perSecond: 600,
    from: () => {
      next += 1;
      return { address: strangerAddress(next), port: 500 };
    },
  });
  let most = 0;
  site.lab.always('negotiations of strangers are limited', () => {
    most = Math.max(most, keying.counts().halfOpen);
    return most <= CROWDED_HALF_OPEN + site.clients.length;
  });
  site.lab.run(17_500);
  assert.ok(most >= CROWDED_HALF_OPEN, `${most} at most`);
  site.establish(site.addClients(3), 5000);
  site.assertEverybodyReaches();
  site.lab.run(60_000);
  assert.equal(keying.counts().halfOpen, 0);
  assert.equal(keying.counts().isakmpSas, 4);
  site.assertConsistent();
}

/** Two clients whose conversation, a rekey and a question whether they live included, was recorded. */
function recorded(seed: number): { site: Site; conversation: readonly Datagram[] } {
  const dynamicMap = ['set security-association lifetime seconds 120'];
  const site = new Site(seed, { users: 2, dynamicMap }, calm);
  site.lab.network.capture = [];
  site.addClients(2);
  site.establish();
  const flows = site.flows(5000);
  site.lab.run(180_000);
  for (const flow of flows) flow.stop();
  site.lab.run(60_000);
  const conversation = site.lab.network.capture.map(({ datagram }) => datagram);
  site.lab.network.capture = undefined;
  return { site, conversation };
}

/** What must not change for honest clients. */
const standing = (site: Site) =>
  site.sessions.map((s) => [s.index, s.username, s.peer, s.assigned, s.state]);

/**
 * Everything that the clients ever said is said again, from where they are and from elsewhere, in
 * another order and many times: nothing changes for them, and little is answered.
 */
export function everythingRepeated(seed: number): void {
  const { site, conversation } = recorded(seed);
  const { network, random } = site.lab;
  const before = standing(site);
  const { keying } = site.headEnd.device;
  const said = conversation.filter((d) => d.destination.address === headEndAddress);
  const flow = site.flows(1000);
  let sent = 0;
  let answered = 0;
  network.join(strangerAddress(1), ({ bytes }) => {
    answered += bytes.length;
  });
  for (let n = 0; n < 2 * said.length; n += 1) {
    const datagram = random.pick(said);
    const elsewhere = { address: strangerAddress(1), port: datagram.source.port };
    const source = random.chance(0.5) ? datagram.source : elsewhere;
    if (source === elsewhere) sent += datagram.bytes.length;
    network.send({ ...datagram, source });
    site.lab.run(random.between(0, 30));
  }
  assert.deepEqual(standing(site), before);
  assert.ok(answered <= 2 * sent, `${answered} octets for ${sent}`);
  assert.ok(keying.counts().halfOpen <= said.length);
  site.lab.run(60_000);
  assert.deepEqual(standing(site), before);
  for (const { answered: got, sent: tried } of flow)
    assert.ok(got > 0.95 * tried, `${got}/${tried}`);
  for (const f of flow) f.stop();
  for (const client of site.clients) assert.equal(client.device.status().state, 'connected');
  site.assertEverybodyReaches(insideAddress, 5000);
  site.lab.run(120_000);
  assert.equal(keying.counts().halfOpen, 0);
  assert.equal(keying.counts().isakmpSas, 2);
  site.assertConsistent();
}

/** A datagram with damage: cut short, made longer, bits changed, or two of them mixed. */
function damaged(bytes: Uint8Array, random: Prng): Uint8Array {
  const copy = bytes.slice();
  switch (random.between(0, 3)) {
    case 0:
      return copy.subarray(0, random.between(0, copy.length));
    case 1: {
      const longer = new Uint8Array(copy.length + random.between(1, 64));
      longer.set(copy);
      longer.set(random.bytes(longer.length - copy.length), copy.length);
      return longer;
    }
    case 2:
      for (let flips = random.between(1, 16); flips > 0; flips -= 1) {
        const at = random.between(0, copy.length - 1);
        copy[at] = (copy[at] as number) ^ (1 << random.between(0, 7));
      }
      return copy;
    default: {
      // Fields of lengths, counts and types are where damage hurts most.
      const at = random.between(0, Math.min(copy.length - 1, 64));
      copy[at] = random.pick([0, 1, 0x7f, 0x80, 0xff]);
      return copy;
    }
  }
}

/** Damaged copies of honest datagrams, to both ends and from the right addresses: nothing changes. */
export function everythingDamaged(seed: number): void {
  const { site, conversation } = recorded(seed);
  const { network, random } = site.lab;
  const before = standing(site);
  const flow = site.flows(1000);
  for (let n = 0; n < 1500; n += 1) {
    const datagram = random.pick(conversation);
    network.send({ ...datagram, bytes: damaged(datagram.bytes, random) });
    site.lab.run(random.between(0, 20));
  }
  assert.deepEqual(standing(site), before);
  site.lab.run(30_000);
  for (const { answered, sent } of flow) assert.ok(answered > 0.95 * sent, `${answered}/${sent}`);
  for (const f of flow) f.stop();
  for (const client of site.clients) assert.equal(client.device.status().state, 'connected');
  site.assertEverybodyReaches(insideAddress, 5000);
  site.lab.run(120_000);
  const { halfOpen, isakmpSas } = site.headEnd.device.keying.counts();
  assert.deepEqual([halfOpen, isakmpSas], [0, 2]);
  site.assertConsistent();
}

/** Where an ISAKMP message begins in a datagram: after the non-ESP marker where ports are floated. */
const headerAt = ({ source, destination }: Datagram): number =>
  destination.port === 4500 || source.port === 4500 ? 4 : 0;

/** Payloads of the second aggressive mode message that HASH_R is made over, and itself. */
const PROVEN: ReadonlySet<string> = new Set(['ke', 'nonce', 'id', 'hash']);

/**
 * Octets of a message to a client that its HASH vouches for: all that is encrypted, and of the second
 * aggressive mode message the values that RFC 2409 section 5 puts into HASH_R. Vendor IDs and the chosen
 * lifetime are not among them; whoever is on the way can change those, and IKEv1 has no answer to it.
 */
function provenOctets(datagram: Datagram): readonly number[] {
  const at = headerAt(datagram);
  const octets = datagram.bytes.subarray(at);
  const header = decodeHeader(octets);
  if (!header.ok) return [];
  const between = (low: number, high: number) =>
    Array.from({ length: Math.max(0, high - low) }, (_, i) => at + low + i);
  if (header.value.exchangeType !== exchangeTypes.aggressive)
    return between(HEADER_LENGTH, octets.length);
  const message = decodeMessage(octets);
  if (!message.ok) return [];
  return message.value.payloads
    .filter(({ type }) => PROVEN.has(type))
    .flatMap(({ offset, raw }) => between(offset + GENERIC_HEADER_LENGTH, offset + raw.length));
}

/**
 * Somebody answers for the head-end before it does: clients take no forged answer for true, and connect
 * all the same. Most messages that a client waits for come after a damaged copy of them.
 */
export function forgedAnswers(seed: number): void {
  const site = new Site(seed, { users: 3 }, calm);
  const { network, random } = site.lab;
  let forgeries = 0;
  const send = network.send.bind(network);
  network.send = (datagram) => {
    const isToClient = datagram.destination.address === patAddress;
    const places = isToClient && random.chance(0.7) ? provenOctets(datagram) : [];
    if (places.length === 0) {
      send(datagram);
      return;
    }
    forgeries += 1;
    const bytes = datagram.bytes.slice();
    const at = random.pick(places);
    bytes[at] = (bytes[at] as number) ^ (1 << random.between(0, 7));
    send({ ...datagram, bytes });
    site.lab.later(50, () => send(datagram));
  };
  site.addClients(3);
  site.establish();
  assert.ok(forgeries > 0);
  site.assertEverybodyReaches();
  site.lab.run(120_000);
  assert.equal(site.sessions.length, 3);
  for (const client of site.clients) assert.equal(client.device.status().state, 'connected');
  site.assertConsistent();
}
