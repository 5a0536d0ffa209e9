import type { SaId } from './keying.ts';
import { type Entry, NO_QUESTIONS } from './sa-table.ts';

/** Which SA waits for the answer, and which of its exchanges. */
type OpenQuestion = { readonly sa: SaId; readonly ticket: number };

/** Key agreements that were asked for and are not answered yet. */
export class OpenQuestions {
  readonly #byId = new Map<number, OpenQuestion>();
  #lastId = 0;

  get size(): number {
    return this.#byId.size;
  }

  /** Enters a question of an SA and returns the number under which its answer comes. */
  open(entry: Entry, ticket: number): number {
    this.#lastId += 1;
    this.#byId.set(this.#lastId, { sa: entry.id, ticket });
    entry.questions = [...entry.questions, this.#lastId];
    return this.#lastId;
  }

  /** Takes out a question that was answered; undefined when nobody waits for it anymore. */
  take(id: number): OpenQuestion | undefined {
    const question = this.#byId.get(id);
    this.#byId.delete(id);
    return question;
  }

  /** An SA's question was answered. */
  answered(entry: Entry, id: number): void {
    const rest = entry.questions.filter((other) => other !== id);
    entry.questions = rest.length === 0 ? NO_QUESTIONS : rest;
  }

  /** Nobody waits for the answers to an SA's questions anymore. */
  forget(entry: Entry): void {
    for (const id of entry.questions) this.#byId.delete(id);
  }
}
