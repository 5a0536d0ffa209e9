import type { Instant } from '#base/instant';
import type { Admission, SaId } from '#ipsec/keying';
import { remoteAccessSlice } from './config.ts';
import type { Context } from './parts.ts';

const SERVE: Admission = { kind: 'serve' };

/**
 * Where a client goes that has proven the key of its group: to the head-end that the group names, or
 * that the director chooses. One that does not begin afresh has a tunnel here, and cannot be moved.
 */
export function admissionOf(c: Context, sa: SaId, beginsAfresh: boolean, now: Instant): Admission {
  const summary = c.keying.summary(sa);
  if (!beginsAfresh || summary?.group === undefined) return SERVE;
  const { group, local, remote } = summary;
  const target = remoteAccessSlice.of(c.configuration()).tunnelGroups.get(group)?.redirectTo;
  if (target !== undefined) return { kind: 'redirect', target };
  return c.director?.({ group, local, remote }, now) ?? SERVE;
}
