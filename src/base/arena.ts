/**
 * Memory in which packets are rewritten in place. Its users pass offsets instead of views, so that a
 * packet costs no allocation.
 */
export type Arena = {
  readonly bytes: Uint8Array;
  /** The same memory in words of the machine's byte order, for sums over many octets. */
  readonly words: Uint32Array;
  /** Where the memory begins in the address space, for code outside JavaScript; 0 if none ever sees it. */
  readonly pointer: number;
};

/** An arena of at least `octets` octets that stays within JavaScript. */
export function plainArena(octets: number): Arena {
  const words = new Uint32Array(Math.ceil(octets / 4));
  return { bytes: new Uint8Array(words.buffer), words, pointer: 0 };
}
