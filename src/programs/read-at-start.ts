import type { Configuration } from '#config/configuration';
import { loadBalancingOf } from '#features/cluster/config';
import {
  clampMssOf,
  dfBitOf,
  fragmentationPolicyOf,
  IKE_PORTS,
  listenersOf,
  tunnelNetworks,
} from './listening.ts';

/** Something that a head-end takes from its configuration when it starts, and never again. */
type Part = {
  /** What does not happen before the next start. */
  readonly phrase: string;
  /** Undefined where nothing is wanted of it any more, which waits for nothing. */
  readonly of: (configuration: Configuration) => unknown;
};

const SOCKETS: readonly Part[] = [
  {
    phrase: 'the UDP sockets stay as they are',
    of: (c) => listenersOf(c, IKE_PORTS).filter(({ floating }) => !floating),
  },
  {
    phrase: 'nothing listens at the cluster address',
    of: (c) => loadBalancingOf(c).cluster,
  },
  { phrase: 'the DF bit stays as it is', of: dfBitOf },
  { phrase: 'the fragmentation policy stays as it is', of: fragmentationPolicyOf },
  { phrase: 'the segments of TCP stay as long as they are', of: clampMssOf },
];

const ROUTES: Part = {
  phrase: 'Linux has no other routes into tunnels than before',
  of: tunnelNetworks,
};

/**
 * What a change of the configuration leaves for the next start: one phrase for each part that differs
 * both from before the change and from what was in force at the start.
 */
export function waitsForRestart(
  started: Configuration,
  before: Configuration,
  after: Configuration,
  inside: 'userspace' | 'memory',
): readonly string[] {
  const parts = inside === 'userspace' ? [...SOCKETS, ROUTES] : SOCKETS;
  return parts.flatMap(({ phrase, of }) => {
    const now = JSON.stringify(of(after));
    const changed =
      now !== undefined &&
      now !== JSON.stringify(of(before)) &&
      now !== JSON.stringify(of(started));
    return changed ? [`until headend is started again, ${phrase}`] : [];
  });
}
