import { test } from 'node:test';
import { runSeeds, type ScenarioName } from '../seeds.ts';

/** A test of a scenario by the seeds from 1 on; its title says what it proves. */
export const story = (title: string, name: ScenarioName, seeds: number): void => {
  const count = seeds === 1 ? '1 seed' : `${seeds} seeds`;
  test(`${title}, ${count}`, () => runSeeds(name, 1, seeds));
};
