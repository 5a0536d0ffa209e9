import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { toUtf8 } from '#base/bytes';
import { after, type Instant } from '#base/instant';
import { hostPrefix } from '#base/prefix';
import { Prng } from '#base/prng';
import { secretKey } from '#crypto/secret-key';
import {
  deadPeerDetected,
  messageRefused,
  peerNotification,
  phaseOneCompleted,
  phaseOneProofWrong,
  phaseOneRefused,
  phaseOneTimedOut,
  phaseTwoRefused,
  unknownPeer,
} from '#protocol/isakmp/events';
import { initialContact } from '#protocol/isakmp/phase-one';
import { exchangeTypes } from '#wire/isakmp/numbers';
import { exchangeNotSupported, halfOpenLimit, saFailed } from './events.ts';
import { BareClient } from './testing/bare-client.ts';
import { type Faults, LossyLink } from './testing/lossy-link.ts';
import {
  clientPolicy,
  connectRequest,
  farSelectors,
  gatewayAddress,
  gatewayPolicy,
  isakmpPolicy,
  sitePeer,
  sitePolicy,
  siteRequest,
} from './testing/policies.ts';
import { assertPairsMatch, sameDatagram, World, type WorldOptions } from './testing/world.ts';

/** Main mode with a key found by the peer's address, then Quick Mode: stories message by message. */

const sites = (options: WorldOptions = {}): World =>
  new World({
    pat: false,
    gatewayPolicy: sitePolicy(),
    ...options,
    client: { protects: farSelectors, ...options.client },
  });

const begin = (world: World, ...changes: Parameters<typeof siteRequest>) =>
  world.connect(world.client, siteRequest(...changes));

const wrongKey = { ...sitePeer, preSharedKey: secretKey(toUtf8('guess')), group: gatewayAddress };

test('main mode, then a Quick Mode: six messages and three, and both ends have the same pair', () => {
  const world = sites();
  const { client, gateway } = world;
  begin(world);
  const names = () =>
    [...client.manager.summaries(), ...gateway.manager.summaries()].map((s) => s.state);
  assert.deepEqual(names(), ['MM_WAIT_MSG2']);
  // MM1: SA ->
  const mm1 = world.pass(client, 'mainMode');
  assert.deepEqual(names(), ['MM_WAIT_MSG2', 'MM_WAIT_MSG3']);
  assert.equal(gateway.manager.counts().halfOpen, 1);
  // MM2: <- SA
  const mm2 = world.pass(gateway, 'mainMode');
  assert.ok(mm2.bytes.length <= mm1.bytes.length, 'a stranger gets no more than it sent');
  assert.deepEqual(names(), ['MM_WAIT_MSG4', 'MM_WAIT_MSG3']);
  // MM3: KE, Ni, NAT-D, NAT-D ->    MM4: <- KE, Nr, NAT-D, NAT-D
  world.pass(client, 'mainMode');
  assert.deepEqual(names(), ['MM_WAIT_MSG4', 'MM_WAIT_MSG5']);
  world.pass(gateway, 'mainMode');
  assert.deepEqual(names(), ['MM_WAIT_MSG6', 'MM_WAIT_MSG5']);
  // MM5*: IDii, HASH_I ->    MM6*: <- IDir, HASH_R
  const mm5 = world.pass(client, 'mainMode');
  assert.equal(mm5.encapsulated, false);
  assert.equal(mm5.bytes[19], 1, 'encrypted');
  assert.deepEqual(names(), ['MM_WAIT_MSG6', 'MM_ACTIVE']);
  assert.equal(gateway.manager.counts().halfOpen, 0);
  world.pass(gateway, 'mainMode');
  assert.deepEqual(names(), ['MM_ACTIVE', 'MM_ACTIVE']);
  // QM1 ->    <- QM2    QM3 ->
  world.pass(client, 'quickMode');
  world.pass(gateway, 'quickMode');
  world.pass(client, 'quickMode');
  assertPairsMatch(gateway, client);
  assert.deepEqual([...client.inbound.values()][0]?.selectors, farSelectors[0]);
  assert.equal([...client.inbound.values()][0]?.encapsulation, 'none');
  for (const end of [client, gateway]) assert.equal(end.logged(phaseOneCompleted).length, 1);
});

