import { after } from '#base/instant';
import { keepaliveSent } from './events.ts';
import type { Established } from './state.ts';
import type { Turn } from './turn.ts';

/**
 * NAT keepalives; RFC 3948 section 4. The RFC has the end behind the NAT send them; the concentrator
 * sends them too, whichever end is behind one (NAT-68, G-46).
 */

const intervalMs = (turn: Turn): number | undefined => {
  const seconds = turn.environment.policy.natTraversal?.keepaliveSeconds;
  return seconds && seconds * 1000;
};

/** The way was found to lead through a NAT. */
export function startKeepalives(turn: Turn, sa: Established): Established {
  const interval = intervalMs(turn);
  const nat = sa.natTraversal;
  const needed = sa.path.encapsulated && (nat?.localBehindNat || nat?.remoteBehindNat);
  return needed && interval ? { ...sa, keepaliveAt: after(turn.now, interval) } : sa;
}

/** The interval is over. Keepalives keep their beat, whatever else was sent meanwhile. */
export function keepaliveTick(turn: Turn, sa: Established): Established {
  if (sa.keepaliveAt === undefined || turn.now < sa.keepaliveAt) return sa;
  const interval = intervalMs(turn);
  if (!interval) return { ...sa, keepaliveAt: undefined };
  turn.emit({ kind: 'keepalive', path: sa.path });
  turn.log(keepaliveSent, { peer: sa.subject.peer }, () => ({}));
  // A device that slept does not make up for what it missed.
  const next = after(sa.keepaliveAt, interval);
  return { ...sa, keepaliveAt: next > turn.now ? next : after(turn.now, interval) };
}

/**
 * An initiator sent an IKE message: that kept the translation alive, so that its keepalive waits
 * another interval (NAT-69). A head-end keeps its beat.
 */
export function messageSentAlready(turn: Turn, sa: Established): Established {
  const interval = intervalMs(turn);
  if (sa.role !== 'initiator' || sa.keepaliveAt === undefined || !interval) return sa;
  return { ...sa, keepaliveAt: after(turn.now, interval) };
}
