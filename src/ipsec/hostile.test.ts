import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { toUtf8 } from '#base/bytes';
import { after } from '#base/instant';
import { hostPrefix, prefixOf } from '#base/prefix';
import { Prng } from '#base/prng';
import { ESP_SUITES } from '#crypto/esp-suites';
import { secretKey } from '#crypto/secret-key';
import { INSTALLED_MOST } from '#protocol/isakmp/constants';
import {
  extendedAuthenticationRefused,
  messageRefused,
  peerNotification,
  phaseOneProofWrong,
  phaseOneRefused,
  phaseOneTimedOut,
  phaseTwoRefused,
  prematureRequest,
  tooMany,
  unknownGroup,
} from '#protocol/isakmp/events';
import { selectorIdentification } from '#protocol/isakmp/identity';
import { phaseTwoOffer } from '#protocol/isakmp/phase-two-proposals';
import { bothCookies } from '#protocol/isakmp/seal';
import { encodeMessage, type PayloadAt } from '#wire/isakmp/message';
import {
  configurationAttributes,
  configurationTypes,
  doi,
  exchangeTypes,
  protocolIds,
} from '#wire/isakmp/numbers';
import type { Payload } from '#wire/isakmp/payload';
import {
  exchangeNotSupported,
  firstMessagesWait,
  halfOpenLimit,
  keepaliveReceived,
  saFailed,
  saLimit,
  unknownSa,
  unknownSpi,
  unreadableDatagram,
  versionNotServed,
} from './events.ts';
import { BareClient } from './testing/bare-client.ts';
import { everything } from './testing/end.ts';
import { endpoint, gatewayPolicy, gatewayWithGroup, groupPolicy } from './testing/policies.ts';
import { World } from './testing/world.ts';

const wrongKey = { ...groupPolicy, preSharedKey: secretKey(toUtf8('guess')) };
const unknownIdentity = { kind: 'keyId', bytes: toUtf8('nobodyvpn') } as const;

/** What an observer sees of the gateway during a failed login: lengths, kinds and moments. */
function observed(request: ConstructorParameters<typeof BareClient>[2]) {
  const world = new World();
  const { gateway } = world;
  const client = new BareClient(gateway, world.now, request);
  client.flush(world.now);
  const seen: string[] = [];
  const look = () => {
    for (const { bytes, remote } of gateway.sent.splice(0))
      seen.push(`${world.now} ${bytes[18]} ${bytes[16]} ${bytes.length} ${remote.port}`);
  };
  look();
  // Any message 3: the key of the client is not the gateway's.
  const header = { initiatorCookie: client.state.cookies.initiator, messageId: 0, flags: 1 };
  const [summary] = gateway.manager.summaries();
  assert.ok(summary);
  const responderCookie = Uint8Array.from(Buffer.from(summary.responderCookie, 'hex'));
  const am3 = encodeMessage(
    { ...header, flags: 0, responderCookie, exchangeType: exchangeTypes.aggressive },
    [{ type: 'hash', data: new Uint8Array(20) }],
  );
  client.send(am3, world.now);
  look();
  world.passTime(60_000, true);
  look();
  assert.deepEqual([...gateway.manager.summaries()], []);
  return { seen, gateway };
}

test('an unknown group and a wrong group key look alike on the wire, in content and in time', () => {
  const wrong = observed({ request: { peer: wrongKey } });
  const unknown = observed({ request: { identity: unknownIdentity } });
  assert.deepEqual(unknown.seen, wrong.seen);
  assert.ok(wrong.seen.length > 1, 'message 2 is sent, and repeated');
  // The log tells them apart, for those who run the gateway.
  assert.deepEqual(unknown.gateway.logged(unknownGroup)[0]?.args, { identity: 'nobodyvpn' });
  assert.deepEqual(unknown.gateway.logged(phaseOneProofWrong)[0]?.args, {
    reason: 'no tunnel group "nobodyvpn"',
  });
  assert.deepEqual(wrong.gateway.logged(phaseOneProofWrong)[0]?.args, {
    reason: 'wrong pre-shared key of tunnel group ciscovpn',
  });
  assert.equal(wrong.gateway.logged(phaseOneTimedOut).length, 1);
});

