import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Specimen, specimens } from './codecs.ts';
import { fuzz, refusesPrefixes, roundTrip } from './laws.ts';

for (const [name, { codec, values, isWhole }] of Object.entries<Specimen<unknown>>(specimens)) {
  test(`${name}: what is written reads back as what was meant`, () => {
    for (const value of values) {
      const decoded = codec.decode(roundTrip(codec, value));
      assert.ok(decoded.ok);
      assert.partialDeepStrictEqual(decoded.value, value);
    }
  });

  test(`${name}: a message cut short anywhere is refused`, () => {
    for (const value of values) refusesPrefixes(codec, codec.encode(value), isWhole);
  });

  test(`${name}: 100,000 damaged messages are refused or understood`, () => {
    const samples = values.map((value) => codec.encode(value));
    const { accepted, refused } = fuzz(codec, samples, { seed: 1, from: 0, cases: 100_000 });
    assert.ok(accepted > 1000, `${accepted} accepted: damage never gets past the first check`);
    assert.ok(refused > 1000, `${refused} refused: damage is never noticed`);
  });
}
