import type { Configuration } from '#config/configuration';
import { sessionSlice } from '#session/config';
import { type ResolvedGroupPolicy, remoteAccessSlice, resolveGroupPolicy } from './config.ts';

/** What is in force for a user of a tunnel group: the user's own policy, else the group's. */
export function policyOf(
  configuration: Configuration,
  group: string,
  user: string,
): ResolvedGroupPolicy | undefined {
  const own = sessionSlice.of(configuration).users.get(user);
  const tunnelGroup = remoteAccessSlice.of(configuration).tunnelGroups.get(group);
  const name = own?.groupPolicy ?? tunnelGroup?.defaultGroupPolicy;
  const policy = name === undefined ? undefined : resolveGroupPolicy(configuration, name);
  if (own?.simultaneousLogins === undefined) return policy;
  return policy && { ...policy, simultaneousLogins: own.simultaneousLogins };
}