test('a client with the wrong group key notices by message 2 and gives up in time', () => {
  const world = new World();
  world.connect(world.client, { peer: wrongKey });
  world.settle();
  assert.match(
    String(world.client.logged(phaseOneProofWrong)[0]?.args.reason),
    /does not know the key of group ciscovpn/,
  );
  world.passTime(60_000);
  assert.equal(world.client.logged(phaseOneProofWrong).length, 1, 'reported once');
  assert.deepEqual(
    world.client.noticed('closed').map((n) => n.reason),
    ['wrong group or group key'],
  );
  assert.equal(world.client.manager.deadline(), undefined);
  assert.equal(world.gateway.manager.deadline(), undefined);
  assert.deepEqual(world.gateway.notices, []);
});

test('a wrong message 3 does not end the negotiation of the honest client', () => {
  const world = new World();
  const client = new BareClient(world.gateway, world.now);
  client.flush(world.now);
  client.receive(world.now);
  const random = new Prng(4);
  for (let i = 0; i < 50; i += 1) {
    const forged = client.outbox[0]?.octets.slice() as Uint8Array;
    forged.set(random.bytes(forged.length - 28), 28);
    client.send(forged, world.now);
  }
  assert.equal(world.gateway.logged(phaseOneProofWrong).length, 1, 'reported once');
  client.flush(world.now);
  assert.equal(world.gateway.noticed('phaseOneCompleted').length, 1);
});

/** A client whose message 3 has other payloads than ours, and its gateway. */
function afterMessage3(change: (ours: readonly PayloadAt[]) => readonly Payload[]) {
  const world = new World();
  const client = new BareClient(world.gateway, world.now);
  client.flush(world.now);
  client.receive(world.now);
  client.outbox.length = 0;
  client.sendMessage3(change, world.now);
  return world.gateway;
}

test('the payloads of message 3 may come in any order, as libreswan has them', () => {
  const gateway = afterMessage3((ours) => [...ours].reverse());
  assert.equal(gateway.noticed('phaseOneCompleted').length, 1);
  assert.deepEqual(gateway.logged(phaseOneProofWrong), []);
});

test('what is wrong with a message 3 that opens is not blamed on the key', () => {
  const gateway = afterMessage3((ours) => [...ours, ...ours.filter(({ type }) => type === 'hash')]);
  assert.deepEqual(
    gateway.logged(phaseOneProofWrong).map(({ args }) => args.reason),
    ['aggressive mode message 3 has 2 payloads of type HASH'],
  );
  assert.equal(gateway.noticed('phaseOneCompleted').length, 0);
});

const request = (attributes: { type: number; value: number | Uint8Array }[]): Payload => ({
  type: 'attributes',
  attributesType: configurationTypes.request,
  identifier: 7,
  attributes,
});

const addressRequest = request([
  { type: configurationAttributes.internalIp4Address, value: new Uint8Array(0) },
]);

const quick1 = (): Payload[] => [
  phaseTwoOffer({
    suites: [ESP_SUITES['aes-cbc-128-hmac-sha1-96'].name],
    mode: 'tunnel',
    encapsulation: 'none',
    natTraversal: undefined,
    group: undefined,
    lifetimeSeconds: 3600,
    spi: 0x1001,
  }),
  { type: 'nonce', data: new Uint8Array(20).fill(1) },
];

/** A client that is logged in with 40.1.0.1 and has no pair yet. */
function loggedIn(world = new World()) {
  const client = new BareClient(world.gateway, world.now, {
    request: { configuration: [{ type: 1, value: new Uint8Array(0) }] },
  });
  client.login(world.now);
  world.gateway.sent.length = 0;
  return { world, gateway: world.gateway, client };
}

