import { parentPort } from 'node:worker_threads';
import { answerLookup, type LookupAnswer, type LookupQuestion } from './name-lookup.ts';

/** A question of the main thread, and what comes back with the same number. */
export type LookupAsked = { readonly id: number; readonly question: LookupQuestion };
export type LookupAnswered = { readonly id: number; readonly answer: LookupAnswer };

parentPort?.on('message', ({ id, question }: LookupAsked) => {
  void answerLookup(question).then((answer) => {
    parentPort?.postMessage({ id, answer } satisfies LookupAnswered);
  });
});
