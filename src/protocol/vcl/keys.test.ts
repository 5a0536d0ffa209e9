import assert from 'node:assert/strict';
import { scryptSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { address } from '#base/address';
import { fromHex, toHex } from '#base/bytes';
import { Call } from '#wire/vcl/call';
import { Datagram, encodeHeader } from '#wire/vcl/datagram';
import {
  callTag,
  clusterId,
  clusterKey,
  clusterTag,
  encryptionKeys,
  SenderKeys,
  senderKeyOctets,
  stretching,
} from './keys.ts';

const vectors = JSON.parse(
  readFileSync(new URL('../../../vectors/vcl.json', import.meta.url), 'utf8'),
);
const octets = (hex: string): Uint8Array => fromHex(hex) as Uint8Array;
const cluster = clusterId([address(vectors.clusterAddress)], vectors.clusterPort);
const key = clusterKey(vectors.keyId, octets(vectors.stretched));
const request = vectors.keepaliveRequest;

test('the word of a person becomes the key of one life of one member', () => {
  assert.equal(clusterTag(cluster), vectors.clusterTag);
  const { salt, logN, r, p, octets: length } = stretching(cluster);
  assert.equal(toHex(salt), vectors.salt);
  const cost = { N: 2 ** logN, r, p, maxmem: 64 * 1024 * 1024 };
  const stretched = scryptSync(vectors.secret, salt, length, cost);
  assert.equal(toHex(stretched), vectors.stretched);
  for (const suite of [1, 2, 3])
    assert.equal(
      toHex(senderKeyOctets(key, suite, request.member, request.incarnation)),
      request.senderKeys[suite],
    );
});

test('the tag of the normative datagram; one changed bit anywhere makes another', () => {
  const decoded = Datagram.decode(octets(request.datagram));
  assert.ok(decoded.ok);
  const { header, body, tag } = decoded.value;
  const keys = new SenderKeys([key]);
  const tagOf = (h: Uint8Array, b: Uint8Array) => toHex(keys.tag(header, h, b) as Uint8Array);
  assert.equal(tagOf(encodeHeader(header), body), toHex(tag));
  for (const part of ['header', 'body'] as const)
    for (let bit = 0; bit < 8 * (part === 'header' ? 40 : body.length); bit += 1) {
      const [h, b] = [encodeHeader(header).slice(), body.slice()];
      const changed = part === 'header' ? h : b;
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      assert.notEqual(tagOf(h, b), toHex(tag), `${part} bit ${bit}`);
    }
  assert.equal(keys.tag({ ...header, keyId: 9 }, encodeHeader(header), body), undefined);
});

test('strangers who name a thousand senders do not fill the memory of keys', () => {
  const keys = new SenderKeys([key]);
  const decoded = Datagram.decode(octets(request.datagram));
  assert.ok(decoded.ok);
  const { header, body, tag } = decoded.value;
  for (let n = 0; n < 1000; n += 1) {
    const member = n.toString(16).padStart(16, '0') as typeof header.member;
    assert.equal(keys.tag({ ...header, member }, encodeHeader(header), body)?.length, 16);
  }
  assert.equal(toHex(keys.tag(header, encodeHeader(header), body) as Uint8Array), toHex(tag));
});

test('LB-33: calls and phase 1 between members have keys of their own, which follow from the cluster key', () => {
  const { call } = vectors;
  const keys = encryptionKeys(key);
  assert.equal(toHex(keys.call.reveal()), call.key);
  assert.equal(toHex(keys.preShared.reveal()), call.preSharedKey);
  const decoded = Call.decode(octets(call.datagram));
  assert.ok(decoded.ok);
  const { tag, ...rest } = decoded.value;
  assert.equal(toHex(callTag(keys.call, rest, address(call.from))), toHex(tag));
  assert.notEqual(toHex(callTag(keys.call, rest, address('10.32.1.131'))), toHex(tag));
  assert.equal(toHex(Call.encode(decoded.value)), call.datagram);
});
