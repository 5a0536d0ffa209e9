import { readLinuxNames } from '#adapters/pat-box';
import { type Parsed, parseListing } from '#config/parse';
import { summaryOf } from '#config/summary';
import { grammar } from '#engine/grammar';
import { dialectOption, readText } from './check.ts';
import { UsageError } from './program.ts';
import type { RunWanted } from './run.ts';
import { runHeadEnd } from './run-head-end.ts';
import { runPatBox } from './run-pat-box.ts';
import { whatRuns } from './what-runs.ts';

/** How a configuration is to be run. */
export type RunOptions = Omit<RunWanted, 'dialect' | 'keepUnknown' | 'interfaces'> & {
  readonly parsed: Parsed;
  readonly linuxNames: ReadonlyMap<string, string>;
};

/** A person reads no more than a screen of them. */
const DIAGNOSTICS_SHOWN = 50;

/** Reads and judges a configuration; complains about every bad line at once. */
async function load(
  file: string,
  dialect: string | undefined,
  keepUnknown: boolean,
): Promise<Parsed> {
  const options = { dialect: dialectOption(dialect), keepUnknown };
  const parsed = parseListing(grammar, await readText(file), options);
  const errors = parsed.diagnostics.filter((d) => d.severity === 'error');
  if (errors.length === 0) return parsed;
  const lines = [...summaryOf(file, parsed.diagnostics, { each: true })];
  if (lines.length > DIAGNOSTICS_SHOWN)
    lines.splice(
      DIAGNOSTICS_SHOWN,
      lines.length,
      `${lines.length - DIAGNOSTICS_SHOWN} more; "headend check ${file}" lists them all`,
    );
  throw new UsageError(
    `${file} is not run, because ${errors.length === 1 ? 'a line is' : `${errors.length} lines are`} wrong\n${lines.join('\n')}`,
  );
}

/** Runs what a file describes to its end; the answer is the exit status. */
export async function runFile(wanted: RunWanted): Promise<number> {
  const { file, dialect, keepUnknown, interfaces, ...others } = wanted;
  const linuxNames = readLinuxNames(interfaces);
  if (!linuxNames.ok) throw new UsageError(linuxNames.error);
  const parsed = await load(file, dialect, keepUnknown);
  const options: RunOptions = { ...others, file, parsed, linuxNames: linuxNames.value };
  const what = whatRuns(parsed.configuration);
  if (what.kind === 'nothing') throw new UsageError(`${file}: ${what.reasons.join('; ')}`);
  return what.kind === 'headEnd' ? runHeadEnd(options) : runPatBox(options);
}
