import { parentPort, workerData } from 'node:worker_threads';
import { type LifeRandom, MemberStore } from './member-store.ts';

/** What the thread needs for one new life. */
export type LifeAsked = {
  readonly path: string;
  readonly random: LifeRandom;
  readonly wallClockMs: number;
};

const { path, random, wallClockMs } = workerData as LifeAsked;
const store = new MemberStore(path);
const life = store.newLife(random, wallClockMs);
store.close();
parentPort?.postMessage(life);
