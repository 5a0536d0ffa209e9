import { concat, equalBytes } from '#base/bytes';
import type { Fragment } from '#wire/isakmp/payload';

/**
 * IKE fragmentation, receiving side: peers that were told of it may cut a message that is too large for
 * the way into datagrams of their own. Fragments are not authenticated, so that one message at a time
 * is put together, within bounds.
 */

/** Ours. */
const FRAGMENTS_MOST = 32;

/** The fragments of one message that have come so far. */
export type Reassembly = {
  readonly fragmentId: number;
  readonly parts: ReadonlyMap<number, Uint8Array>;
  readonly octets: number;
  /** Number of the last fragment, once it came. */
  readonly count: number | undefined;
};

/**
 * Adds a fragment of a message of at most `octetsMost`: the whole message once it is complete, until then
 * what to keep. Another part under the same number is of another message: strongSwan calls all of them 1.
 */
export function addFragment(
  before: Reassembly | undefined,
  fragment: Fragment,
  octetsMost: number,
): { readonly message: Uint8Array } | { readonly keep: Reassembly | undefined } {
  const { fragmentId, number, last, data } = fragment;
  if (number < 1 || number > FRAGMENTS_MOST) return { keep: before };
  const same = before?.fragmentId === fragmentId ? before : undefined;
  const twin = same?.parts.get(number);
  if (twin && equalBytes(twin, data)) return { keep: before };
  const known = twin ? undefined : same;
  const parts = new Map(known?.parts).set(number, data.slice());
  const octets = (known?.octets ?? 0) + data.length;
  if (octets > octetsMost) return { keep: undefined };
  const count = last ? number : known?.count;
  if (count === undefined || parts.size < count)
    return { keep: { fragmentId, parts, octets, count } };
  const ordered = [...parts].filter(([n]) => n <= count).sort(([a], [b]) => a - b);
  return ordered.length === count
    ? { message: concat(...ordered.map(([, part]) => part)) }
    : { keep: { fragmentId, parts, octets, count } };
}
