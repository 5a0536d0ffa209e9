import { after, earliest, elapsedMs, type Instant, instant } from '#base/instant';
import { uint32 } from '#crypto/keymat';
import { notifyTypes } from '#wire/isakmp/numbers';
import { type Child, installedPairs } from './child.ts';
import { deleteChildren, endEstablished } from './close.ts';
import { HALF_OPEN_MS, RETIRED_AFTER_TRAFFIC_MS, UNKNOWN_SPI_MS } from './constants.ts';
import { pairUsedUp } from './events.ts';
import { espNotification, sendInformational } from './informational-send.ts';
import { inboundDataReceived, noOldSa, oldSaFound, saActive, spiText } from './install-events.ts';
import { install } from './quick.ts';
import { rekeyChild } from './quick-initiator.ts';
import { announcePhaseOne } from './responder-lifetime.ts';
import { type Established, type State, unconfirmedPairs } from './state.ts';
import type { Turn } from './turn.ts';

/** The life of what was negotiated: coming into use, being replaced, expiring. */

const EMPTY = new Uint8Array(0);

/**
 * The first packet of a pair arrived: its predecessor is needed no longer (NAT-67). That the peer has the
 * keys is as good as the last message of their negotiation, which may come later or never.
 */
export function inboundActive(turn: Turn, before: Established, spi: number): Established {
  const unconfirmed = unconfirmedPairs(before).find((c) => c.inboundSpi === spi);
  const sa = unconfirmed ? install(turn, before, unconfirmed) : before;
  const child = sa.children.find((c) => c.inboundSpi === spi);
  if (!child) return sa;
  turn.log(inboundDataReceived, {}, () => ({}));
  turn.log(saActive, {}, () => ({ spi: spiText(spi) }));
  const old = sa.retiring.find((r) => r.child.inboundSpi === child.replaces);
  if (!old) {
    turn.log(noOldSa, {}, () => ({ spi: spiText(spi) }));
    return sa;
  }
  const { messageId } = old.child;
  turn.log(oldSaFound, {}, () => ({ spi: spiText(spi), messageId: messageId.toString(16) }));
  const soon = after(turn.now, RETIRED_AFTER_TRAFFIC_MS);
  return {
    ...sa,
    retiring: sa.retiring.map((r) => (r === old && soon < r.until ? { ...r, until: soon } : r)),
  };
}

/**
 * The peer uses a pair that this end does not have: it would go on until the lifetime is over. Told of
 * the end it negotiates another one; where the pair is gone on both ends the message says nothing new.
 */
export function unknownSpi(turn: Turn, sa: Established, spi: number): Established {
  const ours = [...installedPairs(sa), ...unconfirmedPairs(sa)];
  if (ours.some((c) => c.inboundSpi === spi)) return sa;
  // Anybody can send a packet in the name of the peer.
  const { unknownSpiAt } = sa;
  if (unknownSpiAt !== undefined && elapsedMs(unknownSpiAt, turn.now) < UNKNOWN_SPI_MS) return sa;
  const invalid = espNotification(notifyTypes.invalidSpi, uint32(spi), EMPTY);
  // The delete comes first: strongSwan reads nothing behind an error.
  sendInformational(turn, sa, [deleteChildren([spi]), invalid]);
  return { ...sa, unknownSpiAt: turn.now };
}

/** A pair nears the end of its kilobytes or sequence numbers: it is replaced now. */
export function expiring(turn: Turn, sa: Established, spi: number): Established {
  const child = sa.children.find((c) => c.inboundSpi === spi || c.outboundSpi === spi);
  return child?.rekeyAt === undefined ? sa : replace(turn, sa, child);
}

/**
 * A pair has carried all it may: it ends, and the peer is told. While its successor is negotiated it
 * stays for that negotiation, though it carries nothing; without any pair some clients hang up.
 */
export function expired(turn: Turn, sa: Established, spi: number): Established {
  const child = installedPairs(sa).find((c) => c.inboundSpi === spi || c.outboundSpi === spi);
  if (!child) return sa;
  turn.log(pairUsedUp, sa.subject, () => ({
    spi: spiText(spi),
    kilobytes: child.lifetimeKilobytes,
  }));
  if (!isBeingReplaced(sa, child)) return drop(turn, sa, child);
  const expiresAt = instant(Math.min(child.expiresAt, after(turn.now, HALF_OPEN_MS)));
  const shortened = { ...child, expiresAt };
  return { ...sa, children: sa.children.map((c) => (c === child ? shortened : c)) };
}

/** Whether a Quick Mode for the successor of a pair is under way. */
function isBeingReplaced(sa: Established, child: Child): boolean {
  if (!sa.children.includes(child)) return false;
  return sa.quickModes.some((quick) => {
    const made = 'offer' in quick ? quick.offer : 'plan' in quick ? quick.plan : quick.child;
    return made.replaces === child.inboundSpi;
  });
}

/** Begins a Quick Mode in place of `child`, once; until it is done the old pair serves. */
function replace(turn: Turn, sa: Established, child: Child): Established {
  const children = sa.children.map((c) => (c === child ? { ...c, rekeyAt: undefined } : c));
  return rekeyChild(turn, { ...sa, children }, child);
}

/** The earliest deadline of pairs and of the ISAKMP SA itself. */
export function lifetimeDeadline(sa: Established): Instant | undefined {
  let next: Instant | undefined = earliest(sa.expiresAt, sa.responderLifetimeAt);
  for (const child of sa.children) next = earliest(next, earliest(child.rekeyAt, child.expiresAt));
  for (const { until } of sa.retiring) next = earliest(next, until);
  return next;
}

/** Replaces, retires and expires what is due. */
export function lifetimeTick(turn: Turn, sa: Established): State {
  const { now } = turn;
  if (now >= sa.expiresAt) return endEstablished(turn, sa, 'lifetime expired', true);
  let next = sa;
  if (sa.responderLifetimeAt !== undefined && now >= sa.responderLifetimeAt)
    next = announcePhaseOne(turn, next);
  for (const child of sa.children) {
    if (now >= child.expiresAt) next = drop(turn, next, child);
    else if (child.rekeyAt !== undefined && now >= child.rekeyAt) next = replace(turn, next, child);
  }
  for (const { child, until } of sa.retiring) if (now >= until) next = drop(turn, next, child);
  return next;
}

/** Takes a pair out of service and tells the peer. */
function drop(turn: Turn, sa: Established, child: Child): Established {
  sendInformational(turn, sa, [deleteChildren([child.inboundSpi])]);
  turn.emit({ kind: 'remove', child });
  return {
    ...sa,
    children: sa.children.filter((c) => c.inboundSpi !== child.inboundSpi),
    retiring: sa.retiring.filter((r) => r.child.inboundSpi !== child.inboundSpi),
  };
}
