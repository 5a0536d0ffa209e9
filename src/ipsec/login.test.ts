import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { toHex } from '#base/bytes';
import { hostPrefix } from '#base/prefix';
import { DH_GROUPS, type DhGroupName } from '#crypto/dh-groups';
import { ESP_SUITES, type EspSuiteName } from '#crypto/esp-suites';
import type { HashName } from '#crypto/hashes';
import type { IsakmpCipherName } from '#crypto/isakmp-ciphers';
import {
  extendedAuthenticationAccepted,
  keyAgreementFailed,
  natDetected,
  natTraversalNegotiated,
  phaseOneCompleted,
  phaseTwoRefused,
} from '#protocol/isakmp/events';
import { decodeMessage } from '#wire/isakmp/message';
import { idTypes } from '#wire/isakmp/numbers';
import { vendorId } from '#wire/isakmp/vendor-ids';
import { BareClient } from './testing/bare-client.ts';
import { everything } from './testing/end.ts';
import {
  clientPolicy,
  endpoint,
  gatewayAddress,
  gatewayPolicy,
  gatewayWithGroup,
  groupPolicy,
  isakmpPolicy,
  patAddress,
} from './testing/policies.ts';
import { assertPairsMatch, World } from './testing/world.ts';

test('NAT-10 NAT-11: a login through a PAT box, message by message', () => {
  const world = new World();
  const { gateway, client } = world;
  world.connect();
  // I->R: HDR, SA, KE, Ni, IDii, VID...
  const am1 = world.pass(client, 'aggressive');
  assert.deepEqual([am1.local.port, am1.remote.port, am1.encapsulated], [500, 500, false]);
  assert.equal([...gateway.manager.summaries()][0]?.state, 'AM_WAIT_MSG3');
  // R->I: HDR, SA, KE, Nr, IDir, HASH_R, VID..., NAT-D, NAT-D
  const am2 = world.pass(gateway, 'aggressive');
  assert.equal(am2.remote.address, patAddress);
  // I->R: HDR*, HASH_I, N(INITIAL-CONTACT), NAT-D, NAT-D, from and to port 4500
  const am3 = world.pass(client, 'aggressive');
  assert.deepEqual([am3.local.port, am3.remote.port, am3.encapsulated], [4500, 4500, true]);
  assert.equal(gateway.logged(phaseOneCompleted).length, 1);
  assert.deepEqual(gateway.logged(natDetected)[0]?.args, { remote: 'IS', local: 'is NOT' });
  assert.deepEqual(client.logged(natDetected)[0]?.args, { remote: 'is NOT', local: 'IS' });
  assert.equal([...gateway.manager.summaries()][0]?.state, 'AM_TM_INIT_XAUTH_V6H');
  // R->I: HDR*, HASH, ATTR(REQUEST: type, user name, password)
  world.pass(gateway, 'transaction');
  // I->R: HDR*, HASH, ATTR(REPLY)
  world.pass(client, 'transaction');
  assert.deepEqual(
    gateway.noticed('credentials').map((n) => n.user),
    ['vpnclient1'],
  );
  assert.deepEqual(gateway.logged(extendedAuthenticationAccepted)[0]?.args, {
    user: 'vpnclient1',
  });
  // R->I: HDR*, HASH, ATTR(SET: status ok)
  world.pass(gateway, 'transaction');
  assert.deepEqual(
    client.noticed('credentialsJudged').map((n) => n.accepted),
    [true],
  );
  // I->R: HDR*, HASH, ATTR(ACK), and at once HDR*, HASH, ATTR(REQUEST: address, version)
  world.pass(client, 'transaction');
  world.pass(client, 'transaction');
  // R->I: HDR*, HASH, ATTR(REPLY: address)
  world.pass(gateway, 'transaction');
  // I->R: HDR*, HASH(1), SA, Ni, IDci, IDcr
  world.pass(client, 'quickMode');
  assert.deepEqual(
    [gateway.inbound.size, gateway.outbound.size],
    [1, 0],
    'nothing is sent by the pair before message 3',
  );
  // R->I: HDR*, HASH(2), SA, Nr, IDci, IDcr
  world.pass(gateway, 'quickMode');
  // I->R: HDR*, HASH(3)
  const quick3 = world.pass(client, 'quickMode');
  assert.deepEqual([quick3.local.port, quick3.remote.port], [4500, 4500]);
  world.settle();
  assertPairsMatch(gateway, client);
  const [inbound] = gateway.inbound.values();
  assert.equal(inbound?.encapsulation, 'udp');
  assert.equal(inbound?.remote.address, patAddress);
  assert.deepEqual(inbound?.selectors.remote, hostPrefix(address('40.1.0.1')));
  const [summary] = gateway.manager.summaries();
  assert.equal(summary?.state, 'AM_ACTIVE');
  assert.equal(summary?.natTraversal, 'rfc3947');
  assert.deepEqual([summary?.group, summary?.user], ['ciscovpn', 'vpnclient1']);
  assert.deepEqual(summary?.local, endpoint(gatewayAddress, 4500));
});

