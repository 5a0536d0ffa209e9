import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, type Endpoint } from '#base/address';
import { concat, fromHex, toHex, toUtf8 } from '#base/bytes';
import { instant } from '#base/instant';
import { hostPrefix } from '#base/prefix';
import { agree } from '#crypto/dh';
import { encryptCbc } from '#crypto/isakmp-ciphers';
import { exchangeIv } from '#crypto/keymat';
import { secretKey } from '#crypto/secret-key';
import { open } from '#protocol/isakmp/open';
import { firstIv, type Secured, seal } from '#protocol/isakmp/seal';
import { decodeHeader } from '#wire/isakmp/header';
import { configurationTypes, exchangeTypes, xauthAttributes } from '#wire/isakmp/numbers';
import vectors from '../../vectors/isakmp-redirect-run.json' with { type: 'json' };
import type { ConfigurationAttribute, KeyingEffect, KeyingPolicy, SaId } from './keying.ts';
import { KeyingManager } from './keying-manager.ts';
import { groupPolicy } from './testing/policies.ts';

/**
 * The login of a real vpnc, captured with every secret of the gateway. Given the same secrets, our
 * responder must accept each of its messages, and answer with the same octets wherever the captured
 * gateway had the same to say.
 */

type Gateway = (typeof vectors.gateways)[number];

const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array;
const now = instant(5_000_000);
/** After the ISAKMP header, the SA payload's fields and the length of its proposal. */
const PROPOSAL_NUMBER_OFFSET = 28 + 12 + 4;

const wireOf = (gateway: Gateway, name: string): Uint8Array =>
  hex(gateway.messages.find((m) => m.name === name)?.wire as string);
const plaintextOf = (gateway: Gateway, name: string): Uint8Array =>
  hex(gateway.messages.find((m) => m.name === name)?.plaintext as string);

const endpointOf = (text: string): Endpoint => {
  const [host, port] = text.split(':');
  return { address: address(host as string), port: Number(port) };
};

/** The lifetimes that vpnc proposes are taken, as the captured gateway took them. */
const policy: KeyingPolicy = {
  isakmp: [
    {
      priority: 10,
      encryption: 'aes-cbc-256',
      hash: 'sha1',
      authentication: 'pre-share',
      group: 'modp1024',
      lifetimeSeconds: 3_000_000,
    },
  ],
  natTraversal: { keepaliveSeconds: 9 },
  peer: (identity) =>
    identity.kind === 'keyId' && toHex(identity.bytes) === toHex(toUtf8(vectors.group))
      ? {
          ...groupPolicy,
          group: vectors.group,
          preSharedKey: secretKey(toUtf8('group-secret')),
          ipsec: {
            ...groupPolicy.ipsec,
            suites: ['aes-cbc-256-hmac-sha1-96'],
            lifetimeSeconds: 3_000_000,
          },
        }
      : undefined,
  limits: { halfOpen: 10, halfOpenPerAddress: 10, isakmpSas: 10 },
  extendedAuthenticationTimeoutMs: 90_000,
};

/** The gateway of the capture: random octets are those it drew, and its private value is known. */
class Replay {
  readonly manager: KeyingManager;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly #gateway: Gateway;
  /** Octets to be drawn next; anything after them is zeros and ones. */
  drawn: Uint8Array[];
  #filler = 0;

