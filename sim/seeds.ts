import { scenarios } from './scenarios/all.ts';

/** A story over virtual time: it fails by throwing, and everything in it follows from the seed. */
export type Scenario = (seed: number) => void;

export type ScenarioName = keyof typeof scenarios;

export const scenarioNames = Object.keys(scenarios) as readonly ScenarioName[];

/** The command that runs one seed again. */
export const replayCommand = (name: ScenarioName, seed: number): string =>
  `node_modules/.bin/node tools/simulate.ts --scenario ${name} --seeds ${seed}`;

/**
 * Runs a scenario by every seed from `first` to `last`. The error of one that fails says which, and how
 * to see it again; `progress` is told after each.
 */
export function runSeeds(
  name: ScenarioName,
  first: number,
  last: number,
  progress: (seed: number) => void = () => {},
): void {
  const scenario: Scenario = scenarios[name];
  for (let seed = first; seed <= last; seed += 1) {
    try {
      scenario(seed);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`seed ${seed}: ${reason}\n${replayCommand(name, seed)}`, { cause: error });
    }
    progress(seed);
  }
}