/** The payloads of the gateway's message 2 to a client with this policy. */
function message2(world: World, client = new BareClient(world.gateway, world.now)) {
  client.flush(world.now);
  const [am2] = world.gateway.sent;
  assert.ok(am2);
  const message = decodeMessage(am2.bytes);
  assert.ok(message.ok);
  return message.value.payloads;
}

test('NAT-42 NAT-43 NAT-44: message 2 has the payloads and vendor IDs of the concentrator, in its order', () => {
  const world = new World();
  // The client of the seed offers draft 02 with the line feed.
  const client = new BareClient(world.gateway, world.now);
  const own = client.outbox[0]?.octets as Uint8Array;
  const rfc = vendorId('natTraversal');
  const draft = vendorId('natTraversalDraft02n');
  const hex = toHex(own)
    .replace(toHex(rfc), toHex(draft))
    .replace(toHex(vendorId('natTraversalDraft03')), toHex(draft));
  client.outbox.splice(0, 1, {
    octets: Uint8Array.from(Buffer.from(hex, 'hex')),
    encapsulated: false,
  });
  const payloads = message2(world, client);
  assert.deepEqual(
    payloads.map((p) => p.type),
    [
      ...['sa', 'ke', 'nonce', 'id', 'hash', 'vid', 'vid', 'vid', 'vid'],
      ...['nat-d', 'nat-d', 'vid', 'vid'],
    ],
  );
  assert.deepEqual(
    payloads.flatMap((p) => (p.type === 'vid' ? [toHex(p.data).toUpperCase()] : [])),
    [
      '12F5F28C457168A9702D9FE274CC0100',
      '09002689DFD6B712',
      'AFCAD71368A1F1C96B8696FC77570100',
      '90CB80913EBB696E086381B5EC427B1F',
      '4048B7D56EBCE88525E7DE7F00D6C2D3C0000000',
      '1F07F70EAA6514D3B0FA96542A500306',
    ],
  );
});

test('NAT-15 NAT-44: without NAT-T the vendor ID and both hashes are left out', () => {
  for (const options of [
    { gatewayPolicy: gatewayPolicy({ natTraversal: undefined }) },
    { clientPolicy: clientPolicy({ natTraversal: undefined }) },
  ]) {
    const world = new World(options);
    const client = new BareClient(world.gateway, world.now, {
      policy: options.clientPolicy ?? clientPolicy(),
    });
    const types = message2(world, client).map((p) => p.type);
    assert.equal(types.filter((t) => t === 'nat-d').length, 0);
    assert.equal(types.filter((t) => t === 'vid').length, 5);
  }
});

