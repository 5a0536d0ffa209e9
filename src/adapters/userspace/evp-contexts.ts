import { assert } from '#base/assert';

/** Places for contexts, a power of two. So many SAs of a suite are served without their keys being set anew. */
export const PLACES = 1024;
const NOBODY = -1;

/** How OpenSSL makes contexts of one kind, and takes them back. */
export type ContextKind = {
  /** 0 when there is no memory. */
  readonly make: () => number;
  /** Wipes the key in it, too. */
  readonly free: (context: number) => void;
};

/**
 * The contexts of OpenSSL that the SAs of one suite and direction take in turn. Setting a key costs a
 * fraction of a packet, less than fetching a context of its own from memory would among many SAs; and
 * an SA that is silent has none. Each SA has one place, which it shares with every 1024th.
 */
export class Contexts {
  readonly #kind: ContextKind;
  /** Beside undefined V8 keeps the addresses as objects, and a packet allocates no number to read one. */
  readonly #contexts = new Array<number | undefined>(PLACES).fill(undefined);
  /** Whose keys each context has. */
  readonly #holders = new Int32Array(PLACES).fill(NOBODY);

  /** Of the context that was taken last. */
  needsKey = false;

  constructor(kind: ContextKind) {
    this.#kind = kind;
  }

  /**
   * The context for these keys. When `needsKey` says so, it has others or none: the caller sets them now,
   * with the first call.
   */
  take(keys: number): number {
    const place = keys & (PLACES - 1);
    this.needsKey = this.#holders[place] !== keys;
    this.#holders[place] = keys;
    return this.#contexts[place] ?? this.#make(place);
  }

  /** These keys are no more: no context has them any longer. */
  forget(keys: number): void {
    const place = keys & (PLACES - 1);
    if (this.#holders[place] !== keys) return;
    this.#holders[place] = NOBODY;
    const context = this.#contexts[place];
    if (context !== undefined) this.#kind.free(context);
    this.#contexts[place] = undefined;
  }

  #make(place: number): number {
    const context = this.#kind.make();
    assert(context !== 0, 'OpenSSL has no memory for a context');
    this.#contexts[place] = context;
    return context;
  }
}
