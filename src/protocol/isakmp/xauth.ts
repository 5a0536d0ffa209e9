import { fromUtf8, toUtf8 } from '#base/bytes';
import { after } from '#base/instant';
import { attributeNumber, findAttribute } from '#wire/isakmp/attribute';
import {
  xauthAttributes as attribute,
  configurationTypes,
  exchangeTypes,
  xauthStatuses,
  xauthTypes,
} from '#wire/isakmp/numbers';
import type { Attributes } from '#wire/isakmp/payload';
import { endEstablished } from './close.ts';
import {
  REQUEST_WAITS_MS,
  RESPONDER_LIFETIME_MS,
  XAUTH_REQUEST_WAITS_MS,
  XAUTH_VALUE_OCTETS_MOST,
} from './constants.ts';
import { startWatching } from './dpd.ts';
import {
  extendedAuthenticationAccepted,
  extendedAuthenticationRefused,
  extendedAuthenticationTimedOut,
  messageRefused,
} from './events.ts';
import { newMessageId, remember, repeat, transmit } from './exchange.ts';
import { printable } from './identity.ts';
import { pullConfiguration } from './mode-config.ts';
import { retransmit } from './retransmission.ts';
import { firstIv, type Sealed, seal } from './seal.ts';
import type { Established, State, Transaction } from './state.ts';
import type { Turn } from './turn.ts';

/** Extended authentication inside transaction exchanges; draft-beaulieu-ike-xauth-02. */

const EMPTY = new Uint8Array(0);

/** Seals an attributes payload as the next message of a transaction. */
function sealTransaction(
  sa: Established,
  transaction: Transaction,
  attributesType: number,
  attributes: Attributes['attributes'],
): Sealed {
  const { messageId, iv, identifier } = transaction;
  return seal(sa.secured, { exchangeType: exchangeTypes.transaction, messageId, iv }, [
    { type: 'attributes', attributesType, identifier, attributes },
  ]);
}

function newTransaction(turn: Turn, sa: Established): Transaction {
  const messageId = newMessageId(turn, sa);
  const [high = 0, low = 0] = turn.environment.random.bytes(2);
  return { messageId, identifier: (high << 8) | low, iv: firstIv(sa.secured, messageId) };
}

/** Responder, phase 1 completed: asks for name and password. */
export function requestCredentials(turn: Turn, sa: Established): Established {
  const transaction = newTransaction(turn, sa);
  const sealed = sealTransaction(sa, transaction, configurationTypes.request, [
    { type: attribute.xauthType, value: xauthTypes.generic },
    { type: attribute.xauthUserName, value: EMPTY },
    { type: attribute.xauthUserPassword, value: EMPTY },
  ]);
  transmit(turn, sa, transaction.messageId, sealed);
  return {
    ...sa,
    extendedAuthentication: {
      stage: 'requested',
      transaction: { ...transaction, iv: sealed.lastBlock },
      retransmission: retransmit(sealed.octets, XAUTH_REQUEST_WAITS_MS, turn.now),
      expiresAt: after(turn.now, turn.environment.policy.extendedAuthenticationTimeoutMs),
    },
  };
}

function octetsOf(payload: Attributes, type: number): Uint8Array | undefined {
  const value = findAttribute(payload.attributes, type)?.value;
  return value instanceof Uint8Array && value.length <= XAUTH_VALUE_OCTETS_MOST ? value : undefined;
}

/** Responder: the reply to our request. Whether it is right, the owner says. */
export function replyReceived(
  turn: Turn,
  sa: Established,
  payload: Attributes,
  key: string,
): Established {
  const user = fromUtf8(octetsOf(payload, attribute.xauthUserName) ?? EMPTY);
  const password =
    octetsOf(payload, attribute.xauthUserPassword) ??
    octetsOf(payload, attribute.xauthPasscode) ??
    EMPTY;
  turn.notify({ kind: 'credentials', user, password: password.slice() });
  return {
    ...remember(sa, key, undefined),
    subject: { ...sa.subject, user: printable(user) },
    extendedAuthentication: {
      stage: 'judging',
      expiresAt: after(turn.now, turn.environment.policy.extendedAuthenticationTimeoutMs),
    },
  };
}

/** Responder: the owner judged the credentials; the peer is told by a status in a new exchange. */
export function credentialsJudged(turn: Turn, sa: Established, accepted: boolean): Established {
  if (sa.extendedAuthentication.stage !== 'judging') return sa;
  const user = sa.subject.user ?? '';
  turn.log(
    accepted ? extendedAuthenticationAccepted : extendedAuthenticationRefused,
    sa.subject,
    () => ({ user }),
  );
  const transaction = newTransaction(turn, sa);
  const status = accepted ? xauthStatuses.ok : xauthStatuses.fail;
  // Nothing but the status: vpnc gives up on any attribute beside it.
  const sealed = sealTransaction(sa, transaction, configurationTypes.set, [
    { type: attribute.xauthStatus, value: status },
  ]);
  transmit(turn, sa, transaction.messageId, sealed);
  const judged: Established = {
    ...sa,
    extendedAuthentication: {
      stage: 'judged',
      accepted,
      transaction: { ...transaction, iv: sealed.lastBlock },
      retransmission: retransmit(sealed.octets, REQUEST_WAITS_MS, turn.now),
    },
  };
  return judged;
}

