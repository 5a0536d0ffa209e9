import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodePayloads, encodePayloads, firstPayloadNumber } from '#wire/isakmp/message';
import type { Payload } from '#wire/isakmp/payload';
import { allOf, bodyOf, checkRule, firstOf, only, rules } from './rules.ts';

const data = new Uint8Array([1, 2, 3, 4]);
const hash: Payload = { type: 'hash', data };
const nonce: Payload = { type: 'nonce', data };
const vid: Payload = { type: 'vid', data };
const ke: Payload = { type: 'ke', data };
const natd: Payload = { type: 'nat-d', draft: false, data };
const id: Payload = { type: 'id', idType: 1, protocol: 0, port: 0, data };
const sa: Payload = {
  type: 'sa',
  doi: 1,
  situation: 1,
  proposals: [
    {
      number: 1,
      protocolId: 3,
      spi: data,
      transforms: [{ number: 1, transformId: 12, attributes: [] }],
    },
  ],
};

function decoded(payloads: readonly Payload[]) {
  const read = decodePayloads(firstPayloadNumber(payloads), encodePayloads(payloads));
  assert.ok(read.ok, JSON.stringify(read));
  return read.value.payloads;
}

const refusal = (rule: keyof typeof rules, payloads: readonly Payload[], encrypted: boolean) => {
  const checked = checkRule(rules[rule], decoded(payloads), encrypted);
  return checked.ok ? undefined : checked.error;
};

test('messages with what they must have are accepted', () => {
  assert.equal(refusal('aggressive1', [sa, ke, nonce, id, vid, vid], false), undefined);
  assert.equal(refusal('aggressive3', [hash], true), undefined);
  assert.equal(refusal('aggressive3', [hash], false), undefined);
  assert.equal(refusal('aggressive3', [natd, natd, hash], true), undefined);
  assert.equal(refusal('main5', [hash, id], true), undefined);
  assert.equal(refusal('quick1', [hash, sa, nonce], true), undefined);
  assert.equal(refusal('quick1', [hash, sa, nonce, ke, id, id], true), undefined);
  assert.equal(refusal('quick3', [hash], true), undefined);
  assert.equal(refusal('informational', [hash], true), undefined);
});

test('number, order and encryption are checked, and the refusal says which', () => {
  assert.match(refusal('aggressive1', [sa, nonce, id], false) ?? '', /message 1 lacks KE/);
  assert.match(
    refusal('aggressive1', [sa, ke, nonce, id, id], false) ?? '',
    /2 payloads of type ID/,
  );
  assert.match(refusal('aggressive1', [ke, sa, nonce, id], false) ?? '', /payload 1 .* is not SA/);
  assert.match(refusal('aggressive1', [sa, ke, nonce, id], true) ?? '', /is encrypted/);
  assert.match(
    refusal('aggressive1', [sa, ke, nonce, id, hash], false) ?? '',
    /must not have HASH/,
  );
  assert.match(refusal('quick1', [hash, sa, nonce], false) ?? '', /is not encrypted/);
  assert.match(refusal('quick1', [sa, hash, nonce], true) ?? '', /payload 1 .* is not HASH/);
  assert.match(
    refusal('quick1', [hash, sa, nonce, id, id, id], true) ?? '',
    /3 payloads of type ID/,
  );
  assert.match(refusal('quick3', [hash, nonce], true) ?? '', /must not have NONCE/);
  assert.match(refusal('informational', [vid], true) ?? '', /is not HASH/);
});

test('payloads of types that we do not know are skipped', () => {
  const unknown: Payload = { type: 'unknown', number: 99, data };
  const request: Payload = { type: 'certreq', encoding: 4, data };
  assert.equal(refusal('aggressive1', [sa, ke, nonce, id, unknown, request], false), undefined);
});

test('payloads are found by type, with the octets that hashes are made of', () => {
  const payloads = decoded([sa, vid, nonce, vid]);
  assert.equal(allOf(payloads, 'vid').length, 2);
  assert.equal(firstOf(payloads, 'ke'), undefined);
  assert.deepEqual(bodyOf(only(payloads, 'nonce')), data);
  assert.throws(() => only(payloads, 'ke'), /no ke payload/);
});