const own = hostPrefix(address('40.1.0.1'));

test('a client that asks for networks of two families is refused with the reason, and hurts nobody', () => {
  const { world, gateway, client } = loggedIn();
  const identities = [own, prefixOf(address('::'), 0)].map(selectorIdentification);
  client.send(client.craft('quickMode', [...quick1(), ...identities], 2), world.now);
  assert.deepEqual(
    gateway.logged(phaseTwoRefused).map((e) => e.args.reason),
    ['::/0 and 40.1.0.1/32 are of two families'],
  );
  assert.equal(gateway.inbound.size, 0);
  assert.equal(gateway.sent.length, 1, 'it is told');
  const permitted = [own, everything].map(selectorIdentification);
  client.send(client.craft('quickMode', [...quick1(), ...permitted], 3), world.now);
  assert.equal(gateway.inbound.size, 1);
});

test('a client that replaces its pair again and again has no more of them than are allowed', () => {
  const { world, gateway, client } = loggedIn();
  for (let i = 0; i < 200; i += 1) {
    client.input({ kind: 'createChild', selectors: { local: own, remote: everything } }, world.now);
    client.flush(world.now);
    client.receive(world.now);
    client.flush(world.now);
    gateway.sent.length = 0;
    // It keeps to no limit of its own.
    client.state = { ...client.established, children: [], retiring: [] };
  }
  assert.equal(gateway.inbound.size, INSTALLED_MOST);
  assert.match(String(gateway.logged(tooMany)[0]?.args.what), /with those they replaced/);
  // What was replaced goes in time, and then there is room again.
  world.passTime(31_000, true);
  assert.ok(gateway.inbound.size <= 2, `${gateway.inbound.size}`);
});

test('no Mode Config and no Quick Mode before XAUTH has succeeded', () => {
  const world = new World();
  const { gateway } = world;
  const client = new BareClient(gateway, world.now);
  client.phaseOne(world.now);
  gateway.sent.length = 0;
  client.send(client.craft('transaction', [addressRequest], 1), world.now);
  client.send(client.craft('quickMode', quick1(), 2), world.now);
  const push = { ...addressRequest, attributesType: configurationTypes.set } as Payload;
  client.send(client.craft('transaction', [push], 3), world.now);
  assert.deepEqual(gateway.sent, []);
  assert.deepEqual(gateway.noticed('configurationRequested'), []);
  assert.deepEqual(
    gateway.logged(prematureRequest).map((e) => e.args.request),
    ['Mode Config request', 'Quick Mode', 'Mode Config push'],
  );
});

test('a refused user gets nothing either, and is told and dropped', () => {
  const world = new World({ client: { credentials: { user: 'mallory', password: 'guess' } } });
  world.connect();
  world.settle();
  assert.deepEqual(
    world.client.noticed('credentialsJudged').map((n) => n.accepted),
    [false],
  );
  assert.deepEqual(
    world.gateway.noticed('closed').map((n) => n.reason),
    ['authentication failed'],
  );
  assert.deepEqual(world.gateway.logged(extendedAuthenticationRefused)[0]?.args, {
    user: 'mallory',
  });
  assert.deepEqual(world.gateway.noticed('configurationRequested'), []);
  assert.equal(world.gateway.inbound.size, 0);
  assert.equal(world.client.noticed('closed').length, 1);
});

const deletePayload = (cookies: Uint8Array): Payload => ({
  type: 'delete',
  doi: doi.ipsec,
  protocolId: protocolIds.isakmp,
  spiSize: 16,
  spis: [cookies],
});