  constructor(gateway: Gateway, drawn: readonly Uint8Array[]) {
    this.#gateway = gateway;
    this.drawn = [new Uint8Array(32), ...drawn];
    this.local = { address: address(gateway.address), port: 500 };
    this.remote = endpointOf(gateway.client);
    this.manager = new KeyingManager({
      policy: () => policy,
      inboundPackets: () => 0,
      wants: () => true,
      random: { bytes: (count) => this.#draw(count) },
    });
  }

  #draw(count: number): Uint8Array {
    const next = this.drawn.shift();
    if (next) {
      assert.equal(next.length, count, 'the order in which randomness is drawn has changed');
      return next;
    }
    this.#filler += 1;
    return new Uint8Array(count).fill(this.#filler);
  }

  /** The client's octets arrive; questions are answered with the captured private value. */
  receive(octets: Uint8Array): readonly KeyingEffect[] {
    return this.carryOut(this.manager.datagram(this.local, this.remote, octets, false, now));
  }

  carryOut(effects: readonly KeyingEffect[]): readonly KeyingEffect[] {
    return effects.flatMap((effect) => {
      if (effect.kind !== 'ask' || effect.question.kind !== 'dhAgree') return [effect];
      const { responderPrivate } = this.#gateway.phaseOne;
      const { group, peerPublic } = effect.question;
      const agreed = agree(group, hex(responderPrivate), peerPublic);
      assert.ok(agreed.ok);
      const answer = { kind: 'dhAgree', ...agreed.value } as const;
      return [effect, ...this.carryOut(this.manager.answer(effect.id, answer, now))];
    });
  }
}

const sentIn = (effects: readonly KeyingEffect[]): Uint8Array[] =>
  effects.flatMap((e) => (e.kind === 'send' ? [e.bytes] : []));
const noticesIn = (effects: readonly KeyingEffect[]) =>
  effects.flatMap((e) => (e.kind === 'notice' ? [e.notice] : []));

/** Message 1 and 2 of aggressive mode, and message 3 of the capture accepted. */
function phaseOne(gateway: Gateway): Replay {
  const v = gateway.phaseOne;
  const replay = new Replay(gateway, [hex(v.responderCookie), hex(v.responderNonce)]);
  const [am2] = sentIn(replay.receive(wireOf(gateway, 'AM1')));
  assert.ok(am2);
  const expected = wireOf(gateway, 'AM2');
  // We return the proposal under its own number, zero, which the captured gateway changed to one,
  assert.equal(expected[PROPOSAL_NUMBER_OFFSET], 1);
  expected[PROPOSAL_NUMBER_OFFSET] = 0;
  // and are a concentrator of version 3.0.6, not of 4.0.7.
  assert.deepEqual([...expected.subarray(-2)], [4, 7]);
  expected.set([3, 6], expected.length - 2);
  assert.equal(toHex(am2), toHex(expected));
  const completed = noticesIn(replay.receive(wireOf(gateway, 'AM3')));
  assert.deepEqual(
    completed.map((n) => n.kind),
    ['phaseOneCompleted', 'initialContact'],
  );
  return replay;
}

const secured = (gateway: Gateway): Secured => {
  const v = gateway.phaseOne;
  return {
    cookies: { initiator: hex(v.initiatorCookie), responder: hex(v.responderCookie) },
    hash: 'sha1',
    cipher: 'aes-cbc-256',
    skeyidA: secretKey(hex(v.skeyidA)),
    skeyidD: secretKey(hex(v.skeyidD)),
    encryption: secretKey(hex(v.encryptionKey)),
    lastBlock: hex(v.lastIv),
  };
};

test('NAT-42 NAT-45: both captured clients are answered as the captured gateways did, and prove themselves', () => {
  for (const gateway of vectors.gateways) {
    const replay = phaseOne(gateway);
    const [summary] = replay.manager.summaries();
    assert.equal(summary?.group, vectors.group);
    assert.equal(summary?.natTraversal, 'rfc3947');
    assert.deepEqual([summary?.localBehindNat, summary?.remoteBehindNat], [false, false]);
  }
});

test('the captured redirect is sealed octet for octet', () => {
  const [gateway] = vectors.gateways;
  assert.ok(gateway);
  const header = decodeHeader(wireOf(gateway, 'redirect'));
  assert.ok(header.ok);
  const { messageId } = header.value;
  const s = secured(gateway);
  const opened = open(s, firstIv(s, messageId), header.value, wireOf(gateway, 'redirect'));
  assert.ok(opened.ok);
  const [, ...payloads] = opened.value.payloads;
  const exchangeType = exchangeTypes.informational;
  const sealed = seal(s, { exchangeType, messageId, iv: firstIv(s, messageId) }, payloads);
  assert.equal(toHex(sealed.octets), toHex(wireOf(gateway, 'redirect')));
});

/** The client's side of XAUTH, which the capture does not hold. */
function extendedAuthentication(replay: Replay, gateway: Gateway, request: Uint8Array): SaId {
  const s = secured(gateway);
  const header = decodeHeader(request);
  assert.ok(header.ok);
  const { messageId } = header.value;
  const opened = open(s, firstIv(s, messageId), header.value, request);
  assert.ok(opened.ok);
  const asked = opened.value.payloads[1];
  assert.ok(asked?.type === 'attributes');
  assert.equal(asked.attributesType, configurationTypes.request);
  const exchangeType = exchangeTypes.transaction;
  const attributes: ConfigurationAttribute[] = [
    { type: xauthAttributes.xauthType, value: 0 },
    { type: xauthAttributes.xauthUserName, value: toUtf8(vectors.user) },
    { type: xauthAttributes.xauthUserPassword, value: toUtf8(vectors.password) },
  ];
  const reply = seal(s, { exchangeType, messageId, iv: opened.value.lastBlock }, [
    { ...asked, attributesType: configurationTypes.reply, attributes },
  ]);
  const [credentials] = noticesIn(replay.receive(reply.octets));
  assert.ok(credentials?.kind === 'credentials');
  assert.equal(credentials.user, vectors.user);
  assert.deepEqual(credentials.password, toUtf8(vectors.password));
  const [status] = sentIn(replay.manager.extendedAuthenticationResult(credentials.sa, true, now));
  assert.ok(status);
  const set = decodeHeader(status);
  assert.ok(set.ok);
  const told = open(s, firstIv(s, set.value.messageId), set.value, status);
  assert.ok(told.ok);
  const payload = told.value.payloads[1];
  assert.ok(payload?.type === 'attributes');
  assert.deepEqual(payload.attributes, [{ type: xauthAttributes.xauthStatus, value: 1 }]);
  const iv = told.value.lastBlock;
  const ack = { ...payload, attributesType: configurationTypes.ack };
  replay.receive(seal(s, { exchangeType, messageId: set.value.messageId, iv }, [ack]).octets);
  return credentials.sa;
}

test('Mode Config and Quick Mode of the capture are answered octet for octet', () => {
  const gateway = vectors.gateways[1];
  const quick = gateway?.quickMode;
  assert.ok(gateway && quick);
  const v = gateway.phaseOne;
  const replay = phaseOne(gateway);
  const s = secured(gateway);
  // The same message 3 again: the answer to it, the XAUTH request, is not made anew.
  const again = replay.receive(wireOf(gateway, 'AM3'));
  assert.deepEqual(sentIn(again), []);
  const deadline = replay.manager.deadline();
  assert.ok(deadline !== undefined);
  const [request] = sentIn(replay.manager.tick(deadline));
  assert.ok(request, 'but it is repeated in time');
  const sa = extendedAuthentication(replay, gateway, request);

  // Mode Config: the request is encrypted as vpnc did, from its captured plaintext.
  const replyHeader = decodeHeader(wireOf(gateway, 'mode-config reply'));
  assert.ok(replyHeader.ok);
  const { messageId } = replyHeader.value;
  const iv = exchangeIv('sha1', 'aes-cbc-256', hex(v.lastIv), messageId);
  const body = plaintextOf(gateway, 'mode-config request').slice();
  encryptCbc('aes-cbc-256', s.encryption, iv, body);
  const wire = wireOf(gateway, 'mode-config reply').slice(0, 28);
  new DataView(wire.buffer).setUint32(24, 28 + body.length);
  const [asked] = noticesIn(replay.receive(concat(wire, body)));
  assert.ok(asked?.kind === 'configurationRequested');
  assert.ok(
    asked.attributes.some((a) => a.type === 7),
    'the client tells its version',
  );

  // What the captured gateway gave: its own attributes, in its order.
  const captured = open(
    s,
    hex(gateway.messages.find((m) => m.name === 'mode-config reply')?.iv as string),
    replyHeader.value,
    wireOf(gateway, 'mode-config reply'),
  );
  assert.ok(captured.ok);
  const given = captured.value.payloads[1];
  assert.ok(given?.type === 'attributes');
  const assigned = { assigned: [hostPrefix(address('10.99.0.5'))] };
  const replied = replay.manager.configurationReply(sa, given.attributes, assigned, now);
  assert.deepEqual(sentIn(replied).map(toHex), [toHex(wireOf(gateway, 'mode-config reply'))]);

  // Quick Mode with the captured SPI and nonce.
  replay.drawn = [hex(quick.responderSpi), hex(quick.responderNonce)];
  const answered = replay.receive(wireOf(gateway, 'QM1'));
  assert.deepEqual(sentIn(answered).map(toHex), [toHex(wireOf(gateway, 'QM2'))]);
  assert.deepEqual(sentIn(replay.receive(wireOf(gateway, 'QM1'))).map(toHex), [
    toHex(wireOf(gateway, 'QM2')),
  ]);
  const installed = replay.receive(wireOf(gateway, 'QM3'));
  const changes = installed.flatMap((e) => (e.kind === 'forward' ? e.changes : []));
  assert.deepEqual(
    changes.map((c) =>
      c.kind === 'addInbound' || c.kind === 'addOutbound'
        ? [c.kind, c.sa.spi.toString(16), toHex(c.sa.keyMaterial)]
        : [c.kind],
    ),
    [
      ['addInbound', quick.responderSpi, quick.keymatOfResponderSpi],
      ['addOutbound', quick.initiatorSpi, quick.keymatOfInitiatorSpi],
    ],
  );
});
