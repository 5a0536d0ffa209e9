import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { plainArena } from '#base/arena';
import { concat } from '#base/bytes';
import { Prng } from '#base/prng';
import { Ipv4Packet, isIpv4HeaderIntact } from '#wire/ipv4';
import { Fragmenter } from './fragmenter.ts';

const packet = (change: Partial<Ipv4Packet>): Ipv4Packet => ({
  dscp: 10,
  ecn: 2,
  identification: 7,
  dontFragment: false,
  moreFragments: false,
  fragmentOffset: 0,
  timeToLive: 63,
  protocol: 17,
  source: address('192.168.2.10'),
  destination: address('40.1.1.1'),
  options: new Uint8Array(0),
  payload: new Uint8Array(0),
  ...change,
});

/** The fragments of a packet, or undefined when it cannot be cut up. */
function fragments(whole: Ipv4Packet, most: number): Ipv4Packet[] | undefined {
  const bytes = Ipv4Packet.encode(whole);
  const fragmenter = new Fragmenter(plainArena(65_535));
  if (!fragmenter.begin(bytes, 0, bytes.length, most)) return undefined;
  const parts: Ipv4Packet[] = [];
  while (fragmenter.next()) {
    const part = fragmenter.arena.bytes.slice(0, fragmenter.octets);
    assert.ok(part.length <= most && isIpv4HeaderIntact(part));
    const decoded = Ipv4Packet.decode(part);
    assert.ok(decoded.ok);
    parts.push(decoded.value);
  }
  return parts;
}

test('fragments of every size make up the packet again', () => {
  const random = new Prng(1);
  for (let i = 0; i < 2000; i += 1) {
    const most = random.between(28, 1500);
    const whole = packet({ payload: random.bytes(random.between(1, 4000)) });
    const parts = fragments(whole, most) ?? assert.fail('it can be cut up');
    assert.deepEqual(concat(...parts.map(({ payload }) => payload)), whole.payload);
    let end = 0;
    for (const [n, { payload, ...header }] of parts.entries()) {
      const { payload: _, ...expected } = whole;
      const moreFragments = n < parts.length - 1;
      assert.deepEqual(header, { ...expected, fragmentOffset: end, moreFragments });
      end += payload.length;
    }
  }
});

test('a fragment is fragmented again, and keeps its place', () => {
  const payload = new Prng(2).bytes(800);
  for (const moreFragments of [true, false]) {
    const parts = fragments(packet({ payload, fragmentOffset: 1480, moreFragments }), 420);
    assert.deepEqual(
      parts?.map((part) => [part.fragmentOffset, part.moreFragments]),
      [
        [1480, true],
        [1880, moreFragments],
      ],
    );
  }
});

test('packets that had DF get identifications of their own', () => {
  const bytes = Ipv4Packet.encode(
    packet({ dontFragment: true, identification: 0, payload: new Uint8Array(100) }),
  );
  const fragmenter = new Fragmenter(plainArena(200));
  const seen = [1, 2].map(() => {
    assert.ok(fragmenter.begin(bytes, 0, bytes.length, 84));
    const identifications = new Set<number>();
    while (fragmenter.next()) {
      const part = Ipv4Packet.decode(fragmenter.arena.bytes.slice(0, fragmenter.octets));
      assert.ok(part.ok && !part.value.dontFragment);
      identifications.add(part.value.identification);
    }
    assert.equal(identifications.size, 1);
    return [...identifications][0];
  });
  assert.notEqual(seen[0], seen[1]);
});

test('only options that say so are in every fragment', () => {
  const record = [7, 7, 4, 0, 0, 0, 0];
  const alert = [0x94, 4, 0, 0];
  const options = new Uint8Array([...record, ...alert, 0]);
  const parts = fragments(packet({ options, payload: new Uint8Array(64) }), 64);
  const later = new Uint8Array([...record.map(() => 1), ...alert, 0]);
  assert.deepEqual(
    parts?.map((part) => part.options),
    [options, later],
  );
});

test('options that make no sense do no harm, and too narrow a path is refused', () => {
  const random = new Prng(3);
  for (let i = 0; i < 5000; i += 1) {
    const options = random.bytes(4 * random.between(0, 10));
    const parts = fragments(packet({ options, payload: random.bytes(100) }), 84);
    assert.equal(parts?.length ?? 0, Math.ceil(100 / (8 * Math.floor((64 - options.length) / 8))));
  }
  assert.equal(fragments(packet({ payload: new Uint8Array(100) }), 27), undefined);
});
