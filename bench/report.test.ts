import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadMeasurements, type Measurement, resultsFolder } from './measurement.ts';
import { renderMeasurement, renderReport, reportFile } from './report.ts';

const measurement: Measurement = {
  title: 'Goodput',
  about: 'One connection.',
  takenAt: '2020-01-01T00:00:00.000Z',
  machine: '2 × processor',
  subjects: [
    { name: 'ours', version: 'ours 1' },
    { name: 'theirs', version: 'theirs 2' },
  ],
  parameters: { turns: 3 },
  metrics: [
    { key: 'rate', title: 'TCP up', unit: 'Mbit/s', fractionDigits: 0 },
    { key: 'failed', title: 'Failed', unit: '', fractionDigits: 0 },
  ],
  samples: [
    { subject: 'ours', turn: 1, values: { rate: 300, failed: 0 } },
    { subject: 'theirs', turn: 1, values: { rate: 200, failed: 0 } },
    { subject: 'ours', turn: 2, values: { rate: 400, failed: 1 } },
    { subject: 'theirs', turn: 2, values: { rate: 200, failed: 0 } },
    { subject: 'ours', turn: 3, values: { rate: 350, failed: 0 } },
    { subject: 'theirs', turn: 3, values: { rate: 350, failed: 0 } },
  ],
};

test('a measurement is a table of medians with ranges, and of ratios turn by turn', () => {
  assert.equal(
    renderMeasurement(measurement),
    `## Goodput

One connection.

|  | ours | theirs | ours : theirs |
|---|--:|--:|--:|
| TCP up, Mbit/s | 350 (300 to 400) | 200 (200 to 350) | 1.50 (1.00 to 2.00) |
| Failed | 0 (0 to 1) | 0 (0 to 0) |  |

- ours: ours 1
- theirs: theirs 2
- turns: 3
- machine: 2 × processor
- taken: 2020-01-01T00:00:00.000Z
`,
  );
});

test('a section says what a hypervisor took, where that was counted', () => {
  const [first, second, ...others] = measurement.samples;
  assert.ok(first && second);
  const samples = [{ ...first, stolenPercent: 0.25 }, { ...second, stolenPercent: 1.5 }, ...others];
  const page = renderMeasurement({ ...measurement, samples }).split('\n');
  assert.ok(
    page.includes('- taken away by a hypervisor: 0.9 (0.3 to 1.5) % of a run'),
    page.join('\n'),
  );
});

test('the page of benchmarks says what the samples say', () => {
  const measurements = loadMeasurements(resultsFolder);
  const expected = measurements.size === 0 ? undefined : renderReport(measurements);
  assert.equal(existsSync(reportFile) ? readFileSync(reportFile, 'utf8') : undefined, expected);
});