test('NAT-02 NAT-11: behind a translator message 5 goes on to port 4500, and ESP travels in UDP', () => {
  const world = sites({ pat: true });
  const { client, gateway } = world;
  begin(world);
  for (const end of [client, gateway, client, gateway]) {
    const { encapsulated, local } = world.pass(end, 'mainMode');
    assert.deepEqual([encapsulated, local.port], [false, 500]);
  }
  for (const end of [client, gateway]) {
    const { encapsulated, local } = world.pass(end, 'mainMode');
    assert.deepEqual([encapsulated, local.port], [true, 4500]);
  }
  world.settle();
  assertPairsMatch(gateway, client);
  assert.equal([...client.inbound.values()][0]?.encapsulation, 'udp');
  const [seen] = gateway.manager.summaries();
  assert.deepEqual([seen?.natTraversal, seen?.remoteBehindNat], ['rfc3947', true]);
});

test('NAT-16: a tunnel whose own NAT traversal is off does without, though it is on for others', () => {
  const world = sites({ pat: true, gatewayPolicy: sitePolicy({ natTraversal: false }) });
  begin(world);
  world.settle();
  const [seen] = world.gateway.manager.summaries();
  assert.deepEqual([seen?.state, seen?.natTraversal], ['MM_ACTIVE', 'none']);
  assert.equal([...world.client.inbound.values()][0]?.encapsulation, 'none');
});

test('transport mode between the addresses of both ends, begun by the responder of phase 1', () => {
  const between = { local: hostPrefix(gatewayAddress), remote: hostPrefix(address('10.10.10.2')) };
  const ipsec = { ...sitePeer.ipsec, mode: 'transport', pfs: 'x25519' } as const;
  const world = sites({
    gatewayPolicy: sitePolicy({ ipsec, selectors: [between] }),
    client: { protects: [] },
  });
  const { client, gateway } = world;
  const mirrored = { local: between.remote, remote: between.local };
  begin(world, { peer: { ...sitePeer, ipsec, selectors: [mirrored] } });
  world.settle();
  assert.equal(client.inbound.size, 0);
  const sa = gateway.onlySa();
  gateway.take(gateway.manager.createChild(sa, between, world.now), world.now);
  world.settle();
  assertPairsMatch(gateway, client);
  const [pair] = client.inbound.values();
  assert.deepEqual([pair?.mode, pair?.selectors], ['transport', mirrored]);
});

/** What an observer sees of the gateway during a failed negotiation: lengths, kinds and moments. */
function observed(options: WorldOptions, request: Parameters<typeof siteRequest>[0] = {}) {
  const world = sites(options);
  const { client, gateway } = world;
  begin(world, request);
  const seen: string[] = [];
  const exchange = () => {
    for (const sent of client.sent.splice(0)) world.deliver(client, sent);
    for (const sent of gateway.sent.splice(0)) {
      seen.push(`${world.now} ${sent.bytes[18]} ${sent.bytes[16]} ${sent.bytes.length}`);
      world.deliver(gateway, sent);
    }
  };
  for (let i = 0; i < 10; i += 1) exchange();
  for (let i = 0; i < 60; i += 1) {
    world.passTime(1000, true);
    exchange();
  }
  assert.deepEqual([...gateway.manager.summaries(), ...client.manager.summaries()], []);
  return { seen, gateway, client };
}

test('an unknown address and a wrong key look alike on the wire, in content and in time', () => {
  const nobody = { gatewayPolicy: sitePolicy({}, { peerAt: () => undefined }) };
  const wrong = observed(
    { gatewayPolicy: sitePolicy({ natTraversal: false }) },
    { peer: wrongKey },
  );
  const unknown = observed(nobody, { peer: wrongKey });
  assert.deepEqual(unknown.seen, wrong.seen);
  assert.equal(wrong.seen.length, 2, 'messages 2 and 4');
  // The log tells them apart, once, for those who run the head-end.
  const reasons = (end: typeof wrong) =>
    end.gateway.logged(phaseOneProofWrong).map((e) => e.args.reason);
  assert.deepEqual(reasons(wrong), ['wrong pre-shared key of tunnel group 10.10.10.2']);
  assert.deepEqual(reasons(unknown), ['no tunnel group for 10.10.10.2']);
  assert.deepEqual(unknown.gateway.logged(unknownPeer)[0]?.args, { address: '10.10.10.2' });
  assert.equal(wrong.gateway.logged(unknownPeer).length, 0);
  assert.deepEqual(wrong.client.logged(phaseOneTimedOut)[0]?.args, { state: 'MM_WAIT_MSG6' });
  assert.match(
    `${wrong.client.logged(phaseOneProofWrong)[0]?.args.reason}`,
    /no answer to message 5, .* pre-shared key of tunnel group 172\.16\.172\.50/,
  );
  assert.deepEqual(
    wrong.client.noticed('closed').map((n) => n.reason),
    ['negotiation timeout'],
  );
});

