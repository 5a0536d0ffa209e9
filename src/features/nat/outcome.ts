import type { Xlate } from './connection.ts';
import type { DropReason } from './drop-reasons.ts';

/**
 * What became of a packet. `to` is its destination after translation; `built` the translation that was
 * made for it.
 */
export type Outcome =
  | { readonly kind: 'forward'; readonly to: number; readonly built?: Xlate }
  | { readonly kind: 'drop'; readonly reason: DropReason };

export const drop = (reason: DropReason): Outcome => ({ kind: 'drop', reason });
