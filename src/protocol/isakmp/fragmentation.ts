import { concat } from '#base/bytes';
import type { Fragment } from '#wire/isakmp/payload';

/**
 * IKE fragmentation, receiving side: peers that were told of it may cut a message that is too large for
 * the way into datagrams of their own. Fragments are not authenticated, so that one message at a time
 * is put together, within bounds.
 */

/** Our own bounds: a chain of certificates fits, an endless message does not. */
const FRAGMENTS_MOST = 32;
const OCTETS_MOST = 32_768;

/** The fragments of one message that have come so far. */
export type Reassembly = {
  readonly fragmentId: number;
  readonly parts: ReadonlyMap<number, Uint8Array>;
  readonly octets: number;
  /** Number of the last fragment, once it came. */
  readonly count: number | undefined;
};

/** Adds a fragment: the whole message once it is complete, until then what to keep. */
export function addFragment(
  before: Reassembly | undefined,
  fragment: Fragment,
): { readonly message: Uint8Array } | { readonly keep: Reassembly | undefined } {
  const { fragmentId, number, last, data } = fragment;
  const known = before?.fragmentId === fragmentId ? before : undefined;
  if (number < 1 || number > FRAGMENTS_MOST || known?.parts.has(number)) return { keep: before };
  const parts = new Map(known?.parts).set(number, data.slice());
  const octets = (known?.octets ?? 0) + data.length;
  if (octets > OCTETS_MOST) return { keep: undefined };
  const count = last ? number : known?.count;
  if (count === undefined || parts.size < count)
    return { keep: { fragmentId, parts, octets, count } };
  const ordered = [...parts].filter(([n]) => n <= count).sort(([a], [b]) => a - b);
  return ordered.length === count
    ? { message: concat(...ordered.map(([, part]) => part)) }
    : { keep: { fragmentId, parts, octets, count } };
}
