/** Takes samples of several subjects in turn: A B, A B, ... */
import { setTimeout as sleep } from 'node:timers/promises';
import { LabError } from '../labs/runner/lab-error.ts';
import { prepareMachine } from '../labs/runner/machine.ts';
import type { Program } from '../labs/runner/programs.ts';
import type { Sample } from './measurement.ts';
import { stolenPercent, type Ticks, ticksNow } from './stolen-time.ts';
import { charon } from './subjects/charon.ts';
import { headend } from './subjects/headend.ts';
import type { Subject } from './subjects/subject.ts';

const subjects: readonly Subject[] = [headend, charon];

/** Whatever takes turns: a head-end, a tunnel, a size of a table. */
type Named = { readonly name: string };

/** Those of a list such as `headend,charon`; a name may come twice, to see the noise. */
export function choose<T extends Named>(list: string, candidates: readonly T[]): readonly T[] {
  return list.split(',').map((name) => {
    const found = candidates.find((candidate) => candidate.name === name);
    if (found === undefined)
      throw new LabError(`"${name}" is not one of ${candidates.map((c) => c.name).join(', ')}`);
    return found;
  });
}

export const chooseSubjects = (list: string): readonly Subject[] => choose(list, subjects);

/** The name under which a subject is reported: `charon`, and `charon 2` when it takes part twice. */
export function reportedNames(chosen: readonly Named[]): readonly string[] {
  return chosen.map(({ name }, index) => {
    const earlier = chosen.slice(0, index).filter((subject) => subject.name === name).length;
    return earlier === 0 ? name : `${name} ${earlier + 1}`;
  });
}

/** Refuses to begin on a machine that cannot do it. */
export function requirePrograms(needs: readonly Program[]): void {
  const obstacle = prepareMachine(needs, console.log);
  if (obstacle !== undefined) throw new LabError(obstacle.reason);
}

/** A sample of which a hypervisor took more than this says more about other machines than about this one. */
const STOLEN_PERCENT_MOST = 2;
/** Other machines are busy for a while: a turn is taken again so much later. */
const RESPITE_MS = 30_000;

const here = { ticks: ticksNow, log: console.log, respite: () => sleep(RESPITE_MS) };

/**
 * Lets every subject take its turn `turnCount` times, and says what each sample was. A turn is taken again, with
 * all its subjects, when a hypervisor took too much of one of its samples; as often as there are turns, then
 * what there is has to do.
 */
export async function takeTurns<T extends Named>(
  chosen: readonly T[],
  turnCount: number,
  measure: (subject: T) => Promise<Sample['values']>,
  {
    ticks,
    log,
    respite,
  }: {
    readonly ticks: () => Ticks;
    readonly log: (line: string) => void;
    readonly respite: () => Promise<void>;
  } = here,
): Promise<readonly Sample[]> {
  const names = reportedNames(chosen);
  const samples: Sample[] = [];
  let left = turnCount;
  for (let turn = 1; turn <= turnCount; ) {
    const taken: Sample[] = [];
    for (const [index, subject] of chosen.entries()) {
      const from = ticks();
      const values = await measure(subject);
      const stolen = stolenPercent(from, ticks());
      const name = names[index] ?? subject.name;
      taken.push({ subject: name, turn, values, stolenPercent: stolen });
      const shown = Object.entries(values).map(([key, value]) => `${key} ${value.toFixed(1)}`);
      log(`turn ${turn} of ${turnCount}, ${name}: ${shown.join(', ')}`);
    }
    const most = Math.max(...taken.map((sample) => sample.stolenPercent ?? 0));
    if (most > STOLEN_PERCENT_MOST && left > 0) {
      left -= 1;
      log(`turn ${turn} is taken again: a hypervisor took ${most.toFixed(1)} % of it`);
      await respite();
      continue;
    }
    samples.push(...taken);
    turn += 1;
  }
  return samples;
}
