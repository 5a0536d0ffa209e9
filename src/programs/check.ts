import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { formatDiagnostic } from '#config/diagnostic';
import { DIALECTS, type Dialect } from '#config/dialect';
import { parseListing } from '#config/parse';
import { grammar } from '#engine/grammar';
import { type Program, UsageError } from './program.ts';

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

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

export const checkProgram: Program = {
  name: 'check',
  synopsis: 'FILE [--dialect asa|pix|ios] [--quiet]',
  summary: 'say what is wrong with a configuration, without running it',
  help: `Every line that is not understood is named with its number and the nearest command; then the
configuration is verified as a whole. Exit status 0: it would run; 1: it would not.

  --dialect D  read it as this dialect, instead of the one its version line tells
  --quiet      errors only, no warnings and no remarks`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { dialect: { type: 'string' }, quiet: { type: 'boolean', default: false } },
    });
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new UsageError('check takes one FILE');
    const dialect = dialectOption(values.dialect);
    const parsed = parseListing(grammar, await readText(file), { dialect });
    const shown = parsed.diagnostics.filter((d) => !values.quiet || d.severity === 'error');
    for (const d of shown) process.stdout.write(`${formatDiagnostic(file, d)}\n`);
    const errors = parsed.diagnostics.filter((d) => d.severity === 'error').length;
    const warnings = parsed.diagnostics.filter((d) => d.severity === 'warning').length;
    process.stdout.write(
      errors === 0
        ? `${file}: loads as ${parsed.dialect}; ${count(warnings, 'warning')}\n`
        : `${file}: ${count(errors, 'error')}, ${count(warnings, 'warning')}; read as ${parsed.dialect}\n`,
    );
    return errors === 0 ? 0 : 1;
  },
};
