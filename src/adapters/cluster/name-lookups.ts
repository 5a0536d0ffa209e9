import { Worker } from 'node:worker_threads';
import { type LookupAnswer, type LookupQuestion, unanswered } from './name-lookup.ts';
import type { LookupAnswered, LookupAsked } from './name-lookup-worker.ts';

const WORKER = new URL('./name-lookup-worker.ts', import.meta.url);

/**
 * Lookups in a thread of their own: reading one answer of 60 KB holds up whoever reads it for a tenth of a
 * second and more. The thread lives while something is asked.
 */
export class NameLookups {
  readonly #open = new Map<
    number,
    { readonly question: LookupQuestion; readonly answered: (answer: LookupAnswer) => void }
  >();
  #worker: Worker | undefined;
  #lastId = 0;

  /** Whether there is a thread now. */
  get runs(): boolean {
    return this.#worker !== undefined;
  }

  /** Answers always, and never throws. */
  ask(question: LookupQuestion): Promise<LookupAnswer> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((answered) => {
      this.#open.set(id, { question, answered });
      this.#worker ??= this.#start();
      this.#worker.postMessage({ id, question } satisfies LookupAsked);
    });
  }

  #start(): Worker {
    const worker = new Worker(WORKER, { resourceLimits: { maxOldGenerationSizeMb: 64 } });
    worker.unref();
    let reason = 'the thread that looks names up has ended';
    worker.on('error', (error: Error) => {
      reason = error.message;
    });
    worker.on('message', ({ id, answer }: LookupAnswered) => {
      this.#open.get(id)?.answered(answer);
      this.#open.delete(id);
      if (this.#open.size > 0 || this.#worker !== worker) return;
      this.#worker = undefined;
      void worker.terminate();
    });
    worker.on('exit', () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      const lost = [...this.#open.values()];
      this.#open.clear();
      for (const { question, answered } of lost) answered(unanswered(question, reason));
    });
    return worker;
  }
}
