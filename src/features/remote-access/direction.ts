import type { Instant } from '#base/instant';
import type { Admission, KeyingNotice } from '#ipsec/keying';
import { remoteAccessSlice } from './config.ts';
import type { Context } from './parts.ts';

type Wanted = Extract<KeyingNotice, { kind: 'admissionWanted' }>;

const SERVE: Admission = { kind: 'serve' };

/**
 * Where a client goes that has proven the key of its group: to the head-end that the group names, or
 * that the director chooses. One that does not begin afresh has a tunnel here, and its group cannot
 * move it.
 */
export function admissionOf(c: Context, notice: Wanted, now: Instant): Admission {
  const { sa, beginsAfresh, vendorIds } = notice;
  const summary = c.keying.summary(sa);
  if (summary?.group === undefined) return SERVE;
  const { group, local, remote } = summary;
  const target = remoteAccessSlice.of(c.configuration()).tunnelGroups.get(group)?.redirectTo;
  if (target !== undefined && beginsAfresh) return { kind: 'redirect', target };
  return c.director?.({ group, local, remote, vendorIds, beginsAfresh }, now) ?? SERVE;
}
