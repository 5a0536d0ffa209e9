/**
 * Renders every measurement of bench/results as docs/benchmarks.md, which is never typed by hand.
 * Usage: report.ts
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Summary, summarize, summarizeRatios } from './figures.ts';
import { renderGoals } from './goals.ts';
import { loadMeasurements, type Measurement, type Metric, resultsFolder } from './measurement.ts';
import { runBench } from './program.ts';

export const reportFile = join(import.meta.dirname, '../docs/benchmarks.md');

const preface = `# Benchmarks

Written by \`bench/report.ts\` from the samples in \`bench/results\`; the method is in
[bench/README.md](../bench/README.md). A figure is the median of its runs with the smallest and the largest in
parentheses. A ratio compares runs that were taken one right after the other.
`;

const showSummary = ({ median, low, high }: Summary, digits: number): string =>
  `${median.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;

/** A figure that a sample lacks, because nothing got through to divide by, is left out. */
function row(measurement: Measurement, metric: Metric): string {
  const valuesOf = (name: string): readonly (number | undefined)[] =>
    measurement.samples
      .filter(({ subject }) => subject === name)
      .map(({ values }) => values[metric.key]);
  const [first, ...others] = measurement.subjects.map(({ name }) => valuesOf(name));
  if (first === undefined) throw new Error(`${measurement.title}: no subject`);
  const figures = [first, ...others].map((values) => {
    const present = values.filter((value) => value !== undefined);
    return present.length === 0 ? '' : showSummary(summarize(present), metric.fractionDigits);
  });
  const ratios = others.map((values) => {
    const isWhole = (all: readonly (number | undefined)[]): all is readonly number[] =>
      all.every((value) => value !== undefined);
    // Nothing to divide when the peer's figure is 0, as with failures.
    if (values.includes(0) || !isWhole(values) || !isWhole(first)) return '';
    return showSummary(summarizeRatios(first, values), 2);
  });
  const title = metric.unit === '' ? metric.title : `${metric.title}, ${metric.unit}`;
  return `| ${[title, ...figures, ...ratios].join(' | ')} |`;
}

/** How much other machines disturbed. */
function stolenLine({ samples }: Measurement): readonly string[] {
  const stolen = samples.flatMap((sample) => sample.stolenPercent ?? []);
  if (stolen.length === 0) return [];
  return [`- taken away by a hypervisor: ${showSummary(summarize(stolen), 1)} % of a run`];
}

/** One measurement as a section with a table. */
export function renderMeasurement(measurement: Measurement): string {
  const [first, ...others] = measurement.subjects.map(({ name }) => name);
  const head = ['', first, ...others, ...others.map((name) => `${first} : ${name}`)];
  const parameters = Object.entries(measurement.parameters);
  return [
    `## ${measurement.title}`,
    '',
    measurement.about,
    '',
    `| ${head.join(' | ')} |`,
    `|---${'|--:'.repeat(head.length - 1)}|`,
    ...measurement.metrics.map((metric) => row(measurement, metric)),
    '',
    ...measurement.subjects.map(({ name, version }) => `- ${name}: ${version}`),
    ...parameters.map(([name, value]) => `- ${name}: ${value}`),
    `- machine: ${measurement.machine}`,
    ...stolenLine(measurement),
    `- taken: ${measurement.takenAt}`,
    '',
  ].join('\n');
}

/** The whole page. */
export const renderReport = (measurements: ReadonlyMap<string, Measurement>): string =>
  [preface, renderGoals(measurements), ...[...measurements.values()].map(renderMeasurement)].join(
    '\n',
  );

if (import.meta.main)
  await runBench(import.meta.filename, {}, () =>
    writeFileSync(reportFile, renderReport(loadMeasurements(resultsFolder))),
  );