test('a delete or notification that nobody authenticated changes nothing', () => {
  const world = new World();
  const { gateway } = world;
  const client = new BareClient(gateway, world.now);
  client.login(world.now);
  const before = [...gateway.manager.summaries()];
  const cookies = client.state.cookies;
  const forged = deletePayload(bothCookies(cookies));
  const clear = encodeMessage(
    {
      initiatorCookie: cookies.initiator,
      responderCookie: cookies.responder,
      exchangeType: exchangeTypes.informational,
      flags: 0,
      messageId: 9,
    },
    [forged],
  );
  client.send(clear, world.now);
  // Encrypted by somebody who guessed: every octet of a good message changed once.
  const good = client.craft('informational', [forged], 10);
  for (let i = 0; i < good.length; i += 1) {
    const bad = good.slice();
    bad[i] = (bad[i] as number) ^ 0x10;
    client.send(bad, world.now);
  }
  assert.deepEqual([...gateway.manager.summaries()], before);
  assert.ok(gateway.logged(messageRefused).length > good.length / 2);
  // The real one still works: the forgeries have not spoilt its vector.
  client.send(good, world.now);
  assert.deepEqual([...gateway.manager.summaries()], []);
});

test('a delete names the SA it is for; another one is left alone', () => {
  const world = new World();
  const client = new BareClient(world.gateway, world.now);
  client.login(world.now);
  client.send(client.craft('informational', [deletePayload(new Uint8Array(16))]), world.now);
  assert.equal([...world.gateway.manager.summaries()].length, 1);
});

test('a repeated message gets the same octets, and is not carried out twice', () => {
  const world = new World();
  const { gateway } = world;
  const client = new BareClient(gateway, world.now);
  client.flush(world.now);
  const [am2] = gateway.sent;
  assert.ok(am2);
  // The same message 1 begins no second negotiation.
  const again = new BareClient(gateway, world.now);
  again.flush(world.now);
  assert.equal([...gateway.manager.summaries()].length, 1);
  assert.deepEqual(gateway.sent[1], am2);
  client.login(world.now);
  const message = client.craft('transaction', [addressRequest]);
  client.send(message, world.now);
  const [reply] = gateway.sent;
  client.send(message, world.now);
  assert.equal(gateway.noticed('configurationRequested').length, 1);
  assert.deepEqual(gateway.sent, [reply, reply]);
});

test('another message 1 under the same cookie and endpoint is not taken for a repetition', () => {
  const world = new World();
  const client = new BareClient(world.gateway, world.now);
  const am1 = client.outbox[0]?.octets as Uint8Array;
  client.flush(world.now);
  world.gateway.sent.length = 0;
  const other = am1.slice();
  other[am1.length - 1] = (other[am1.length - 1] as number) ^ 1;
  client.send(other, world.now, false);
  assert.deepEqual(world.gateway.sent, []);
  assert.equal([...world.gateway.manager.summaries()].length, 1);
});

/** First messages from many strangers; the gateway asks for no key agreement beyond its limits. */
function flood(count: number, changes: Parameters<typeof gatewayPolicy>[0], perAddress: number) {
  const world = new World({ gatewayPolicy: gatewayPolicy(changes) });
  const { gateway } = world;
  gateway.holdsQuestions = true;
  for (let i = 0; i < count; i += 1) {
    const stranger = new BareClient(gateway, world.now, { seed: 1000 + i });
    const octets = stranger.outbox[0]?.octets as Uint8Array;
    const remote = endpoint(`192.0.2.${Math.floor(i / perAddress) + 1}`, 1000 + i);
    const local = { address: gateway.address, port: 500 };
    gateway.receive({ local, remote, bytes: octets, encapsulated: false }, world.now);
  }
  return { world, gateway };
}

test('a flood of first messages gives way to an honest client', () => {
  const limits = { halfOpen: 20, halfOpenPerAddress: 20, isakmpSas: 1000 };
  const { world, gateway } = flood(20, { limits }, 1);
  gateway.answerQuestions(world.now);
  const strangers = [...gateway.manager.summaries()].map((sa) => sa.id);
  assert.equal(strangers.length, 20);
  new BareClient(gateway, world.now).flush(world.now);
  const left = [...gateway.manager.summaries()].map((sa) => sa.id);
  // The stranger that waited for longest is forgotten, and nobody else.
  assert.deepEqual(left.slice(0, 19), strangers.slice(1));
  assert.equal(left.length, 20);
});