test('NAT-13 NAT-47: ESP is put into UDP only where a NAT is, whichever end is behind it', () => {
  const open = new World({ pat: false });
  open.login();
  assert.equal([...open.gateway.inbound.values()][0]?.encapsulation, 'none');
  assert.deepEqual(open.client.logged(natDetected)[0]?.args, {
    remote: 'is NOT',
    local: 'is NOT',
  });
  assert.equal(open.gateway.logged(natTraversalNegotiated).length, 0);

  const behind = new World();
  behind.login();
  assert.equal([...behind.gateway.inbound.values()][0]?.encapsulation, 'udp');
  // As the client of the seed prints it: the remote end is not, this end is behind a NAT.
  assert.deepEqual(behind.client.logged(natDetected)[0]?.args, { remote: 'is NOT', local: 'IS' });
});

test('NAT-11: a head-end behind a static NAT is found out by both ends', () => {
  for (const clientBehindPat of [false, true]) {
    const world = new World({ pat: clientBehindPat });
    const outside = address('198.51.100.1');
    // The gateway is reached under another address than its own.
    const deliver = world.deliver.bind(world);
    world.deliver = (from, sent) =>
      from === world.gateway
        ? deliver(from, { ...sent, local: { ...sent.local, address: outside } })
        : deliver(from, { ...sent, remote: { ...sent.remote, address: gatewayAddress } });
    world.connect(world.client, {
      remote: { address: outside, port: 500 },
      remoteEncapsulated: { address: outside, port: 4500 },
    });
    world.settle();
    const [gateway] = world.gateway.manager.summaries();
    const [client] = world.client.manager.summaries();
    assert.equal(gateway?.localBehindNat, true);
    assert.equal(client?.remoteBehindNat, true);
    assert.equal(gateway?.remoteBehindNat, clientBehindPat);
    assert.equal(client?.localBehindNat, clientBehindPat);
    assert.equal(gateway?.children[0]?.encapsulation, 'udp');
    assertPairsMatch(world.gateway, world.client);
  }
});

test('a client that insists gets UDP where no NAT is', () => {
  const world = new World({ pat: false });
  world.connect(world.client, { forceEncapsulation: true });
  world.settle();
  assert.equal([...world.gateway.inbound.values()][0]?.encapsulation, 'udp');
  assert.equal([...world.gateway.manager.summaries()][0]?.local.port, 4500);
});

test('the drafts of NAT-T are spoken with peers that know nothing newer', () => {
  for (const [name, label] of [
    ['natTraversalDraft03', 'draft-03'],
    ['natTraversalDraft02n', 'draft-02'],
    ['natTraversalDraft02', 'draft-02'],
  ] as const) {
    const world = new World();
    const { client } = world;
    world.connect();
    // Only this version is left of what the client offers.
    const sent = world.next(client);
    const kept = toHex(vendorId(name));
    let hex = toHex(sent.bytes);
    for (const other of [
      'natTraversal',
      'natTraversalDraft03',
      'natTraversalDraft02n',
      'natTraversalDraft02',
    ] as const)
      if (other !== name) hex = hex.replace(toHex(vendorId(other)), kept);
    const bytes = Uint8Array.from(Buffer.from(hex, 'hex'));
    world.deliver(client, { ...sent, bytes });
    world.settle();
    const [summary] = world.gateway.manager.summaries();
    assert.equal(summary?.natTraversal, label);
    assert.equal(summary?.children[0]?.encapsulation, 'udp');
    assertPairsMatch(world.gateway, client);
  }
});

test('every group, cipher and hash of phase 1 gets a client in', () => {
  const logIn = (change: Partial<typeof isakmpPolicy>) => {
    const isakmp = [{ ...isakmpPolicy, ...change }];
    const world = new World({
      gatewayPolicy: gatewayPolicy({ isakmp }),
      clientPolicy: clientPolicy({ isakmp }),
    });
    world.login();
    assertPairsMatch(world.gateway, world.client);
  };
  for (const group of Object.keys(DH_GROUPS)) logIn({ group: group as DhGroupName });
  const ciphers: readonly IsakmpCipherName[] = ['des', '3des', 'aes-cbc-192', 'aes-cbc-256'];
  for (const encryption of ciphers) logIn({ encryption });
  const hashes: readonly HashName[] = ['md5', 'sha2-256', 'sha2-384', 'sha2-512'];
  // Every length of hash against the longest key, which has to be expanded from some.
  for (const hash of hashes) logIn({ hash, encryption: 'aes-cbc-256' });
});