test('main mode is not answered where nobody is expected in it', () => {
  const world = sites({ gatewayPolicy: gatewayPolicy() });
  begin(world);
  world.settle();
  assert.deepEqual([...world.gateway.manager.summaries()], []);
  assert.deepEqual(world.gateway.logged(exchangeNotSupported)[0]?.args, { exchangeType: 2 });
});

test('where aggressive mode is refused, main mode goes on', () => {
  const world = sites({ gatewayPolicy: sitePolicy({}, { aggressiveModeDisabled: true }) });
  world.connect();
  world.settle();
  assert.match(
    `${world.gateway.logged(phaseOneRefused)[0]?.args.reason}`,
    /no policy is in force: .* or allow aggressive mode/,
  );
  assert.equal([...world.gateway.manager.summaries()].length, 0);
  world.connect(world.addClient('10.10.10.2', 'the site'), siteRequest());
  world.settle();
  assert.equal(world.gateway.inbound.size, 1);
});

test('a repeated message gets the identical answer, and the responder repeats nothing by itself', () => {
  const world = sites();
  const { client, gateway } = world;
  begin(world);
  for (let exchange = 0; exchange < 3; exchange += 1) {
    const question = world.next(client);
    world.deliver(client, question);
    const answer = world.next(gateway);
    world.deliver(client, question);
    assert.ok(sameDatagram(world.next(gateway), answer), `exchange ${exchange}`);
    world.deliver(gateway, answer);
    // An initiator has gone on, and takes a second answer for noise.
    const sent = client.sent.length;
    world.deliver(gateway, answer);
    assert.equal(client.sent.length, sent);
  }
  world.settle();
  assertPairsMatch(gateway, client);
  const silent = sites();
  begin(silent);
  silent.pass(silent.client, 'mainMode');
  silent.gateway.sent.length = 0;
  silent.gateway.tick(silent.now);
  for (let s = 0; s < 31; s += 1) {
    silent.passTime(1000, true);
    assert.deepEqual(silent.gateway.sent, []);
  }
  assert.equal(silent.gateway.manager.counts().halfOpen, 0, 'forgotten after 30 s');
});

test('each message may be lost: the initiator asks again until it hears something', () => {
  for (let lost = 0; lost < 6; lost += 1) {
    const world = sites();
    const { client, gateway } = world;
    begin(world);
    for (let i = 0; i < lost; i += 1) world.pass(i % 2 === 0 ? client : gateway, 'mainMode');
    world.next(lost % 2 === 0 ? client : gateway);
    world.passTime(3000);
    assertPairsMatch(gateway, client);
    assert.equal([...gateway.manager.summaries()].length, 1, `message ${lost + 1} was lost`);
  }
});

test('a peer that calls itself by the address of another one is refused, behind a NAT it is not', () => {
  const identity = { kind: 'address', address: address('10.99.99.99') } as const;
  const world = sites();
  begin(world, { identity });
  world.settle();
  assert.deepEqual(world.gateway.logged(phaseOneProofWrong)[0]?.args, {
    reason: 'the peer calls itself 10.99.99.99',
  });
  assert.equal(world.gateway.noticed('phaseOneCompleted').length, 0);
  for (const [pat, named] of [
    [true, identity],
    [false, { kind: 'fqdn', name: 'site.example' }],
  ] as const) {
    const other = sites({ pat });
    begin(other, { identity: named });
    other.settle();
    assertPairsMatch(other.gateway, other.client);
  }
});