test('in a crowd of first messages those that are repeated get in, and invented ones cost nothing', () => {
  const limits = { halfOpen: 5000, halfOpenPerAddress: 5000, isakmpSas: 10_000 };
  const { world, gateway } = flood(1200, { limits }, 100);
  // As many key agreements wait as may before a first message has to be repeated.
  assert.equal(gateway.questions.length, 500);
  assert.equal(gateway.manager.counts().halfOpen, 500);
  const client = new BareClient(gateway, world.now);
  const bytes = client.outbox[0]?.octets as Uint8Array;
  const local = { address: gateway.address, port: 500 };
  const first = { kind: 'datagram', local, remote: endpoint('10.10.10.9', 500), bytes } as const;
  const report = { ...first, encapsulated: false };
  gateway.take(gateway.manager.report({ ...report, begins: 'first' }, world.now), world.now);
  assert.equal(gateway.manager.counts().halfOpen, 500);
  gateway.take(gateway.manager.report({ ...report, begins: 'again' }, world.now), world.now);
  assert.equal(gateway.manager.counts().halfOpen, 501);
  assert.deepEqual(
    gateway.logged(firstMessagesWait).map((e) => e.args),
    [{ halfOpen: 500, keyAgreements: 500 }],
  );
});

test('half-open negotiations are bounded in all and per address, which is an event', () => {
  const limits = { halfOpen: 20, halfOpenPerAddress: 5, isakmpSas: 1000 };
  const all = flood(60, { limits }, 3);
  assert.equal([...all.gateway.manager.summaries()].length, 20);
  assert.equal(all.gateway.questions.length, 20);
  assert.deepEqual(
    all.gateway.logged(halfOpenLimit).map((e) => e.args),
    [{ scope: 'in all', limit: 20 }],
  );
  const one = flood(60, { limits }, 60);
  assert.equal([...one.gateway.manager.summaries()].length, 5);
  assert.deepEqual(
    one.gateway.logged(halfOpenLimit).map((e) => e.args),
    [{ scope: 'per address', limit: 5 }],
  );
  // They time out and leave room.
  one.world.passTime(31_000, true);
  assert.equal(one.gateway.manager.counts().halfOpen, 0);
  new BareClient(one.gateway, one.world.now).flush(one.world.now);
  assert.equal(one.gateway.manager.counts().halfOpen, 1);
});

test('ISAKMP SAs are bounded, which is an event', () => {
  const limits = { halfOpen: 20, halfOpenPerAddress: 20, isakmpSas: 3 };
  const { gateway } = flood(5, { limits }, 5);
  assert.equal([...gateway.manager.summaries()].length, 3);
  assert.equal(gateway.logged(saLimit).length, 1);
});

test('who has the group key and never says who it is gives way to the next one, which is an event', () => {
  const limits = { halfOpen: 20, halfOpenPerAddress: 20, isakmpSas: 1000, unauthenticated: 3 };
  const world = new World({ gatewayPolicy: gatewayPolicy({ limits }) });
  const { gateway } = world;
  const user = new BareClient(gateway, world.now, { seed: 5 });
  user.login(world.now);
  for (let i = 0; i < 6; i += 1) {
    const client = new BareClient(gateway, world.now, { seed: 1000 + i });
    client.port = 3000 + 2 * i;
    client.phaseOne(world.now);
    gateway.sent.length = 0;
  }
  assert.deepEqual(
    gateway.noticed('closed').map((n) => n.reason),
    ['negotiation timeout', 'negotiation timeout', 'negotiation timeout'],
  );
  const left = [...gateway.manager.summaries()].map(({ remote }) => remote.port);
  assert.deepEqual(left, [user.port, 3006, 3008, 3010]);
  assert.deepEqual(gateway.logged(halfOpenLimit)[0]?.args, { scope: 'of users', limit: 3 });
});

