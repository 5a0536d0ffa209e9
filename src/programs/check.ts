import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { DIALECTS, type Dialect } from '#config/dialect';
import { parseListing } from '#config/parse';
import { countOf, summaryOf } from '#config/summary';
import { grammar } from '#engine/grammar';
import { type Program, UsageError } from './program.ts';
import { whatRuns } from './what-runs.ts';

/** The text of a file, or a usage error that says why it cannot be read. */
export async function readText(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason =
      code === 'ENOENT'
        ? 'there is no such file'
        : code === 'EACCES'
          ? 'you may not read it'
          : code === 'EISDIR'
            ? 'it is a folder'
            : String(code ?? error);
    throw new UsageError(`cannot read ${path}: ${reason}`);
  }
  if (text.includes('\0'))
    throw new UsageError(`cannot read ${path}: it is no text, or not in UTF-8`);
  return text;
}

export function dialectOption(value: string | undefined): Dialect | undefined {
  if (value === undefined) return undefined;
  const dialect = DIALECTS.find((d) => d === value);
  if (!dialect) throw new UsageError(`--dialect takes ${DIALECTS.join(', ')}`);
  return dialect;
}

/** What of IOS is read, for whoever brings the listing of an Easy VPN server. */
const OF_IOS =
  'of IOS only interfaces, "crypto isakmp policy", transform sets, maps on one line each and users are read; ' +
  'its Easy VPN groups have to be written as "tunnel-group" and "group-policy" of an ASA';

export const checkProgram: Program = {
  name: 'check',
  synopsis: 'FILE [--dialect asa|pix|ios] [--keep-unknown] [--all] [--quiet]',
  summary: 'say what is wrong with a configuration, without running it',
  help: `Every line that is not understood is named with its number and the nearest command; then the
configuration is verified as a whole. Exit status 0: it would run; 1: it would not.

  --dialect D      read it as this dialect, instead of the one its version line tells
  --keep-unknown   lines that are not understood are warnings, as for "headend run --keep-unknown"
  --all            name each line that is kept without effect, instead of counting them
  --quiet          errors only, no warnings and no remarks`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        dialect: { type: 'string' },
        'keep-unknown': { type: 'boolean', default: false },
        all: { type: 'boolean', default: false },
        quiet: { type: 'boolean', default: false },
      },
    });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new UsageError('check takes one FILE');
    const { configuration, diagnostics, dialect } = parseListing(grammar, await readText(file), {
      dialect: dialectOption(values.dialect),
      keepUnknown: values['keep-unknown'],
    });
    for (const line of summaryOf(file, diagnostics, values)) process.stdout.write(`${line}\n`);
    if (dialect === 'ios' && !values.quiet) process.stdout.write(`${file}: info: ${OF_IOS}\n`);
    if (diagnostics.some((d) => d.severity === 'error')) {
      process.stdout.write(`${file}: ${countOf(diagnostics)}; read as ${dialect}\n`);
      return 1;
    }
    const what = whatRuns(configuration);
    if (what.kind === 'nothing') {
      for (const reason of what.reasons) process.stdout.write(`${file}: ${reason}\n`);
      process.stdout.write(`${file}: would not run; read as ${dialect}\n`);
      return 1;
    }
    const runs = what.kind === 'headEnd' ? 'a head-end' : 'a PAT box';
    process.stdout.write(
      `${file}: loads as ${dialect}; ${countOf(diagnostics)}; runs as ${runs}\n`,
    );
    return 0;
  },
};
