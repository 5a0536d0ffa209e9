/** Every lab as a test, each step a subtest: `npm test` runs them as root, where there is TUN. */
import { type TestContext, test } from 'node:test';
import { type Lab, loadLabs } from './runner/lab.ts';
import { prepareMachine } from './runner/machine.ts';
import { LabRun } from './runner/run.ts';

const labs = loadLabs(import.meta.dirname);
const obstacle = prepareMachine(
  labs.flatMap((lab) => lab.story.needs),
  console.log,
);
// In continuous integration, a machine that is able to run labs has to run them.
const mustRun = process.env.CI !== undefined && obstacle?.kind === 'programs';
const skip = mustRun ? false : (obstacle?.reason ?? false);

for (const lab of labs)
  for (const variant of variantsOf(lab))
    test(`lab ${[lab.name, variant].filter(Boolean).join(', ')}`, { skip }, (t) => {
      if (obstacle !== undefined) throw new Error(obstacle.reason);
      return runLab(t, lab, variant);
    });

function variantsOf(lab: Lab): readonly (string | undefined)[] {
  const names = lab.story.variants.map(({ name }) => name);
  return names.length === 0 ? [undefined] : names;
}

async function runLab(t: TestContext, lab: Lab, variant: string | undefined): Promise<void> {
  const run = new LabRun(lab, variant);
  let allTrue = true;
  const subtest = async (title: string, body: () => Promise<void>): Promise<void> => {
    // A story stops being one when a step did not happen.
    if (!allTrue) return;
    allTrue = false;
    await t.test(title, async () => {
      await body();
      allTrue = true;
    });
  };
  try {
    for (const step of run.steps) await subtest(step.title, () => run.perform(step));
    await subtest('no recorded packet is malformed', async () => {
      for (const line of await run.inspectCaptures()) t.diagnostic(line);
    });
  } finally {
    await run.close(!allTrue);
    if (!allTrue) t.diagnostic(`logs and captures: ${run.workFolder}`);
  }
}