test('an initiator refuses a responder that calls itself by another address', () => {
  const world = sites();
  const { client, gateway } = world;
  begin(world);
  for (const end of [client, gateway, client, gateway]) world.pass(end, 'mainMode');
  // The responder hears message 5 at another address of its own, and calls itself by that.
  const mm5 = world.next(client);
  const elsewhere = { ...mm5.remote, address: address('172.16.172.99') };
  gateway.receive({ ...mm5, local: elsewhere, remote: mm5.local }, world.now);
  world.pass(gateway, 'mainMode');
  assert.deepEqual(client.logged(phaseOneProofWrong)[0]?.args, {
    reason: 'the peer calls itself 172.16.172.99',
  });
  assert.deepEqual(
    client.noticed('closed').map((n) => n.reason),
    ['authentication failed'],
  );
});

test('networks that no access list permits are refused, and the reason names the line to add', () => {
  const [pair] = farSelectors;
  assert.ok(pair);
  const wider = { ...pair, local: hostPrefix(address('192.168.10.1')) };
  const world = sites({ client: { protects: [wider, pair] } });
  begin(world);
  world.settle();
  assertPairsMatch(world.gateway, world.client);
  assert.equal(world.gateway.inbound.size, 1);
  assert.deepEqual(world.gateway.logged(phaseTwoRefused)[0]?.args, {
    reason:
      'no access list of a crypto map permits 192.168.2.0/24 to 192.168.10.1/32 for this peer: add `permit ip` from the one to the other',
  });
  assert.equal(world.client.logged(peerNotification).length, 1);
});

test('a proposal that no policy meets is refused with the shortest change that would help', () => {
  const strong = { ...isakmpPolicy, encryption: 'aes-cbc-256' } as const;
  const world = sites({ clientPolicy: clientPolicy({ isakmp: [strong] }) });
  begin(world);
  world.settle();
  const reason = world.gateway.logged(phaseOneRefused)[0]?.args.reason;
  assert.match(
    `${reason}`,
    /peer offers AES256\/SHA1\/group 31; policy 10 wants .*: add `encryption aes-256`/,
  );
  assert.deepEqual([...world.gateway.manager.summaries()], []);
  assert.equal(world.client.logged(peerNotification).length, 1);
});

test('phase 1 is negotiated anew by its initiator: the pair goes on under the new SA', () => {
  const world = sites();
  const { client, gateway } = world;
  const first = begin(world);
  world.settle();
  const pairs = [...client.inbound.keys()];
  const anew = client.manager.rekey(first, world.now);
  assert.ok(anew);
  client.take(anew.effects, world.now);
  world.settle();
  assert.deepEqual(
    client.noticed('rekeyed').map((n) => [n.sa, n.replaces]),
    [[anew.sa, first]],
  );
  assert.equal(gateway.noticed('rekeyed').length, 1);
  assert.equal([...gateway.manager.summaries()].length, 1);
  assert.ok(pairs.every((spi) => client.inbound.has(spi)));
  assertPairsMatch(gateway, client);
});

test('a peer negotiates phase 1 anew that the other end began: its pair goes on', () => {
  const world = sites();
  const { client, gateway } = world;
  const first = begin(world);
  world.settle();
  const pairs = [...client.inbound.keys()];
  world.client.policy = clientPolicy({
    peerAt: () => ({ ...sitePeer, group: gatewayAddress, selectors: farSelectors }),
  });
  const at = (port: number) => ({ address: address('10.10.10.2'), port });
  const request = {
    ...connectRequest(gatewayAddress),
    ...siteRequest(),
    remote: at(500),
    remoteEncapsulated: at(4500),
    identity: { kind: 'address', address: gatewayAddress } as const,
    peer: sitePeer,
    initialContact: false,
  };
  gateway.take(gateway.manager.connect(request, world.now).effects, world.now);
  world.settle();
  assert.deepEqual(
    client.noticed('rekeyed').map((n) => n.replaces),
    [first],
  );
  assert.deepEqual([...client.inbound.keys()], pairs);
  assert.equal([...client.manager.summaries()].length, 1);
  assert.equal([...client.manager.summaries()][0]?.children.length, 1);
});