test('every suite of phase 2 that IKEv1 can name is negotiated', () => {
  for (const suite of Object.values(ESP_SUITES)) {
    if (suite.isakmpTransform === undefined) continue;
    const ipsec = { ...groupPolicy.ipsec, suites: [suite.name] };
    const world = new World({ gatewayPolicy: gatewayWithGroup({ ipsec }) });
    world.connect(world.client, { peer: { ...groupPolicy, ipsec } });
    world.settle();
    assertPairsMatch(world.gateway, world.client);
    assert.equal([...world.gateway.inbound.values()][0]?.suite, suite.name);
    const material = [...world.gateway.inbound.values()][0]?.keyMaterial;
    assert.equal(material?.length, suite.keyMaterialOctets);
  }
});

test('perfect forward secrecy with every group, and its refusals', () => {
  const logIn = (gatewayPfs: DhGroupName | undefined, clientPfs: DhGroupName | undefined) => {
    const world = new World({
      gatewayPolicy: gatewayWithGroup({ ipsec: { ...groupPolicy.ipsec, pfs: gatewayPfs } }),
    });
    world.connect(world.client, {
      peer: { ...groupPolicy, ipsec: { ...groupPolicy.ipsec, pfs: clientPfs } },
    });
    world.settle();
    return world;
  };
  for (const name of Object.keys(DH_GROUPS) as DhGroupName[]) {
    const world = logIn(name, name);
    assertPairsMatch(world.gateway, world.client);
    assert.equal([...world.gateway.manager.summaries()][0]?.children[0]?.pfs, name);
  }
  // A modern group may be asked for by the peer, an old one only where phase 1 permits it.
  assertPairsMatch(logIn(undefined, 'ecp256').gateway, logIn(undefined, 'ecp256').client);
  for (const [ours, theirs, reason] of [
    [undefined, 'modp1024', /group 2 is not permitted for PFS/],
    ['modp2048', 'modp1024', /group 2 is not permitted for PFS/],
    ['modp2048', undefined, /no group, but "set pfs group14" demands one: "no crypto dynamic-map/],
  ] as const) {
    const world = logIn(ours, theirs);
    assert.match(String(world.gateway.logged(phaseTwoRefused)[0]?.args.reason), reason);
    assert.equal(world.gateway.inbound.size, 0);
  }
});

test('a key agreement that fails ends the negotiation it belongs to', () => {
  const failed = { kind: 'failed', reason: 'no entropy' } as const;
  const world = new World();
  world.gateway.holdsQuestions = true;
  world.connect();
  world.settle();
  const [question] = world.gateway.questions;
  assert.ok(question);
  world.gateway.take(world.gateway.manager.answer(question.id, failed, world.now), world.now);
  assert.deepEqual(world.gateway.logged(keyAgreementFailed)[0]?.args, { reason: 'no entropy' });
  assert.deepEqual([...world.gateway.manager.summaries()], []);

  const initiator = new World();
  initiator.client.holdsQuestions = true;
  initiator.connect();
  const [asked] = initiator.client.questions;
  assert.ok(asked);
  initiator.client.take(
    initiator.client.manager.answer(asked.id, failed, initiator.now),
    initiator.now,
  );
  assert.deepEqual(
    initiator.client.noticed('closed').map((n) => n.reason),
    ['negotiation failed'],
  );
});

test('NAT-51 NAT-53: several pairs in one SA, from the client to the head-end and to everything', () => {
  const world = new World({ client: { tunnelEverything: false } });
  const { gateway, client } = world;
  world.connect();
  world.settle();
  const sa = client.onlySa();
  const local = hostPrefix(address('40.1.0.1'));
  for (const remote of [hostPrefix(gatewayAddress), everything])
    client.take(client.manager.createChild(sa, { local, remote }, world.now), world.now);
  world.settle();
  assert.deepEqual(
    [...gateway.inbound.values()].map((s) => s.selectors),
    [hostPrefix(gatewayAddress), everything].map((l) => ({ local: l, remote: local })),
  );
  assertPairsMatch(gateway, client);
  // NAT-53: what one end receives under, the other sends under.
  const pairs = gateway.noticed('childCreated').map((n) => n.child);
  assert.deepEqual(
    client.noticed('childCreated').map((n) => [n.child.outboundSpi, n.child.inboundSpi]),
    pairs.map((c) => [c.inboundSpi, c.outboundSpi]),
  );
  assert.equal([...gateway.manager.summaries()][0]?.children.length, 2);
});

test('a client gets no network but the address it was assigned', () => {
  const world = new World({ client: { tunnelEverything: false } });
  const { gateway, client } = world;
  world.connect();
  world.settle();
  const sa = client.onlySa();
  const local = hostPrefix(address('40.1.0.2'));
  client.take(client.manager.createChild(sa, { local, remote: everything }, world.now), world.now);
  world.settle();
  assert.match(
    String(gateway.logged(phaseTwoRefused)[0]?.args.reason),
    /40\.1\.0\.2\/32 was not assigned to this peer/,
  );
  assert.equal(gateway.inbound.size, 0);
});

test('a refused suite is answered, and the log says which transform set would permit it', () => {
  const suites: readonly EspSuiteName[] = ['3des-cbc-hmac-sha1-96'];
  const world = new World({
    gatewayPolicy: gatewayWithGroup({
      ipsec: { ...groupPolicy.ipsec, suites: ['aes-gcm-16-256'] },
    }),
  });
  world.connect(world.client, {
    peer: { ...groupPolicy, ipsec: { ...groupPolicy.ipsec, suites } },
  });
  world.settle();
  assert.deepEqual(world.gateway.logged(phaseTwoRefused)[0]?.args, {
    reason:
      'no acceptable phase-2 transform: peer offers 3DES-168/SHA1; the transform sets allow ' +
      'AES-GCM-256/none: add a transform set `esp-3des esp-sha-hmac` and ' +
      '`legacy-crypto permit encryption 3des` and `legacy-crypto permit hash sha`',
  });
});

test('NAT-48: two clients behind one address are two SAs, each with its own pair', () => {
  const world = new World();
  const { gateway } = world;
  world.login();
  const second = world.addClient('10.10.10.3', 'vpnclient2');
  world.login(second);
  const summaries = [...gateway.manager.summaries()];
  assert.deepEqual(
    summaries.map((s) => [s.user, s.remote.address, s.children.length]),
    [
      ['vpnclient1', patAddress, 1],
      ['vpnclient2', patAddress, 1],
    ],
  );
  assert.notEqual(summaries[0]?.remote.port, summaries[1]?.remote.port);
  assertPairsMatch(gateway, world.client);
  assertPairsMatch(gateway, second);
  // One leaves, the other stays.
  second.take(second.manager.closeAll('administrator', world.now), world.now);
  world.settle();
  assert.deepEqual(
    [...gateway.manager.summaries()].map((s) => s.user),
    ['vpnclient1'],
  );
  assertPairsMatch(gateway, world.client);
});

test('a group without XAUTH goes on to Mode Config, and hears from the gateway at once', () => {
  const group = { extendedAuthentication: false };
  const world = new World({ gatewayPolicy: gatewayWithGroup(group) });
  world.connect(world.client, { peer: { ...groupPolicy, ...group } });
  for (let i = 0; i < 3; i += 1) world.pass(i === 1 ? world.gateway : world.client, 'aggressive');
  // vpnc takes silence here for failure.
  world.pass(world.gateway, 'informational');
  world.settle();
  assertPairsMatch(world.gateway, world.client);
  assert.equal(world.gateway.noticed('credentials').length, 0);
});

test('a gateway names itself by its address', () => {
  const id = message2(new World()).find((p) => p.type === 'id');
  assert.ok(id?.type === 'id');
  assert.deepEqual([id.idType, id.protocol, id.port], [idTypes.ipv4Addr, 17, 500]);
  assert.deepEqual([...id.data], [172, 16, 172, 50]);
});
