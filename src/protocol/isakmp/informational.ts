import { addressFromBytes } from '#base/address';
import { equalBytes } from '#base/bytes';
import { after, elapsedMs } from '#base/instant';
import { attributeNumber, decodeAttributes } from '#wire/isakmp/attribute';
import { lifeTypes, notifyTypes, phaseOneAttributes, protocolIds } from '#wire/isakmp/numbers';
import type { Delete } from '#wire/isakmp/payload';
import { type Child, installedPairs } from './child.ts';
import { endEstablished } from './close.ts';
import { ADOPTION_MS } from './constants.ts';
import { logNotify, notifyText } from './decode-text.ts';
import { peerAsked } from './dpd.ts';
import {
  otherKeepaliveReceived,
  peerNotification,
  processingNotify,
  redirectFollowed,
} from './events.ts';
import { closingHash, type Opened } from './open.ts';
import { acceptedSeconds } from './phase-one-proposals.ts';
import { type allOf, only } from './rules.ts';
import { bothCookies } from './seal.ts';
import { closed, type Established, type State } from './state.ts';
import type { Turn } from './turn.ts';
import { mayBeVpnc } from './vpnc.ts';

/** Notifications and deletes inside authentic informational messages; RFC 2409 section 5.7. */

type Notification = ReturnType<typeof allOf<'notify'>>[number];

/** Whether a message without anything but a HASH is the keepalive of an old client. */
export const isHashKeepalive = (sa: Established, messageId: number, opened: Opened): boolean =>
  opened.payloads.length === 1 &&
  equalBytes(only(opened.payloads, 'hash').data, closingHash(sa.secured, messageId));

/** Carries out an authentic informational message, payload by payload. */
export function informationalReceived(turn: Turn, sa: Established, opened: Opened): State {
  let state: State = sa;
  for (const payload of opened.payloads) {
    if (state.phase !== 'established') return state;
    if (payload.type === 'notify') state = notificationReceived(turn, state, payload);
    else if (payload.type === 'delete') state = deleteReceived(turn, state, payload);
  }
  return state;
}

/** A notification of an authentic message. */
export function notificationReceived(
  turn: Turn,
  sa: Established,
  notification: Notification,
): State {
  turn.log(processingNotify, sa.subject, () => ({}));
  logNotify(turn, sa.subject, notification);
  switch (notification.notifyType) {
    case notifyTypes.rUThere:
      return peerAsked(turn, sa, notification);
    case notifyTypes.altigaKeepalive:
    case notifyTypes.iosKeepalive:
    case notifyTypes.iosKeepaliveAck:
      turn.log(otherKeepaliveReceived, sa.subject, () => ({
        type: notifyText(notification.notifyType).replace(/ \(\d+\)$/, ''),
      }));
      return sa;
    case notifyTypes.initialContact:
      turn.notify({ kind: 'initialContact' });
      return startedAfresh(turn, sa);
    case notifyTypes.invalidSpi:
      logPeerNotification(turn, sa, notification);
      return notification.protocolId === protocolIds.esp && notification.spi.length === 4
        ? peerHasNot(turn, sa, [notification.spi])
        : sa;
    case notifyTypes.responderLifetime:
      return sa.role === 'initiator' ? lifetimeReceived(sa, notification) : sa;
    case notifyTypes.unityLoadBalance:
      return sa.role === 'initiator' ? redirectReceived(turn, sa, notification) : sa;
    default:
      // An acknowledgement of R-U-THERE, and every status, says that the peer lives; errors are news.
      if (notification.notifyType < notifyTypes.connected)
        logPeerNotification(turn, sa, notification);
      return sa;
  }
}

const logPeerNotification = (turn: Turn, sa: Established, { notifyType }: Notification): void =>
  turn.log(peerNotification, sa.subject, () => ({ message: notifyText(notifyType), trust: '' }));

/** Initiator: the gateway will not keep the ISAKMP SA as long as proposed; age counts from phase 1. */
function lifetimeReceived(sa: Established, notification: Notification): Established {
  if (notification.protocolId !== protocolIds.isakmp) return sa;
  const attributes = decodeAttributes(notification.data);
  if (!attributes.ok) return sa;
  const [type, duration] = attributes.value;
  const isSeconds =
    type?.type === phaseOneAttributes.lifeType && attributeNumber(type) === lifeTypes.seconds;
  const seconds = acceptedSeconds(duration && attributeNumber(duration));
  if (!isSeconds || !seconds || seconds >= sa.terms.lifetimeSeconds) return sa;
  return {
    ...sa,
    terms: { ...sa.terms, lifetimeSeconds: seconds },
    expiresAt: after(sa.establishedAt, seconds * 1000),
  };
}

/**
 * Initiator: another member of the cluster will serve us. Nothing is acknowledged and nothing deleted;
 * the gateway forgets this SA by itself. Once a configuration came it is too late to move, also when it
 * came under an older SA.
 */
function redirectReceived(turn: Turn, sa: Established, notification: Notification): State {
  if (notification.data.length !== 4 || sa.children.length > 0 || !sa.initialContact) return sa;
  const target = addressFromBytes(notification.data);
  turn.log(redirectFollowed, sa.subject, () => ({ target }));
  turn.emit({ kind: 'redirected', target });
  return closed(sa, 'redirected');
}

const hasJustAdopted = (turn: Turn, { adopted }: Established): boolean =>
  adopted !== undefined && elapsedMs(adopted.at, turn.now) < ADOPTION_MS;

/**
 * The peer begins afresh, and says so only now, as racoon does: it has nothing of what was taken over
 * from an older SA. What was negotiated since it has. RFC 2407 section 4.6.3.3.
 */
function startedAfresh(turn: Turn, sa: Established): Established {
  const { adopted } = sa;
  if (!adopted || !hasJustAdopted(turn, sa)) return sa;
  const { inboundSpis } = adopted;
  const next = withoutPairs(turn, sa, (c) => inboundSpis.includes(c.inboundSpi));
  return { ...next, adopted: { ...adopted, inboundSpis: [] } };
}

/** The peer deletes SAs: ours under its inbound SPIs. vpnc lists both SPIs of a pair. */
function deleteReceived(turn: Turn, sa: Established, payload: Delete): State {
  if (payload.protocolId === protocolIds.isakmp) {
    const own = bothCookies(sa.cookies);
    const named = payload.spis.some((spi) => equalBytes(spi, own));
    if (!named) return sa;
    return hasJustAdopted(turn, sa) && mayBeVpnc(sa)
      ? { ...sa, adopted: undefined }
      : endEstablished(turn, sa, 'peer deleted', false);
  }
  if (payload.protocolId !== protocolIds.esp || payload.spiSize !== 4) return sa;
  return peerHasNot(turn, sa, payload.spis);
}

/** The peer does not receive under these SPIs: the pairs are of no use any more. */
function peerHasNot(turn: Turn, sa: Established, octets: readonly Uint8Array[]): Established {
  const spis = new Set(
    octets.map((spi) => new DataView(spi.buffer, spi.byteOffset, 4).getUint32(0)),
  );
  return withoutPairs(turn, sa, (c) => spis.has(c.outboundSpi));
}

/** Takes pairs out of service that the peer does not have. */
function withoutPairs(turn: Turn, sa: Established, isGone: (child: Child) => boolean): Established {
  const gone = installedPairs(sa).filter(isGone);
  for (const child of gone) turn.emit({ kind: 'remove', child });
  return {
    ...sa,
    children: sa.children.filter((c) => !gone.includes(c)),
    retiring: sa.retiring.filter((r) => !gone.includes(r.child)),
  };
}
