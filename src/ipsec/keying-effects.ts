import type { ForwardingChange } from '#dataplane/data-plane';
import { checkChanges } from '#dataplane/sa-check';
import type { Effect, Path } from '#protocol/isakmp/turn';
import { additions } from './forwarding.ts';
import type { KeyingEffect, KeyingNotice, SaId } from './keying.ts';

/** Effects of single ISAKMP SAs as those of the device. */

export const sendEffect = (
  { local, remote, encapsulated }: Path,
  bytes: Uint8Array,
): KeyingEffect => ({ kind: 'send', local, remote, bytes, encapsulated });

/** A notice without the SA it is about. */
type Unaddressed = KeyingNotice extends infer N
  ? N extends unknown
    ? Omit<N, 'sa' | 'owner'>
    : never
  : never;

export const noticeOf = (
  { id, owner }: { readonly id: SaId; readonly owner: string | undefined },
  notice: Unaddressed,
): KeyingEffect => ({
  kind: 'notice',
  notice: { sa: id, ...(owner === undefined ? {} : { owner }), ...notice } as KeyingNotice,
});

export const forwardOf = (
  { owner }: { readonly owner: string | undefined },
  changes: readonly ForwardingChange[],
): KeyingEffect => ({ kind: 'forward', changes, ...(owner === undefined ? {} : { owner }) });

/** Fails where no packet path would take a pair, while that still concerns one connection alone. */
export function checkPairs(effects: readonly Effect[], path: Path): void {
  for (const effect of effects)
    if (effect.kind === 'install' || effect.kind === 'prepare')
      checkChanges(additions(effect.child, path));
}
