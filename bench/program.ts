/** What every bench, and every tool with options, is as a program: its options, its usage, and errors in one line. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { LabError } from '../labs/runner/lab-error.ts';

/** As `parseArgs` has them. One whose default is a number takes numbers only. */
export type BenchOptions = NonNullable<ParseArgsConfig['options']>;

/** What was given, or is so by default. */
export type Given<O extends BenchOptions> = ReturnType<typeof parseArgs<{ options: O }>>['values'];

const number = /^\d+(?:\.\d+)?$/;

/** The comment at the head of a bench, which says how it is used. */
export function usageOf(file: string): string {
  const [, comment = ''] = /\/\*\*(.*?)\*\//s.exec(readFileSync(file, 'utf8')) ?? [];
  return comment.replaceAll(/^ *\* ?/gm, '').trim();
}

/** Ends the process with one line. */
function refuse(file: string, reason: string, status: number): never {
  console.error(`${basename(file)}: ${reason}`);
  process.exit(status);
}

/** The options that were given; `--help` and what is wrong with them end the process. */
export function givenOptions<const O extends BenchOptions>(file: string, accepts: O): Given<O> {
  const options: BenchOptions = { ...accepts, help: { type: 'boolean', short: 'h' } };
  try {
    const { values } = parseArgs({ options });
    if (values.help) {
      console.log(usageOf(file));
      process.exit(0);
    }
    for (const [name, { default: standard }] of Object.entries(accepts))
      if (number.test(String(standard)) && !number.test(String(values[name])))
        throw new LabError(`--${name} takes a number, not "${values[name]}"`);
    return values as Given<O>;
  } catch (error) {
    const [reason = ''] = (error as Error).message.split('. ');
    return refuse(file, `${reason}; --help lists the options`, 2);
  }
}

/** Runs a bench with the options that were given. What a machine cannot do, or a choice that is none, is one line. */
export async function runBench<const O extends BenchOptions>(
  file: string,
  accepts: O,
  main: (options: Given<O>) => void | Promise<void>,
): Promise<void> {
  const options = givenOptions(file, accepts);
  try {
    await main(options);
  } catch (error) {
    if (error instanceof LabError) refuse(file, error.message, 1);
    throw error;
  }
}
