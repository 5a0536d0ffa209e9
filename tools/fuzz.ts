/**
 * Long fuzzing of the codecs: `node tools/fuzz.ts [--codec NAME] [--cases N] [--seed N] [--from N]`.
 * NAME is a codec or the beginning of several; without it all are run. A failure prints the command
 * that runs its case alone.
 */
import { parseArgs } from 'node:util';
import { type Specimen, specimens } from '../src/wire/testing/codecs.ts';
import { fuzz } from '../src/wire/testing/laws.ts';

/** Cases between two lines of progress. */
const stride = 1_000_000;

const { values: options } = parseArgs({
  options: {
    codec: { type: 'string', default: '' },
    cases: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
  },
});

/** A whole number that an option was given; ends the program otherwise. */
function count(name: 'cases' | 'seed' | 'from'): number {
  const number = Number(options[name]);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  console.error(`--${name} ${options[name]} is not a whole number`);
  process.exit(2);
}

function run(name: string, { codec, values }: Specimen<unknown>): boolean {
  const samples = values.map((value) => codec.encode(value));
  const [seed, first, end] = [count('seed'), count('from'), count('from') + count('cases')];
  let accepted = 0;
  for (let from = first; from < end; from += stride) {
    const cases = Math.min(stride, end - from);
    try {
      accepted += fuzz(codec, samples, { seed, from, cases }).accepted;
    } catch (error) {
      const message = (error as Error).message;
      const index = /case (\d+)/.exec(message)?.[1] ?? from;
      console.error(`${name}: ${message}`);
      console.error(`node tools/fuzz.ts --codec ${name} --seed ${seed} --from ${index} --cases 1`);
      return false;
    }
    console.log(`${name}: ${from + cases - first} cases, ${accepted} accepted`);
  }
  return true;
}

const chosen = Object.entries<Specimen<unknown>>(specimens).filter(([name]) =>
  name.startsWith(options.codec),
);
if (chosen.length === 0) {
  console.error(`no codec ${options.codec}; there are ${Object.keys(specimens).join(', ')}`);
  process.exit(2);
}
const outcomes = chosen.map(([name, specimen]) => run(name, specimen));
process.exitCode = outcomes.every(Boolean) ? 0 : 1;
