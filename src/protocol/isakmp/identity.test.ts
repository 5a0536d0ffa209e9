import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { fromHex, toHex, toUtf8 } from '#base/bytes';
import { formatPrefix, hostPrefix, prefixOf } from '#base/prefix';
import type { Identification } from '#wire/isakmp/payload';
import {
  identification,
  identityText,
  phaseOneIdentity,
  printable,
  selectorIdentification,
  selectorOf,
  within,
} from './identity.ts';

const id = (idType: number, hex: string, protocol = 0, port = 0): Identification => ({
  type: 'id',
  idType,
  protocol,
  port,
  data: fromHex(hex) as Uint8Array,
});

test('phase-1 identities survive both directions', () => {
  const identities = [
    { kind: 'keyId', bytes: toUtf8('engineering') },
    { kind: 'fqdn', name: 'vpn.example' },
    { kind: 'userFqdn', name: 'alice@example' },
    { kind: 'address', address: address('192.0.2.7') },
    { kind: 'address', address: address('2001:db8::7') },
    { kind: 'other', idType: 9, bytes: new Uint8Array([48, 0]) },
  ] as const;
  for (const identity of identities) {
    const payload = identification(identity);
    assert.deepEqual([payload.protocol, payload.port], [17, 500]);
    assert.deepEqual(phaseOneIdentity(payload), identity);
  }
  assert.deepEqual(phaseOneIdentity(id(1, '0102')), {
    kind: 'other',
    idType: 1,
    bytes: new Uint8Array([1, 2]),
  });
});

test('what a peer calls itself cannot break a line of a log', () => {
  const hostile = 'a\r\nb\u001b[31mc\u2028d\u202ee';
  const text = identityText({ kind: 'keyId', bytes: toUtf8(hostile) });
  assert.equal(text, 'a??b?[31mc?d?e');
  assert.equal(printable('x'.repeat(5000)).length, 128);
  assert.equal(
    identityText({ kind: 'other', idType: 9, bytes: new Uint8Array(3) }),
    'DER-ASN1-DN of 3 octets',
  );
});

test('phase-2 networks survive both directions', () => {
  const networks = [
    [hostPrefix(address('40.1.1.2')), 1, '28010102'],
    [prefixOf(address('0.0.0.0'), 0), 4, '0000000000000000'],
    [prefixOf(address('10.20.0.0'), 15), 4, '0a140000fffe0000'],
    [hostPrefix(address('2001:db8::1')), 5, '20010db8000000000000000000000001'],
    [
      prefixOf(address('2001:db8::'), 33),
      6,
      `20010db8${'0'.repeat(24)}ffffffff80${'0'.repeat(22)}`,
    ],
    [prefixOf(address('::'), 0), 6, '0'.repeat(64)],
  ] as const;
  for (const [prefix, idType, hex] of networks) {
    const payload = selectorIdentification(prefix);
    assert.deepEqual([payload.idType, toHex(payload.data)], [idType, hex]);
    const read = selectorOf(payload);
    assert.ok(read.ok);
    assert.deepEqual(read.value, prefix);
  }
});

test('identifications that are no network of any traffic are refused with a reason', () => {
  const cases = [
    [id(1, '0a0000'), /3 octets/],
    [id(4, '0a000000ff00ff00'), /contiguous/],
    [id(6, `${'0'.repeat(32)}ff00${'f'.repeat(28)}`), /holes/],
    [id(4, '0a000000'), /4 octets/],
    [id(7, '0a0000010a000005'), /RANGE is not a network/],
    [id(11, '61'), /KEY-ID is not a network/],
    [id(1, '0a000001', 17, 1701), /protocol 17 port 1701/],
  ] as const;
  for (const [payload, reason] of cases) {
    const read = selectorOf(payload);
    assert.ok(!read.ok);
    assert.match(read.error, reason);
  }
});

test('host bits of a subnet do not matter, and one network lies within another', () => {
  const read = selectorOf(id(4, '0a0102030a000000'.replace('0a000000', 'ff000000')));
  assert.ok(read.ok);
  assert.equal(formatPrefix(read.value), '10.0.0.0/8');
  const ten = prefixOf(address('10.0.0.0'), 8);
  assert.ok(within(hostPrefix(address('10.1.2.3')), ten));
  assert.ok(within(ten, ten));
  assert.ok(!within(ten, prefixOf(address('10.0.0.0'), 9)));
  assert.ok(!within(hostPrefix(address('::a01:203')), ten));
});
