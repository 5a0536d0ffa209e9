import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { Prng } from '#base/prng';
import { EndpointWords } from '#dataplane/endpoint-words';
import { HandOverRing, RING_OCTETS, ringWords } from './hand-over-ring.ts';
import { loadSys } from './sys.ts';

const sys = await loadSys();
const skip = sys.ok ? false : sys.error;
const MOST_OCTETS = 65_545;

/** Two ends of ring number 1 of two, as two threads have it. */
function ends() {
  assert.ok(sys.ok);
  const memory = sys.value.memory(RING_OCTETS);
  const positions = new Int32Array(new SharedArrayBuffer(4 * ringWords(2)));
  const source = sys.value.memory(MOST_OCTETS);
  const end = () =>
    new HandOverRing(sys.value, sys.value.share(memory.pointer, RING_OCTETS), positions, 1);
  return { writer: end(), reader: end(), end, source };
}

const remote = EndpointWords.of({ address: address('2001:db8::1'), port: 65_535 });

test('packets arrive whole and in order, many times round the ring', { skip }, () => {
  const { writer, reader, source } = ends();
  const random = new Prng(7);
  const content = random.bytes(2 * MOST_OCTETS);
  const waiting: { octets: Uint8Array; origin: number }[] = [];
  const from = new EndpointWords();
  let passed = 0;
  let refused = 0;
  while (passed < 40 * RING_OCTETS) {
    const start = random.between(0, MOST_OCTETS);
    const length = random.chance(0.5) ? random.between(1, 200) : MOST_OCTETS;
    const octets = content.subarray(start, start + length);
    source.bytes.set(octets);
    const origin = random.between(0, 9);
    if (writer.put(source, 0, octets.length, origin, 3, remote, 0x2e)) {
      waiting.push({ octets, origin });
      passed += octets.length;
    } else refused += 1;
    assert.ok(waiting.reduce((sum, { octets: { length } }) => sum + length, 0) <= RING_OCTETS);
    if (random.chance(0.9)) continue;
    writer.publish();
    reader.look();
    const share = random.between(0, 12);
    for (let i = 0; i < share && reader.next(); i += 1) {
      const expected = waiting.shift();
      assert.ok(expected);
      const { at, octets: length } = reader;
      assert.ok(Buffer.from(expected.octets).equals(reader.arena.bytes.subarray(at, at + length)));
      reader.remote(from);
      assert.ok(from.equals(remote));
      assert.deepEqual(
        [reader.origin, reader.hops, reader.trafficClass],
        [expected.origin, 3, 0x2e],
      );
      // Sealing writes behind a packet, which harms no other.
      reader.arena.bytes.fill(0xaa, at + length, at + length + 18);
      reader.release();
    }
  }
  assert.ok(refused > 0, 'the ring was full now and then');
});

test('what is not published is not seen, and a full ring refuses', { skip }, () => {
  const { writer, reader, source } = ends();
  let written = 0;
  while (writer.put(source, 0, MOST_OCTETS, 0, 0, remote, 0)) written += 1;
  assert.equal(written, Math.floor(RING_OCTETS / (MOST_OCTETS + 128)));
  reader.look();
  assert.equal(reader.next(), false);
  assert.equal(reader.waits, false);
  assert.ok(writer.publish());
  assert.ok(!writer.publish(), 'once only');
  assert.ok(reader.waits);
  reader.look();
  assert.ok(reader.next());
  assert.ok(!writer.put(source, 0, MOST_OCTETS, 0, 0, remote, 0), 'before it is released');
  reader.release();
  assert.ok(writer.put(source, 0, MOST_OCTETS - 200, 0, 0, remote, 0));
});

test('ends that take over go on where the others were', { skip }, () => {
  const { writer, reader, end, source } = ends();
  for (let i = 0; i < 4; i += 1) {
    source.bytes[0] = i;
    writer.put(source, 0, 100, 0, 0, remote, 0);
    if (i === 2) writer.publish();
  }
  reader.look();
  assert.ok(reader.next());
  reader.release();
  assert.ok(!end().wasUnderWork);
  assert.ok(reader.next());
  const successor = end();
  assert.ok(successor.wasUnderWork, 'the reader died over it');
  const seen: number[] = [];
  const heir = end();
  source.bytes[0] = 9;
  heir.put(source, 0, 100, 0, 0, remote, 0);
  heir.publish();
  successor.look();
  while (successor.next()) {
    seen.push(successor.arena.bytes[successor.at] as number);
    successor.release();
  }
  assert.deepEqual(seen, [1, 2, 9], 'what the dead writer had not published is lost');
});
