/**
 * Long fuzzing of the codecs and of the packet path.
 * Usage: fuzz.ts [--codec NAME] [--cases 1000000] [--seed 1] [--from 0]
 * NAME is a codec, packet-path, or the beginning of several; without it all are run. A failure prints the
 * command that runs its case alone.
 */
import { givenOptions } from '../bench/program.ts';
import { fuzzPath } from '../src/dataplane/testing/path-fuzz.ts';
import { type Specimen, specimens } from '../src/wire/testing/codecs.ts';
import { fuzz } from '../src/wire/testing/laws.ts';

/** Cases between two lines of progress. */
const stride = 1_000_000;

const options = givenOptions(import.meta.filename, {
  codec: { type: 'string', default: '' },
  cases: { type: 'string', default: '1000000' },
  seed: { type: 'string', default: '1' },
  from: { type: 'string', default: '0' },
});

/** A whole number that an option was given; ends the program otherwise. */
function count(name: 'cases' | 'seed' | 'from'): number {
  const number = Number(options[name]);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  console.error(`--${name} ${options[name]} is not a whole number`);
  process.exit(2);
}

type Run = { readonly seed: number; readonly from: number; readonly cases: number };

/** What is fuzzed: runs some cases, throws at a failure, and says in words what became of them. */
const targets: Readonly<Record<string, (run: Run) => string>> = {
  ...Object.fromEntries(
    Object.entries<Specimen<unknown>>(specimens).map(([name, { codec, values }]) => {
      const samples = values.map((value) => codec.encode(value));
      return [name, (run: Run) => `${fuzz(codec, samples, run).accepted} accepted`] as const;
    }),
  ),
  'packet-path': (run) => {
    const { packets, fates } = fuzzPath(run);
    const words = Object.entries(fates).map(([fate, count]) => `${fate} ${count}`);
    return `${packets} packets: ${words.join(', ')}`;
  },
};

function run(name: string, target: (run: Run) => string): boolean {
  const [seed, first, end] = [count('seed'), count('from'), count('from') + count('cases')];
  for (let from = first; from < end; from += stride) {
    const cases = Math.min(stride, end - from);
    try {
      console.log(
        `${name}: ${from + cases - first} cases, the last ${cases}: ${target({ seed, from, cases })}`,
      );
    } catch (error) {
      const message = (error as Error).message;
      const index = /case (\d+)/.exec(message)?.[1] ?? from;
      console.error(`${name}: ${message}`);
      console.error(`node tools/fuzz.ts --codec ${name} --seed ${seed} --from ${index} --cases 1`);
      return false;
    }
  }
  return true;
}

const chosen = Object.entries(targets).filter(([name]) => name.startsWith(options.codec));
if (chosen.length === 0) {
  console.error(`no codec ${options.codec}; there are ${Object.keys(targets).join(', ')}`);
  process.exit(2);
}
const outcomes = chosen.map(([name, target]) => run(name, target));
process.exitCode = outcomes.every(Boolean) ? 0 : 1;