test('a peer that starts afresh says so, and what either end began before goes', () => {
  const world = sites();
  const { gateway } = world;
  begin(world);
  world.settle();
  // A pair of each role: the other end has begun one of them.
  const back = { ...connectRequest(gatewayAddress), ...siteRequest() };
  const at = (port: number) => ({ address: address('10.10.10.2'), port });
  world.client.policy = clientPolicy({ peerAt: () => ({ ...sitePeer, selectors: farSelectors }) });
  const toClient = gateway.manager.connect(
    {
      ...back,
      remote: at(500),
      remoteEncapsulated: at(4500),
      identity: { kind: 'address', address: gatewayAddress },
      peer: sitePeer,
      initialContact: false,
    },
    world.now,
  );
  gateway.take(toClient.effects, world.now);
  world.settle();
  gateway.take(
    gateway.manager.createChild(toClient.sa, (sitePeer.selectors ?? [])[0] as never, world.now),
    world.now,
  );
  world.settle();
  const before = [...gateway.inbound.keys()];
  assert.equal(before.length, 2);
  world.now = after(world.now, 1000);
  const restarted = world.addClient('10.10.10.2', 'the same site');
  world.connect(restarted, siteRequest());
  world.settle();
  assert.equal([...gateway.manager.summaries()].length, 1);
  assert.ok(before.every((spi) => !gateway.inbound.has(spi)));
  assertPairsMatch(gateway, restarted);
});

/**
 * A site has a pair; it starts again, negotiates phase 1 from the same address without a word of that,
 * and begins a pair anew. Racoon says INITIAL-CONTACT only afterwards, in a message of its own.
 */
function quietlyRestarted() {
  const { gateway, now } = sites({ pat: true });
  const [selectors] = farSelectors;
  assert.ok(selectors);
  const start = (seed: number) => {
    const request = siteRequest({ initialContact: false });
    const peer = new BareClient(gateway, now, { seed, request });
    const talk = () => {
      for (let i = 0; i < 4; i += 1) {
        peer.flush(now);
        peer.receive(now);
      }
    };
    talk();
    peer.input({ kind: 'createChild', selectors }, now);
    talk();
    return peer;
  };
  start(1);
  const dead = [...gateway.inbound.keys()];
  assert.equal(dead.length, 1);
  const peer = start(2);
  assert.equal(gateway.noticed('rekeyed').length, 1);
  assert.equal(gateway.inbound.size, 2);
  const saysIt = (at: Instant, messageId: number) =>
    peer.send(peer.craft('informational', [initialContact(peer.state.cookies)], messageId), at);
  return { gateway, now, peer, dead: dead[0] as number, saysIt };
}

test('a peer that says later that it starts afresh does not have what was taken over', () => {
  const { gateway, now, dead, saysIt } = quietlyRestarted();
  saysIt(now, 1);
  assert.deepEqual(
    gateway.noticed('childDeleted').map((n) => n.inboundSpi),
    [dead],
  );
  assert.deepEqual([gateway.inbound.size, gateway.outbound.size], [1, 1]);
  // Its new pair stays, however often it says so.
  saysIt(now, 2);
  assert.equal(gateway.noticed('childDeleted').length, 1);
  assert.equal(gateway.noticed('closed').length, 1, 'the older SA');
});

test('a site that took over from an older SA and deletes its SA at once is believed', () => {
  const { gateway, now, peer } = quietlyRestarted();
  peer.input({ kind: 'close', reason: 'administrator' }, now);
  peer.flush(now);
  assert.deepEqual([...gateway.manager.summaries()], []);
  assert.deepEqual([gateway.inbound.size, gateway.outbound.size], [0, 0]);
});

test('what a peer says of its beginning after 10 s is not about what was taken over', () => {
  const { gateway, now, saysIt } = quietlyRestarted();
  saysIt(after(now, 10_000), 1);
  assert.equal(gateway.noticed('initialContact').length, 1);
  assert.equal(gateway.inbound.size, 2);
});

test('a peer that went away without a word is found out', () => {
  const world = sites();
  begin(world);
  world.settle();
  world.passTime(100_000, true);
  assert.equal(world.gateway.logged(deadPeerDetected).length, 1);
  assert.deepEqual([...world.gateway.manager.summaries()], []);
  assert.equal(world.gateway.inbound.size, 0);
});

