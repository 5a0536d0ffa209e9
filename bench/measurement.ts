/** What a bench leaves behind: every sample, where and with what it was taken. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** One figure of a sample, and how it is printed. */
export type Metric = {
  readonly key: string;
  readonly title: string;
  readonly unit: string;
  readonly fractionDigits: number;
};

export type Sample = {
  readonly subject: string;
  /** Runs of the same turn were taken one right after the other. */
  readonly turn: number;
  readonly values: Readonly<Record<string, number>>;
  /** What a hypervisor took of all processor time meanwhile; absent in samples of before it was counted. */
  readonly stolenPercent?: number;
};

export type Measurement = {
  readonly title: string;
  /** One paragraph: what was measured, and what limits the figures. */
  readonly about: string;
  /** ISO 8601, UTC. */
  readonly takenAt: string;
  readonly machine: string;
  /** Subject names and exact versions; the first is compared with each of the others. */
  readonly subjects: readonly { readonly name: string; readonly version: string }[];
  readonly parameters: Readonly<Record<string, string | number>>;
  readonly metrics: readonly Metric[];
  readonly samples: readonly Sample[];
};

export const resultsFolder = join(import.meta.dirname, 'results');

/** Processor, memory and kernel in one line. */
export function describeMachine(): string {
  const processors = cpus();
  const memoryGibibytes = Math.round(totalmem() / 2 ** 30);
  const model = processors[0]?.model.trim() ?? 'unknown processor';
  return `${processors.length} × ${model}, ${memoryGibibytes} GiB, Linux ${release()}, ${distribution()}`;
}

const distribution = (): string =>
  execFileSync('sh', ['-c', '. /etc/os-release && echo "$PRETTY_NAME"'], {
    encoding: 'utf8',
  }).trim();

export function saveMeasurement(file: string, measurement: Measurement): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(measurement, undefined, 2)}\n`);
}

/** All measurements of a folder, by file name without `.json`; none when there is no such folder. */
export function loadMeasurements(folder: string): ReadonlyMap<string, Measurement> {
  if (!existsSync(folder)) return new Map();
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return new Map(
    files.sort().map((name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      return [basename(name, '.json'), JSON.parse(text) as Measurement];
    }),
  );
}
