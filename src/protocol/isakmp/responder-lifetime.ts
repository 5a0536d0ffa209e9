import { after, type Instant } from '#base/instant';
import { uint32 } from '#crypto/keymat';
import { encodeAttributes } from '#wire/isakmp/attribute';
import {
  lifeTypes,
  notifyTypes,
  phaseOneAttributes,
  phaseTwoAttributes,
} from '#wire/isakmp/numbers';
import type { Notification } from '#wire/isakmp/payload';
import { LIFETIME_REMINDER_PARTS } from './constants.ts';
import { lifetimeOverridden } from './events.ts';
import { espNotification, isakmpNotification, sendInformational } from './informational-send.ts';
import { duration } from './phase-one-proposals.ts';
import type { PhaseTwoChoice } from './phase-two-proposals.ts';
import type { Established } from './state.ts';
import type { Turn } from './turn.ts';

/**
 * RESPONDER-LIFETIME: the responder returns a proposal unchanged, and tells by notification that it
 * will not keep the SA that long (NAT-52). RFC 2407 section 4.6.3.1.
 */

const isLonger = ({ terms }: Established): boolean =>
  (terms.offeredSeconds ?? 0) > terms.lifetimeSeconds;

/** The moments at which a peer that proposed a longer lifetime is reminded of ours. */
const reminders = ({ establishedAt, terms }: Established): readonly Instant[] =>
  LIFETIME_REMINDER_PARTS.map((part) => after(establishedAt, terms.lifetimeSeconds * 1000 * part));

/** Whether the lifetime was announced, and only reminders are left. */
const isAnnounced = (sa: Established): boolean =>
  sa.responderLifetimeAt === undefined || reminders(sa).includes(sa.responderLifetimeAt);

/**
 * Announces the phase-1 lifetime. Nobody acknowledges the message, so that a peer which has not
 * negotiated anew late in the life of the SA is told again.
 */
export function announcePhaseOne(turn: Turn, sa: Established): Established {
  if (sa.responderLifetimeAt === undefined) return sa;
  const { offeredSeconds, lifetimeSeconds } = sa.terms;
  if (offeredSeconds !== undefined && isLonger(sa) && !isAnnounced(sa))
    turn.log(lifetimeOverridden, sa.subject, () => ({
      protocol: 'IKE',
      offered: offeredSeconds,
      seconds: lifetimeSeconds,
    }));
  const data = encodeAttributes([
    { type: phaseOneAttributes.lifeType, value: lifeTypes.seconds },
    { type: phaseOneAttributes.lifeDuration, value: duration(lifetimeSeconds) },
  ]);
  sendInformational(turn, sa, [isakmpNotification(sa, notifyTypes.responderLifetime, data)]);
  const next = isLonger(sa) ? reminders(sa).find((at) => at > turn.now) : undefined;
  return { ...sa, responderLifetimeAt: next };
}

/** Announces the phase-1 lifetime with the first Quick Mode, if the peer proposed a longer one. */
export function announcePhaseOneIfLonger(turn: Turn, sa: Established): Established {
  if (!isLonger(sa)) return { ...sa, responderLifetimeAt: undefined };
  return isAnnounced(sa) ? sa : announcePhaseOne(turn, sa);
}

/** The notifications that ride in message 2 of a Quick Mode whose initiator proposed longer lifetimes. */
export function phaseTwoLifetimes(
  turn: Turn,
  sa: Established,
  choice: PhaseTwoChoice,
  inboundSpi: number,
): readonly Notification[] {
  const notification = (lifeType: number, value: number): Notification =>
    espNotification(
      notifyTypes.responderLifetime,
      uint32(inboundSpi),
      encodeAttributes([
        { type: phaseTwoAttributes.saLifeType, value: lifeType },
        { type: phaseTwoAttributes.saLifeDuration, value: duration(value) },
      ]),
    );
  const { offeredSeconds, lifetimeSeconds, offeredKilobytes, lifetimeKilobytes } = choice;
  const notifications: Notification[] = [];
  if (offeredSeconds !== undefined && offeredSeconds > lifetimeSeconds) {
    turn.log(lifetimeOverridden, sa.subject, () => ({
      protocol: 'IPSec',
      offered: offeredSeconds,
      seconds: lifetimeSeconds,
    }));
    notifications.push(notification(lifeTypes.seconds, lifetimeSeconds));
  }
  if (offeredKilobytes !== undefined && offeredKilobytes > lifetimeKilobytes)
    notifications.push(notification(lifeTypes.kilobytes, lifetimeKilobytes));
  return notifications;
}
