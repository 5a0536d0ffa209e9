import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzPath } from './testing/path-fuzz.ts';

test('100,000 packets in trains and frames, right and wrong, keep to their room and are counted', () => {
  const { packets, fates } = fuzzPath({ seed: 1, from: 0, cases: 30_000 });
  assert.ok(packets >= 100_000, `${packets} packets`);
  for (const [fate, least] of Object.entries({
    delivered: 10_000,
    sealed: 10_000,
    fragmented: 100,
    'too big, answered': 100,
    'does not fit': 100,
    dummy: 100,
    control: 100,
    unknown: 1000,
    replayed: 1000,
    authenticationFailed: 1000,
    malformed: 1000,
    selectorMismatch: 1000,
    'no frame': 1000,
    'no way': 500,
  }))
    assert.ok((fates[fate] ?? 0) >= least, `${fate}: ${fates[fate]}`);
});
