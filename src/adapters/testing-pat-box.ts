/**
 * A PAT box as a process of its own, for tests: runs the seed's plan on `ethernet0` and `ethernet1` of its
 * network namespace and answers each line of input with a view as one line of JSON.
 */
import { createInterface } from 'node:readline';
import { eventText } from '#events/event';
import { seedPlan } from '#features/nat/testing';
import { startPatBox } from './pat-box.ts';

const box = await startPatBox({
  plan: seedPlan(),
  linuxNames: new Map(),
  happened: (event) => console.error(eventText(event)),
});
if (!box.ok) {
  console.error(box.error);
  process.exit(1);
}
console.log('ready');
const input = createInterface({ input: process.stdin });
input.on('line', () => {
  const { value: shown } = box;
  const views = { xlate: shown.xlate(), arp: shown.arp(), counters: shown.counters() };
  console.log(JSON.stringify(views));
});
input.on('close', () => box.value.close());
