/**
 * Runs one lab by hand and tells its story as it happens.
 * Usage: main.ts FOLDER [VARIANT] [--keep]
 */
import { parseArgs } from 'node:util';
import { loadLab } from './lab.ts';
import { LabError } from './lab-error.ts';
import { prepareMachine } from './machine.ts';
import { LabRun } from './run.ts';

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { keep: { type: 'boolean', default: false } },
  });
  const [folder, variant] = positionals;
  if (folder === undefined) throw new LabError('usage: main.ts FOLDER [VARIANT] [--keep]');
  const lab = loadLab(folder);
  const names = lab.story.variants.map(({ name }) => name);
  if (variant === undefined ? names.length > 0 : !names.includes(variant))
    throw new LabError(`name one of the variants: ${names.join(', ') || '(this lab has none)'}`);
  const obstacle = prepareMachine(['ip', ...lab.story.needs], console.log);
  if (obstacle !== undefined) throw new LabError(obstacle.reason);
  const run = new LabRun(lab, variant);
  let keep = true;
  try {
    for (const step of run.steps) {
      const begunAt = performance.now();
      await run.perform(step);
      console.log(`ok  ${((performance.now() - begunAt) / 1000).toFixed(1)} s  ${step.title}`);
    }
    for (const line of await run.inspectCaptures()) console.log(`ok  ${line}`);
    keep = values.keep;
  } finally {
    await run.close(keep);
    if (keep) console.log(`logs and captures: ${run.workFolder}`);
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof LabError ? error.message : error);
  process.exitCode = 1;
}
