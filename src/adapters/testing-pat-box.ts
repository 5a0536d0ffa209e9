/**
 * A PAT box as a process of its own, for tests: runs the seed's plan on `ethernet0` and `ethernet1` of its
 * network namespace and answers each line of input with a view as one line of JSON.
 */
import { createInterface } from 'node:readline';
import { instant } from '#base/instant';
import { eventText } from '#events/event';
import { arpView, patCountersView, xlateView } from '#features/nat/show';
import { seedPlan } from '#features/nat/testing';
import { startPatBox } from './pat-box.ts';

const now = () => instant(performance.timeOrigin + performance.now());
const box = startPatBox({
  plan: seedPlan(),
  linuxNames: new Map(),
  now,
  happened: (event) => console.error(eventText(event)),
});
if (!box.ok) {
  console.error(box.error);
  process.exit(1);
}
const { router } = box.value;
console.log('ready');
const input = createInterface({ input: process.stdin });
input.on('line', () =>
  console.log(
    JSON.stringify({
      xlate: xlateView(router.translations, now()),
      arp: arpView(router),
      counters: patCountersView(router),
    }),
  ),
);
input.on('close', () => box.value.close());