test('a fault inside one SA ends that SA alone', () => {
  const world = new World();
  world.login();
  const other = world.addClient('10.10.10.3', 'vpnclient2');
  world.login(other);
  const { gateway } = world;
  const broken = [...gateway.inbound.keys()][0] as number;
  const get = gateway.packets.get.bind(gateway.packets);
  gateway.packets.get = (spi: number) => {
    if (spi === broken) throw new Error('counters are gone');
    return get(spi);
  };
  // Dead peer detection asks for the counters of a silent peer.
  world.passTime(61_000);
  const [failed] = gateway.logged(saFailed);
  assert.equal(failed?.definition.severity, 1);
  assert.deepEqual(failed?.args, { reason: 'counters are gone' });
  assert.deepEqual(
    gateway.noticed('closed').map((n) => n.reason),
    ['negotiation failed'],
  );
  assert.equal([...gateway.manager.summaries()].length, 1);
  assert.equal(gateway.inbound.size, 1);
  assert.equal(gateway.inbound.has(broken), false);
});

test('a pair that no packet path would take ends its SA, and nothing else', () => {
  const ipsec = { ...groupPolicy.ipsec, replayWindow: 1 };
  const ours = new World({ gatewayPolicy: gatewayWithGroup({ ipsec }) });
  const { world, gateway, client } = loggedIn(ours);
  const identities = [own, everything].map(selectorIdentification);
  client.send(client.craft('quickMode', [...quick1(), ...identities], 2), world.now);
  assert.deepEqual(
    gateway.logged(saFailed).map((e) => e.args),
    [{ reason: 'a replay window has as many packets as may be' }],
  );
  assert.deepEqual(
    gateway.noticed('closed').map((n) => n.reason),
    ['negotiation failed'],
  );
  assert.equal(gateway.inbound.size, 0);
});

test('a policy that fails hurts nobody but the message it was asked for', () => {
  const world = new World({
    gatewayPolicy: gatewayPolicy({
      peer: () => {
        throw new Error('no such table');
      },
    }),
  });
  new BareClient(world.gateway, world.now).flush(world.now);
  assert.deepEqual(world.gateway.logged(saFailed)[0]?.args, { reason: 'no such table' });
  assert.deepEqual([...world.gateway.manager.summaries()], []);
});

test('what belongs to nothing is dropped with a reason', () => {
  const world = new World();
  const { gateway } = world;
  const client = new BareClient(gateway, world.now);
  const am1 = client.outbox[0]?.octets as Uint8Array;
  client.send(am1.subarray(0, 27), world.now, false);
  assert.match(String(gateway.logged(unreadableDatagram)[0]?.args.reason), /truncated/);
  const ikeV2 = am1.slice();
  ikeV2[17] = 0x20;
  client.send(ikeV2, world.now, false);
  assert.deepEqual(gateway.logged(versionNotServed)[0]?.args, { version: 'version 2.0' });
  const mainMode = am1.slice();
  mainMode[18] = exchangeTypes.mainMode;
  client.send(mainMode, world.now, false);
  assert.deepEqual(gateway.logged(exchangeNotSupported)[0]?.args, { exchangeType: 2 });
  const stray = am1.slice();
  stray[8] = 1;
  client.send(stray, world.now, false);
  assert.deepEqual(gateway.logged(unknownSa)[0]?.args, { exchangeType: 4 });
  const from = endpoint('192.0.2.1', 4500);
  gateway.take(
    gateway.manager.report({ kind: 'unknownSpi', spi: 0xabc, remote: from }, world.now),
    world.now,
  );
  assert.deepEqual(gateway.logged(unknownSpi)[0]?.args, { spi: '00000abc' });
  const local = endpoint('172.16.172.50', 4500);
  gateway.take(
    gateway.manager.report({ kind: 'keepalive', local, remote: from }, world.now),
    world.now,
  );
  assert.equal(gateway.logged(keepaliveReceived).length, 1);
  assert.deepEqual(gateway.sent, []);
});