test('negotiations of main mode count towards the limits of strangers', () => {
  const limits = { halfOpen: 100, halfOpenPerAddress: 3, isakmpSas: 1000 };
  const world = sites({ gatewayPolicy: sitePolicy({}, { limits }) });
  const { client, gateway } = world;
  for (let i = 0; i < 5; i += 1) {
    begin(world);
    world.deliver(client, world.next(client));
  }
  assert.equal(gateway.manager.counts().halfOpen, 3);
  assert.deepEqual(gateway.logged(halfOpenLimit)[0]?.args, { scope: 'per address', limit: 3 });
});

test('damaged messages of any kind change nothing, and the exchange goes on', () => {
  const random = new Prng(5);
  for (let round = 0; round < 60; round += 1) {
    const world = sites();
    const { client, gateway } = world;
    begin(world);
    for (let i = 0; i < 9; i += 1) {
      const end = [client, gateway].find((e) => e.sent.length > 0);
      if (!end) break;
      const sent = world.next(end);
      // What is in clear nobody can tell from the truth, so that only what is not readable is tried there.
      const inClear = sent.bytes[19] === 0;
      const bytes = inClear
        ? sent.bytes.slice(0, random.between(0, sent.bytes.length - 1))
        : sent.bytes.slice();
      // HASH_I covers the identity and nothing behind it; RFC 2409 section 5.
      const most = sent.bytes[18] === exchangeTypes.mainMode ? 28 + 31 : bytes.length - 1;
      const at = random.between(28, most);
      if (!inClear) bytes[at] = (bytes[at] as number) ^ (1 << random.between(0, 7));
      world.deliver(end, { ...sent, bytes });
      world.deliver(end, sent);
    }
    world.settle();
    assertPairsMatch(gateway, client);
    assert.equal(gateway.logged(saFailed).length + client.logged(saFailed).length, 0);
    assert.ok(gateway.logged(messageRefused).length > 0);
    assert.equal(gateway.logged(phaseOneProofWrong).length, 1);
  }
});

/** Two sites keep a tunnel over a link that does its worst; pairs live for two minutes, phase 1 for five. */
function story(seed: number, faults: Faults): void {
  const ipsec = { ...sitePeer.ipsec, lifetimeSeconds: 120 };
  const quiet = { wants: (_: string, severity: number) => severity <= 1 };
  const world = sites({
    gatewayPolicy: sitePolicy({ ipsec }),
    gateway: { seed: 3 * seed + 1, ...quiet },
    client: quiet,
  });
  const { client, gateway } = world;
  const link = new LossyLink(world, new Prng(seed), [gateway, client], faults);
  let sa = begin(world, { peer: { ...sitePeer, ipsec, selectors: farSelectors } });
  link.run(60_000);
  assertPairsMatch(gateway, client);
  for (let i = 0; i < 3; i += 1) {
    const anew = client.manager.rekey(sa, world.now);
    assert.ok(anew, 'the SA is there');
    client.take(anew.effects, world.now);
    link.run(240_000);
    const rekeyed = client.noticed('rekeyed').at(-1);
    if (rekeyed?.sa === anew.sa) sa = anew.sa;
  }
  link.faults = { loss: 0, duplicate: 0, delayMs: 5 };
  link.run(150_000);
  assert.equal(gateway.logged(saFailed).length + client.logged(saFailed).length, 0);
  assertPairsMatch(gateway, client);
  client.take(client.manager.closeAll('administrator', world.now), world.now);
  link.run(1000);
  assert.deepEqual(gateway.manager.counts(), { halfOpen: 0, isakmpSas: 0, ipsecSas: 0 });
  assert.equal(gateway.manager.deadline(), undefined);
}

const seeds = Number(process.env.KEYING_SEEDS ?? 40);

test(`two sites over a lossy, duplicating, reordering link: ${seeds} seeds`, () => {
  for (let seed = 1; seed <= seeds; seed += 1)
    try {
      story(seed, { loss: 0.1, duplicate: 0.1, delayMs: 120 });
    } catch (error) {
      throw new Error(`seed ${seed}: ${error}`, { cause: error });
    }
});
