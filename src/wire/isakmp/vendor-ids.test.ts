import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { concat, fromHex, toHex } from '#base/bytes';
import { knownVendorId, vendorId } from './vendor-ids.ts';

const { vendorIds } = JSON.parse(
  readFileSync(new URL('../../../vectors/vendor-ids.json', import.meta.url), 'utf8'),
) as {
  readonly vendorIds: readonly {
    readonly name: string;
    readonly octets: string;
    readonly md5Of?: string;
    readonly kept?: number;
  }[];
};

const octets = (hex: string): Uint8Array => fromHex(hex) as Uint8Array;

test('every vendor ID of the vectors is known by its name', () => {
  for (const { name, octets: hex } of vendorIds)
    assert.equal(knownVendorId(octets(hex))?.name, name, hex);
});

test('vendor IDs made of a text are the beginning of its MD5', () => {
  for (const { octets: hex, md5Of, kept = 0 } of vendorIds.filter((v) => v.md5Of !== undefined)) {
    const digest = createHash('md5')
      .update(md5Of as string)
      .digest('hex');
    assert.equal(hex.slice(0, 2 * kept), digest.slice(0, 2 * kept), md5Of);
  }
});

test('what we send is what a VPN 3000 of the time sent', () => {
  const sent = (
    ['unity', 'xauth', 'dpd', 'natTraversalDraft02n', 'fragmentation', 'altigaGateway'] as const
  ).map((name) => toHex(vendorId(name)));
  assert.deepEqual(sent, [
    '12f5f28c457168a9702d9fe274cc0100',
    '09002689dfd6b712',
    'afcad71368a1f1c96b8696fc77570100',
    '90cb80913ebb696e086381b5ec427b1f',
    '4048b7d56ebce88525e7de7f00d6c2d3c0000000',
    '1f07f70eaa6514d3b0fa96542a500306',
  ]);
});

test('version octets may differ, the fixed part may not', () => {
  const newer = vendorId('unity', Uint8Array.of(1, 2));
  assert.deepEqual(knownVendorId(newer), {
    name: 'unity',
    label: 'Cisco Unity',
    version: Uint8Array.of(1, 2),
  });
  const damaged = vendorId('unity');
  damaged[13] = (damaged[13] as number) ^ 1;
  assert.equal(knownVendorId(damaged), undefined);
});

test('a vendor ID cut short, or with more behind it, is not known', () => {
  for (const { octets: hex } of vendorIds) {
    const whole = octets(hex);
    const shorter = knownVendorId(whole.subarray(0, whole.length - 1));
    assert.equal(shorter, undefined, hex);
    assert.equal(knownVendorId(concat(whole, new Uint8Array(5))), undefined, hex);
  }
  assert.equal(knownVendorId(new Uint8Array(0)), undefined);
});
