/** Laws that nothing can break prove nothing: each is shown a codec that breaks it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Codec } from '../codec.ts';
import { struct, u8, u16 } from '../schema.ts';
import { fuzz, fuzzCase, refusesPrefixes, roundTrip, verdicts, withNumber } from './laws.ts';

const Sound = struct('sound', { kind: u8, length: u16 });
type Sound = { readonly kind: number; readonly length: number };
const value: Sound = { kind: 1, length: 0x0203 };
const samples = [Sound.encode(value)];
const run = { seed: 1, from: 0, cases: 2000 };

/** The sound codec with one direction spoilt. */
const spoilt = (part: Partial<Codec<Sound>>): Codec<Sound> => ({
  decode: Sound.decode,
  encode: Sound.encode,
  ...part,
});

test('a sound codec keeps every law', () => {
  assert.deepEqual(roundTrip(Sound, value), Uint8Array.of(1, 2, 3));
  refusesPrefixes(Sound, samples[0] as Uint8Array);
  const { accepted, refused } = fuzz(Sound, samples, run);
  assert.equal(accepted + refused, run.cases);
  assert.ok(accepted > 0 && refused > 0);
});

test('a decoder that ignores its offset is found', () => {
  const codec = spoilt({ decode: (octets) => Sound.decode(octets) });
  assert.throws(() => roundTrip(codec, value), /does not write what it read/);
});

test('a decoder that reads short is found', () => {
  const codec = spoilt({
    decode: (octets, offset) =>
      octets.length < 3 ? { ok: true, value } : Sound.decode(octets, offset),
  });
  assert.throws(() => refusesPrefixes(codec, samples[0] as Uint8Array), /accepts a prefix of 0/);
});

test('a decoder that throws is found, with the seed and the case that did it', () => {
  const codec = spoilt({
    decode(octets, offset) {
      if (octets[0] === 0xff) throw new RangeError('planted');
      return Sound.decode(octets, offset);
    },
  });
  assert.throws(
    () => fuzz(codec, samples, run),
    (error: Error) => {
      const found = /^seed 1 case (\d+) of ff[0-9a-f]*: RangeError: planted$/.exec(error.message);
      assert.ok(found, error.message);
      const replay = { seed: 1, from: Number(found[1]), cases: 1 };
      assert.throws(() => fuzz(codec, samples, replay), /planted/);
      return true;
    },
  );
});

test('a fault outside of the message is found', () => {
  const codec = spoilt({
    decode: () => ({
      ok: false,
      error: { kind: 'malformed', field: 'sound.kind', offset: 4000, reason: 'planted' },
    }),
  });
  assert.throws(() => fuzz(codec, samples, run), /a fault outside of/);
});

test('an encoder that cannot write what was read is found', () => {
  const codec = spoilt({ encode: (v) => Sound.encode({ ...v, kind: v.kind + 1 }) });
  assert.throws(() => fuzz(codec, samples, run), /does not write what it read|not an octet/);
});

test('a case is a function of its seed and its number', () => {
  assert.deepEqual(fuzzCase(samples, 7, 100), fuzzCase(samples, 7, 100));
  const cases = new Set(Array.from({ length: 200 }, (_, n) => String(fuzzCase(samples, 7, n))));
  assert.ok(cases.size > 100);
});

test('numbers are put into their field, verdicts name what came of it', () => {
  const octets = Uint8Array.of(9, 0, 0, 0, 0);
  assert.deepEqual(
    withNumber(octets, { at: 1, octets: 4 }, 0xfffefdfc),
    Uint8Array.of(9, 255, 254, 253, 252),
  );
  assert.deepEqual(verdicts(Sound, octets, { at: 1, octets: 2 }, [0, 0xffff]), {
    0: 'ok',
    65535: 'ok',
  });
});
