/**
 * Memory in which packets are rewritten in place. Its users pass offsets instead of views, so that a
 * packet costs no allocation.
 */
export type Arena = {
  readonly bytes: Uint8Array;
  /** Where `bytes` begins in the address space, for code outside JavaScript; 0 if none ever sees it. */
  readonly pointer: number;
};

/** An arena that stays within JavaScript. */
export const plainArena = (octets: number): Arena => ({
  bytes: new Uint8Array(octets),
  pointer: 0,
});