/** Responder: the status was acknowledged, or the peer went on, which says as much. */
export function statusAcknowledged(turn: Turn, sa: Established): State {
  const { extendedAuthentication: xauth } = sa;
  if (xauth.stage !== 'judged') return sa;
  if (!xauth.accepted) return endEstablished(turn, sa, 'authentication failed', true);
  return authenticated(turn, sa);
}

/** The peer is who it must be. Only now may it ask for anything. */
export function authenticated(turn: Turn, sa: Established): Established {
  turn.emit({ kind: 'authenticated', initialContact: sa.initialContact });
  const watched = startWatching(turn, { ...sa, extendedAuthentication: { stage: 'done' } });
  return sa.role === 'responder'
    ? { ...watched, responderLifetimeAt: after(turn.now, RESPONDER_LIFETIME_MS) }
    : pullConfiguration(turn, watched);
}

/** Initiator: the gateway wants credentials; the owner is asked for them. */
export function requestReceived(
  turn: Turn,
  sa: Established,
  payload: Attributes,
  transaction: Transaction,
  key: string,
): Established {
  const type = findAttribute(payload.attributes, attribute.xauthType);
  if (type && attributeNumber(type) !== xauthTypes.generic) {
    turn.log(messageRefused, sa.subject, () => ({ reason: 'XAUTH of another type than generic' }));
    return sa;
  }
  const message = octetsOf(payload, attribute.xauthMessage);
  turn.notify({ kind: 'credentialsWanted', message: message && fromUtf8(message) });
  const expiresAt = after(turn.now, turn.environment.policy.extendedAuthenticationTimeoutMs);
  return {
    ...remember(sa, key, undefined),
    extendedAuthentication: { stage: 'asking', transaction, requestKey: key, expiresAt },
  };
}

/** Initiator: the owner gave name and password. */
export function sendCredentials(
  turn: Turn,
  sa: Established,
  user: string,
  password: Uint8Array,
): Established {
  const { extendedAuthentication: xauth } = sa;
  if (xauth.stage !== 'asking') return sa;
  const sealed = sealTransaction(sa, xauth.transaction, configurationTypes.reply, [
    { type: attribute.xauthType, value: xauthTypes.generic },
    { type: attribute.xauthUserName, value: toUtf8(user) },
    { type: attribute.xauthUserPassword, value: password },
  ]);
  transmit(turn, sa, xauth.transaction.messageId, sealed);
  return {
    ...remember(sa, xauth.requestKey, sealed.octets),
    subject: { ...sa.subject, user },
    extendedAuthentication: {
      stage: 'replied',
      transaction: { ...xauth.transaction, iv: sealed.lastBlock },
      retransmission: retransmit(sealed.octets, REQUEST_WAITS_MS, turn.now),
    },
  };
}

/** Initiator: the gateway's verdict; it is acknowledged in the same exchange. */
export function statusReceived(
  turn: Turn,
  sa: Established,
  payload: Attributes,
  transaction: Transaction,
  key: string,
): State {
  const status = findAttribute(payload.attributes, attribute.xauthStatus);
  const accepted = status !== undefined && attributeNumber(status) === xauthStatuses.ok;
  const sealed = sealTransaction(sa, transaction, configurationTypes.ack, [
    { type: attribute.xauthStatus, value: accepted ? xauthStatuses.ok : xauthStatuses.fail },
  ]);
  transmit(turn, sa, transaction.messageId, sealed);
  turn.notify({ kind: 'credentialsJudged', accepted });
  const answered = remember(sa, key, sealed.octets);
  if (!accepted) return endEstablished(turn, answered, 'authentication failed', true);
  return authenticated(turn, answered);
}

/**
 * Phase 1 completed at an initiator whose transform promised XAUTH: the gateway speaks next. Nothing
 * else acknowledges message 3, which is repeated until then.
 */
export const awaitRequest = (turn: Turn, sa: Established, message3: Uint8Array): Established => ({
  ...sa,
  extendedAuthentication: {
    stage: 'awaitingRequest',
    retransmission: retransmit(message3, REQUEST_WAITS_MS, turn.now),
  },
});

/** Repeats what is due and gives up when it is time. */
export function extendedAuthenticationTick(turn: Turn, sa: Established): State {
  const { extendedAuthentication: xauth } = sa;
  switch (xauth.stage) {
    case 'done':
      return sa;
    case 'admitting':
    case 'judging':
    case 'asking':
      return turn.now < xauth.expiresAt ? sa : timedOut(turn, sa);
    case 'requested': {
      if (turn.now >= xauth.expiresAt) return timedOut(turn, sa);
      if (!xauth.retransmission) return sa;
      const next = repeat(turn, sa, xauth.retransmission);
      const retransmission = next === 'exhausted' ? undefined : next;
      return { ...sa, extendedAuthentication: { ...xauth, retransmission } };
    }
    case 'awaitingRequest':
    case 'judged':
    case 'replied': {
      const retransmission = repeat(turn, sa, xauth.retransmission);
      if (retransmission === 'exhausted')
        return endEstablished(
          turn,
          sa,
          xauth.stage === 'judged' && !xauth.accepted
            ? 'authentication failed'
            : 'negotiation timeout',
          true,
        );
      return { ...sa, extendedAuthentication: { ...xauth, retransmission } };
    }
  }
}

function timedOut(turn: Turn, sa: Established): State {
  const seconds = turn.environment.policy.extendedAuthenticationTimeoutMs / 1000;
  turn.log(extendedAuthenticationTimedOut, sa.subject, () => ({ seconds }));
  return endEstablished(turn, sa, 'negotiation timeout', true);
}
