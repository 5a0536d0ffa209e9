import { findAttribute } from '#wire/isakmp/attribute';
import type { Header } from '#wire/isakmp/header';
import { configurationTypes, xauthAttributes } from '#wire/isakmp/numbers';
import type { Attributes } from '#wire/isakmp/payload';
import { messageRefused, prematureRequest } from './events.ts';
import { remember } from './exchange.ts';
import * as modeConfig from './mode-config.ts';
import type { Opened } from './open.ts';
import { only } from './rules.ts';
import { firstIv } from './seal.ts';
import type { Established, State, Transaction } from './state.ts';
import type { Turn } from './turn.ts';
import * as xauth from './xauth.ts';

/** The transaction exchange carries XAUTH and Mode Config; what a message is for, its place tells. */

/** The exchanges under way, by the stage that holds them. */
function ongoing(sa: Established, messageId: number): Transaction | undefined {
  for (const stage of [sa.extendedAuthentication, sa.configuration])
    if ('transaction' in stage && stage.transaction.messageId === messageId)
      return stage.transaction;
  return undefined;
}

/** The vector that a message of this exchange type begins with. */
export const transactionIv = (sa: Established, messageId: number): Uint8Array =>
  ongoing(sa, messageId)?.iv ?? firstIv(sa.secured, messageId);

/** Whether a message goes on with an exchange that this end began: it answers what only we know of. */
export const answersOurs = (sa: Established, messageId: number): boolean => {
  const { extendedAuthentication: xauth, configuration } = sa;
  const begun = [
    xauth.stage === 'requested' || xauth.stage === 'judged' ? xauth.transaction : undefined,
    configuration.stage === 'requested' ? configuration.transaction : undefined,
  ];
  return begun.some((transaction) => transaction?.messageId === messageId);
};

const isExtended = ({ attributes }: Attributes): boolean =>
  [xauthAttributes.xauthType, xauthAttributes.xauthUserName, xauthAttributes.xauthMessage].some(
    (type) => findAttribute(attributes, type),
  );

/** An authentic message of the transaction exchange. */
export function transactionReceived(
  turn: Turn,
  sa: Established,
  header: Header,
  opened: Opened,
  key: string,
): State {
  const payload = only(opened.payloads, 'attributes');
  const transaction: Transaction = {
    messageId: header.messageId,
    identifier: payload.identifier,
    iv: opened.lastBlock,
  };
  switch (payload.attributesType) {
    case configurationTypes.request:
      return requestReceived(turn, sa, payload, transaction, key);
    case configurationTypes.reply:
      return replyReceived(turn, sa, payload, header.messageId, key);
    case configurationTypes.set:
      return setReceived(turn, sa, payload, transaction, key);
    case configurationTypes.ack:
      return ackReceived(turn, sa, header.messageId, key);
    default:
      turn.log(messageRefused, sa.subject, () => ({
        reason: `transaction of type ${payload.attributesType}`,
      }));
      return sa;
  }
}

function outOfPlace(turn: Turn, sa: Established, what: string): Established {
  turn.log(messageRefused, sa.subject, () => ({ reason: `${what} that nothing asked for` }));
  return sa;
}

function requestReceived(
  turn: Turn,
  sa: Established,
  payload: Attributes,
  transaction: Transaction,
  key: string,
): State {
  const { stage } = sa.extendedAuthentication;
  if (sa.role === 'initiator') {
    const askable = stage === 'awaitingRequest' || stage === 'replied' || stage === 'asking';
    return askable && isExtended(payload)
      ? xauth.requestReceived(turn, sa, payload, transaction, key)
      : outOfPlace(turn, sa, 'a configuration request');
  }
  // Going on after an accepted status acknowledges it, though the acknowledgement itself was lost.
  const state = stage === 'judged' ? acceptedOnly(turn, sa) : sa;
  if (state.phase !== 'established' || state.extendedAuthentication.stage !== 'done') {
    turn.log(prematureRequest, sa.subject, () => ({ request: 'Mode Config request' }));
    return state;
  }
  return modeConfig.requestReceived(turn, state, payload, transaction, key);
}

const acceptedOnly = (turn: Turn, sa: Established): State =>
  sa.extendedAuthentication.stage === 'judged' && sa.extendedAuthentication.accepted
    ? xauth.statusAcknowledged(turn, sa)
    : sa;

function replyReceived(
  turn: Turn,
  sa: Established,
  payload: Attributes,
  messageId: number,
  key: string,
): State {
  const { extendedAuthentication, configuration } = sa;
  if (
    extendedAuthentication.stage === 'requested' &&
    extendedAuthentication.transaction.messageId === messageId
  )
    return xauth.replyReceived(turn, sa, payload, key);
  if (configuration.stage === 'requested' && configuration.transaction.messageId === messageId)
    return modeConfig.replyReceived(turn, sa, payload, key);
  return outOfPlace(turn, sa, 'a reply');
}

function setReceived(
  turn: Turn,
  sa: Established,
  payload: Attributes,
  transaction: Transaction,
  key: string,
): State {
  const isStatus = findAttribute(payload.attributes, xauthAttributes.xauthStatus) !== undefined;
  if (isStatus)
    return sa.role === 'initiator' && sa.extendedAuthentication.stage === 'replied'
      ? xauth.statusReceived(turn, sa, payload, transaction, key)
      : outOfPlace(turn, sa, 'an XAUTH status');
  if (sa.extendedAuthentication.stage !== 'done') {
    turn.log(prematureRequest, sa.subject, () => ({ request: 'Mode Config push' }));
    return sa;
  }
  return modeConfig.setReceived(turn, sa, payload, transaction, key);
}

function ackReceived(turn: Turn, sa: Established, messageId: number, key: string): State {
  const { extendedAuthentication: stage } = sa;
  if (stage.stage !== 'judged' || stage.transaction.messageId !== messageId)
    return outOfPlace(turn, sa, 'an acknowledgement');
  return xauth.statusAcknowledged(turn, remember(sa, key, undefined));
}
