/** The messages of a whole vpnc session, and what the HASH payloads in it are made over. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { concat, fromHex, toHex } from '#base/bytes';
import { decodeHeader, HEADER_LENGTH } from './header.ts';
import {
  decodeMessage,
  decodePayloads,
  encodePayloads,
  GENERIC_HEADER_LENGTH,
  type PayloadAt,
} from './message.ts';
import { exchangeTypes, headerFlags, notifyTypes, payloadTypes } from './numbers.ts';
import type { Payload } from './payload.ts';

type Message = {
  readonly name: string;
  readonly wire?: string;
  readonly plaintext?: string;
  readonly hash?: string;
};
type Gateway = {
  readonly address: string;
  readonly phaseOne: Readonly<Record<string, string>>;
  readonly messages: readonly Message[];
  readonly quickMode?: Readonly<Record<string, string>>;
};

const { gateways } = JSON.parse(
  readFileSync(new URL('../../../vectors/isakmp-redirect-run.json', import.meta.url), 'utf8'),
) as { readonly gateways: readonly [Gateway, Gateway] };

const [first, second] = gateways;

const octets = (hex: string | undefined): Uint8Array => fromHex(hex as string) as Uint8Array;
const message = (gateway: Gateway, name: string): Message =>
  gateway.messages.find((m) => m.name === name) as Message;

function clear(gateway: Gateway, name: string): readonly PayloadAt[] {
  const decoded = decodeMessage(octets(message(gateway, name).wire));
  assert.ok(decoded.ok, JSON.stringify(decoded));
  return decoded.value.payloads;
}

function opened(gateway: Gateway, name: string): readonly PayloadAt[] {
  const body = octets(message(gateway, name).plaintext);
  const decoded = decodePayloads(payloadTypes.hash, body);
  assert.ok(decoded.ok, JSON.stringify(decoded));
  return decoded.value.payloads;
}

function find<T extends Payload['type']>(payloads: readonly PayloadAt[], type: T) {
  const found = payloads.find((p) => p.type === type);
  assert.ok(found);
  return found as Extract<PayloadAt, { readonly type: T }>;
}

const sha1 = (key: string | undefined, ...parts: readonly Uint8Array[]): string =>
  createHmac('sha1', octets(key))
    .update(concat(...parts))
    .digest('hex');

const bodyOf = (payload: PayloadAt): Uint8Array => payload.raw.subarray(GENERIC_HEADER_LENGTH);
/** What HASH(1) and its like cover: everything after the HASH payload, without the padding. */
const afterHash = (payloads: readonly PayloadAt[]): Uint8Array =>
  concat(...payloads.slice(1).map((p) => p.raw));

test('every header: cookies, exchange, flags and the length of the datagram', () => {
  for (const gateway of gateways)
    for (const { name, wire } of gateway.messages.filter((m) => m.wire !== undefined)) {
      const header = decodeHeader(octets(wire));
      assert.ok(header.ok, name);
      assert.equal(toHex(header.value.initiatorCookie), gateway.phaseOne.initiatorCookie);
      const responderCookie = name === 'AM1' ? '00'.repeat(8) : gateway.phaseOne.responderCookie;
      assert.equal(toHex(header.value.responderCookie), responderCookie);
      const isClear = name === 'AM1' || name === 'AM2';
      assert.equal(header.value.flags, isClear ? 0 : headerFlags.encryption);
      assert.equal(header.value.messageId !== 0, !name.startsWith('AM'));
    }
});

test('every body: the chain ends before at most one block of zeros, and writes back to itself', () => {
  for (const gateway of gateways)
    for (const { name, plaintext } of gateway.messages.filter((m) => m.plaintext !== undefined)) {
      const body = octets(plaintext);
      const decoded = decodePayloads(payloadTypes.hash, body);
      assert.ok(decoded.ok, name);
      const { payloads, end } = decoded.value;
      assert.deepEqual(body.subarray(end), new Uint8Array(body.length - end));
      assert.ok(body.length - end < 16);
      assert.deepEqual(encodePayloads(payloads), body.subarray(0, end));
    }
});

test('the bodies behind the generic headers are what HASH_I and HASH_R are made over', () => {
  for (const gateway of gateways) {
    const keys = gateway.phaseOne;
    const one = clear(gateway, 'AM1');
    const two = clear(gateway, 'AM2');
    const [gXi, gXr] = [bodyOf(find(one, 'ke')), bodyOf(find(two, 'ke'))];
    assert.equal(toHex(gXi), keys.initiatorPublic);
    const [ckyI, ckyR] = [octets(keys.initiatorCookie), octets(keys.responderCookie)];
    const sa = bodyOf(find(one, 'sa'));
    const hashI = sha1(keys.skeyid, gXi, gXr, ckyI, ckyR, sa, bodyOf(find(one, 'id')));
    const hashR = sha1(keys.skeyid, gXr, gXi, ckyR, ckyI, sa, bodyOf(find(two, 'id')));
    assert.equal(hashI, toHex(find(opened(gateway, 'AM3'), 'hash').data));
    assert.equal(hashR, toHex(find(two, 'hash').data));
  }
});

test('the redirect: a notify after the HASH, with the address of the other gateway', () => {
  const payloads = opened(first, 'redirect');
  assert.deepEqual(
    payloads.map((p) => p.type),
    ['hash', 'notify'],
  );
  const notify = find(payloads, 'notify');
  assert.equal(notify.notifyType, notifyTypes.unityLoadBalance);
  assert.equal(toHex(notify.spi), toHex(octets(message(first, 'redirect').wire).subarray(0, 16)));
  assert.equal(notify.data.join('.'), second.address);
  const header = decodeHeader(octets(message(first, 'redirect').wire));
  assert.ok(header.ok);
  assert.equal(header.value.exchangeType, exchangeTypes.informational);
  assert.equal(header.value.nextPayload, payloadTypes.hash);
  assert.equal(header.value.length, HEADER_LENGTH + 64);
});

test('HASH(1) of phase 2 is made over what follows the HASH payload, padding excluded', () => {
  for (const [gateway, name, wireOf] of [
    [first, 'redirect', 'redirect'],
    [second, 'mode-config reply', 'mode-config reply'],
    [second, 'QM1', 'QM1'],
  ] as const) {
    const messageId = octets(message(gateway, wireOf).wire).subarray(20, 24);
    const payloads = opened(gateway, name);
    const hash = sha1(gateway.phaseOne.skeyidA, messageId, afterHash(payloads));
    assert.equal(hash, toHex(find(payloads, 'hash').data), name);
  }
});

test('quick mode: twelve proposals from number 0, one of them answered with the other SPI', () => {
  const offered = find(opened(second, 'QM1'), 'sa').proposals;
  assert.deepEqual(
    offered.map((p) => p.number),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  );
  assert.deepEqual(
    [...new Set(offered.map((p) => toHex(p.spi)))],
    [second.quickMode?.initiatorSpi],
  );
  const chosen = find(opened(second, 'QM2'), 'sa').proposals;
  assert.equal(chosen.length, 1);
  assert.equal(toHex(chosen[0]?.spi as Uint8Array), second.quickMode?.responderSpi);
  assert.deepEqual(chosen[0]?.transforms, offered[0]?.transforms);
});
