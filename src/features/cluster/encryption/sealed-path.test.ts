import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, type IpAddress } from '#base/address';
import { fromUtf8, toUtf8 } from '#base/bytes';
import { instant } from '#base/instant';
import { hostPrefix } from '#base/prefix';
import { Prng } from '#base/prng';
import type { ForwardingChange } from '#dataplane/data-plane';
import { SealedPath } from './sealed-path.ts';

const now = instant(1_000_000);
const PORT = 9023;
const SPIS = { one: 0x1001, two: 0x2002 } as const;
const keys = new Prng(7);
const toOne = keys.bytes(36);
const toTwo = keys.bytes(36);

/** A pair of SAs from `own` to `peer`. */
function pair(
  own: IpAddress,
  peer: IpAddress,
  inbound: readonly [number, Uint8Array],
  outbound: readonly [number, Uint8Array],
): ForwardingChange[] {
  const common = {
    suite: 'aes-gcm-16-256',
    mode: 'tunnel',
    encapsulation: 'none',
    local: { address: own, port: 500 },
    remote: { address: peer, port: 500 },
    selectors: { local: hostPrefix(own), remote: hostPrefix(peer) },
  } as const;
  const [inSpi, inKey] = inbound;
  const [outSpi, outKey] = outbound;
  return [
    {
      kind: 'addInbound',
      sa: { ...common, direction: 'inbound', spi: inSpi, keyMaterial: inKey, replayWindow: 64 },
    },
    {
      kind: 'addOutbound',
      sa: { ...common, direction: 'outbound', spi: outSpi, pairedSpi: inSpi, keyMaterial: outKey },
    },
  ];
}

function twoMembers(first: string, second: string) {
  const [a, b] = [address(first), address(second)];
  const one = new SealedPath(a, PORT, 500, new Prng(1));
  const two = new SealedPath(b, PORT, 500, new Prng(2));
  one.apply(pair(a, b, [SPIS.one, toOne], [SPIS.two, toTwo]));
  two.apply(pair(b, a, [SPIS.two, toTwo], [SPIS.one, toOne]));
  return { a, b, one, two };
}

const said = toUtf8('VCL1 and what a member says');

for (const [family, first, second] of [
  ['IPv4', '10.32.1.129', '10.32.1.130'],
  ['IPv6', 'fd00:32::129', 'fd00:32::130'],
] as const)
  test(`LB-32: what a member says arrives from its private address, and cannot be read on the way, ${family}`, () => {
    const { a, b, one, two } = twoMembers(first, second);
    const sealed = one.seal(b, said);
    assert.ok(sealed);
    assert.doesNotMatch(fromUtf8(sealed), /VCL1|member/);
    assert.deepEqual(two.open(address('192.0.2.1'), sealed, now), { from: a, octets: said });
    assert.equal(two.inboundCounters(SPIS.two)?.packets, 1);
    const longest = new Uint8Array(1200).fill(7);
    const whole = one.seal(b, longest);
    assert.ok(whole && whole.length < 1400, 'it travels in one piece');
    assert.deepEqual(two.open(a, whole, now)?.octets, longest);
  });

test('LB-32: there is no way to a member without an SA', () => {
  const { one } = twoMembers('10.32.1.129', '10.32.1.130');
  assert.equal(one.seal(address('10.32.1.131'), said), undefined);
  assert.equal(one.seal(address('239.255.90.23'), said), undefined);
});

test('LB-32: replayed, changed and truncated packets say nothing', () => {
  const { a, b, one, two } = twoMembers('10.32.1.129', '10.32.1.130');
  const sealed = one.seal(b, said) as Uint8Array;
  for (let length = 0; length < sealed.length; length += 1)
    assert.equal(two.open(a, sealed.slice(0, length), now), undefined);
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = sealed.slice();
    changed[at] = (changed[at] as number) ^ 1;
    assert.equal(two.open(a, changed, now), undefined);
  }
  assert.ok(two.open(a, sealed, now));
  assert.equal(two.open(a, sealed, now), undefined);
});

test('an SPI that is not installed is told, by the end that IKE knows', () => {
  const { a, b, one, two } = twoMembers('10.32.1.129', '10.32.1.130');
  const sealed = one.seal(b, said) as Uint8Array;
  two.apply([{ kind: 'removeInbound', spi: SPIS.two }]);
  assert.equal(two.open(a, sealed, now), undefined);
  assert.deepEqual(two.takeReports(), [
    { kind: 'unknownSpi', spi: SPIS.two, remote: { address: a, port: 500 } },
  ]);
  assert.deepEqual(two.takeReports(), []);
});