test('a first message of more octets than any client sends is dropped with the reason', () => {
  const { gateway, now } = new World();
  const client = new BareClient(gateway, now);
  const { initiator: initiatorCookie } = client.state.cookies;
  const header = { initiatorCookie, responderCookie: new Uint8Array(8), messageId: 0, flags: 0 };
  const message = (octets: number) =>
    encodeMessage({ ...header, exchangeType: exchangeTypes.aggressive }, [
      { type: 'vid', data: new Uint8Array(octets - 32) },
    ]);
  const tooLong = () =>
    gateway.logged(unreadableDatagram).filter((e) => /8192 are read/.test(String(e.args.reason)));
  client.send(message(8192), now, false);
  assert.equal(tooLong().length, 0);
  client.send(message(8193), now, false);
  assert.match(String(tooLong()[0]?.args.reason), /has 8193 octets/);
  assert.deepEqual([...gateway.manager.summaries()], []);
});

test('a refused proposal is answered, and the log says which lines would permit it', () => {
  const world = new World({
    gatewayPolicy: gatewayPolicy({
      isakmp: [
        {
          priority: 10,
          encryption: 'aes-cbc-256',
          hash: 'sha1',
          authentication: 'pre-share',
          group: 'modp2048',
          lifetimeSeconds: 86_400,
        },
      ],
    }),
    clientPolicy: gatewayPolicy({
      isakmp: [
        {
          priority: 1,
          encryption: 'aes-cbc-256',
          hash: 'sha1',
          authentication: 'pre-share',
          group: 'modp1024',
          lifetimeSeconds: 86_400,
        },
      ],
    }),
  });
  world.connect();
  world.pass(world.client, 'aggressive');
  assert.deepEqual(world.gateway.logged(phaseOneRefused)[0]?.args, {
    reason:
      'no acceptable phase-1 transform: peer offers AES256/SHA1/group 2; policy 10 wants ' +
      'AES256/SHA1/group 14: add `group 2` and `legacy-crypto permit dh-group 2`',
  });
  const refusal = world.pass(world.gateway, 'informational');
  assert.ok(refusal.bytes.length < 100, 'an answer to a stranger is smaller than the question');
  assert.equal([...world.gateway.manager.summaries()].length, 0);
  // The client goes on waiting, since anybody could have sent that, but its log has it.
  assert.equal(world.client.noticed('closed').length, 0);
  assert.deepEqual(world.client.logged(peerNotification)[0]?.args, {
    message: 'NO-PROPOSAL-CHOSEN (14)',
    trust: ' in a message that anybody could have sent',
  });
});

test('a group that demands XAUTH is not entered with the group key alone', () => {
  const world = new World();
  const client = new BareClient(world.gateway, world.now, {
    request: { peer: { ...groupPolicy, extendedAuthentication: false } },
  });
  client.phaseOne(world.now);
  assert.deepEqual(world.gateway.noticed('phaseOneCompleted'), []);
  assert.match(
    String(world.gateway.logged(phaseOneProofWrong)[0]?.args.reason),
    /without XAUTH, which tunnel group ciscovpn demands/,
  );
  // And the other way round.
  const plain = new World({ gatewayPolicy: gatewayWithGroup({ extendedAuthentication: false }) });
  new BareClient(plain.gateway, plain.now).phaseOne(plain.now);
  assert.match(
    String(plain.gateway.logged(phaseOneProofWrong)[0]?.args.reason),
    /demands XAUTH, which tunnel group ciscovpn does not do/,
  );
});

test('an answer that comes after its SA is gone is ignored', () => {
  const world = new World();
  const { gateway } = world;
  gateway.holdsQuestions = true;
  new BareClient(gateway, world.now).flush(world.now);
  const [question] = gateway.questions;
  assert.ok(question);
  world.passTime(31_000, true);
  assert.deepEqual(
    gateway.manager.answer(question.id, { kind: 'failed', reason: 'late' }, after(world.now, 1)),
    [],
  );
});
