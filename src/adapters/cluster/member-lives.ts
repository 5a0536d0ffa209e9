import { Worker } from 'node:worker_threads';
import { err, type Result } from '#base/result';
import type { Identity } from '#protocol/vcl/state';
import type { LifeAsked } from './member-lives-worker.ts';
import type { LifeRandom } from './member-store.ts';

const WORKER = new URL('./member-lives-worker.ts', import.meta.url);

/**
 * New lives from a `MemberStore`, written by a thread that ends with the answer: a disk that is busy takes a tenth
 * of a second and more to say that something is written, and other devices may live in this process.
 */
export class MemberLives {
  readonly #path: string;
  #last: Promise<unknown> = Promise.resolve();

  /** `path` of the SQLite file. */
  constructor(path: string) {
    this.#path = path;
  }

  /** As `MemberStore.newLife`, one after the other; answers always, and never throws. */
  newLife(random: LifeRandom, wallClockMs: number): Promise<Result<Identity, string>> {
    const asked: LifeAsked = { path: this.#path, random, wallClockMs };
    const life = this.#last.then(() => this.#write(asked));
    this.#last = life;
    return life;
  }

  /** Fulfilled when nothing is being written any more. */
  async settled(): Promise<void> {
    await this.#last;
  }

  #write(asked: LifeAsked): Promise<Result<Identity, string>> {
    const worker = new Worker(WORKER, {
      workerData: asked,
      resourceLimits: { maxOldGenerationSizeMb: 32 },
    });
    return new Promise((answered) => {
      worker.once('message', answered);
      worker.once('error', (error: Error) => answered(err(error.message)));
      worker.once('exit', () => answered(err(`the thread that writes ${asked.path} has ended`)));
    });
  }
}
