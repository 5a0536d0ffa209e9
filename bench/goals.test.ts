import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Goal, goals, renderGoal } from './goals.ts';
import { loadMeasurements, type Measurement, resultsFolder } from './measurement.ts';

const measurement: Measurement = {
  title: 'Goodput',
  about: 'One connection.',
  takenAt: '2020-01-01T00:00:00.000Z',
  machine: '2 × processor',
  subjects: [
    { name: 'ours', version: 'ours 1' },
    { name: 'theirs', version: 'theirs 2' },
  ],
  parameters: {},
  metrics: [{ key: 'rate', title: 'TCP up', unit: 'Mbit/s', fractionDigits: 0 }],
  samples: [
    { subject: 'ours', turn: 1, values: { rate: 300 } },
    { subject: 'theirs', turn: 1, values: { rate: 100 } },
    { subject: 'ours', turn: 2, values: { rate: 400 } },
    { subject: 'theirs', turn: 2, values: { rate: 200 } },
  ],
};

const goal: Goal = {
  what: 'TCP',
  measurement: 'goodput',
  key: 'rate',
  peer: 'theirs',
  bound: 'at least',
  value: 2.5,
  unit: '×',
};

test('a goal is compared with the median of the ratios turn by turn', () => {
  assert.equal(
    renderGoal(goal, measurement),
    '| TCP | at least 2.5 × theirs | 2.50 (2.00 to 3.00) | yes |',
  );
  assert.match(renderGoal({ ...goal, value: 2.6 }, measurement), /\| \*\*no\*\* \|$/);
  assert.match(renderGoal({ ...goal, bound: 'at most' }, measurement), /\| yes \|$/);
});

test('a peer that got nothing through in a turn is infinitely far behind in it', () => {
  const samples = measurement.samples.map((sample) =>
    sample.subject === 'theirs' && sample.turn === 1 ? { ...sample, values: { rate: 0 } } : sample,
  );
  assert.match(renderGoal(goal, { ...measurement, samples }), /\(2.00 to ∞\) \| yes/);
});

test('a goal of its own is compared with the median of the figures', () => {
  const { peer: _, ...own } = goal;
  assert.equal(
    renderGoal({ ...own, bound: 'at most', value: 300, unit: 'ms' }, measurement),
    '| TCP | at most 300 ms | 350 (300 to 400) | **no** |',
  );
});

test('a goal that must always hold is compared with the worst of the figures', () => {
  const { peer: _, ...own } = goal;
  const always = { ...own, unit: '', always: true } as const;
  assert.match(renderGoal({ ...always, bound: 'at most', value: 350 }, measurement), /\*\*no\*\*/);
  assert.match(renderGoal({ ...always, bound: 'at most', value: 400 }, measurement), /\| yes \|$/);
  assert.match(renderGoal({ ...always, value: 301 }, measurement), /\*\*no\*\*/);
});

test('what was not measured is not said to be reached', () => {
  const unknown = '| TCP | at least 2.5 × theirs | not measured |  |';
  assert.equal(renderGoal(goal, undefined), unknown);
  assert.equal(renderGoal({ ...goal, key: 'other' }, measurement), unknown);
  assert.match(renderGoal({ ...goal, peer: 'nobody' }, measurement), /not measured/);
});

test('every goal whose bench has run names a figure that the bench takes', () => {
  const measurements = loadMeasurements(resultsFolder);
  for (const { measurement: name, key } of goals) {
    const keys = measurements.get(name)?.metrics.map((metric) => metric.key);
    assert.ok(keys === undefined || keys.includes(key), `${name} has no ${key}`);
  }
});
