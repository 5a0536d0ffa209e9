import type { Prefix } from '#base/prefix';
import { configurationTypes, exchangeTypes } from '#wire/isakmp/numbers';
import type { Attributes } from '#wire/isakmp/payload';
import { endEstablished } from './close.ts';
import { REQUEST_WAITS_MS } from './constants.ts';
import { newMessageId, remember, repeat, transmit } from './exchange.ts';
import type { ConfigurationAttribute } from './policy.ts';
import { retransmit } from './retransmission.ts';
import { firstIv, seal } from './seal.ts';
import type { Established, State, Transaction } from './state.ts';
import type { Turn } from './turn.ts';

/** Mode Config: the client pulls its address; draft-dukes-ike-mode-cfg-02. */

const exchangeType = exchangeTypes.transaction;

/** Responder: the client asks; the owner knows the answer. A newer request takes the place of an older. */
export function requestReceived(
  turn: Turn,
  sa: Established,
  payload: Attributes,
  transaction: Transaction,
  key: string,
): Established {
  turn.notify({ kind: 'configurationRequested', attributes: payload.attributes });
  const configuration = { stage: 'asked', transaction, requestKey: key } as const;
  return { ...remember(sa, key, undefined), configuration };
}

/** Responder: the owner answers; from now on the peer may use `assigned`. */
export function configurationReply(
  turn: Turn,
  sa: Established,
  attributes: readonly ConfigurationAttribute[],
  assigned: readonly Prefix[],
): Established {
  const { configuration } = sa;
  if (configuration.stage !== 'asked') return sa;
  const { messageId, identifier, iv } = configuration.transaction;
  const sealed = seal(sa.secured, { exchangeType, messageId, iv }, [
    { type: 'attributes', attributesType: configurationTypes.reply, identifier, attributes },
  ]);
  transmit(turn, sa, messageId, sealed);
  return {
    ...remember(sa, configuration.requestKey, sealed.octets),
    assigned,
    configuration: { stage: 'idle' },
  };
}

/** The peer pushes what we do not take; it is acknowledged without adopting any of it. */
export function setReceived(
  turn: Turn,
  sa: Established,
  payload: Attributes,
  transaction: Transaction,
  key: string,
): Established {
  const { messageId, iv } = transaction;
  const sealed = seal(sa.secured, { exchangeType, messageId, iv }, [
    {
      type: 'attributes',
      attributesType: configurationTypes.ack,
      identifier: payload.identifier,
      attributes: [],
    },
  ]);
  transmit(turn, sa, messageId, sealed);
  return remember(sa, key, sealed.octets);
}

/** Initiator: asks for its configuration once it is authenticated. */
export function pullConfiguration(turn: Turn, sa: Established): Established {
  if (!sa.configurationWanted) return sa;
  const messageId = newMessageId(turn, sa);
  const [high = 0, low = 0] = turn.environment.random.bytes(2);
  const identifier = (high << 8) | low;
  const sealed = seal(sa.secured, { exchangeType, messageId, iv: firstIv(sa.secured, messageId) }, [
    {
      type: 'attributes',
      attributesType: configurationTypes.request,
      identifier,
      attributes: sa.configurationWanted,
    },
  ]);
  transmit(turn, sa, messageId, sealed);
  return {
    ...sa,
    configurationWanted: undefined,
    configuration: {
      stage: 'requested',
      transaction: { messageId, identifier, iv: sealed.lastBlock },
      retransmission: retransmit(sealed.octets, REQUEST_WAITS_MS, turn.now),
    },
  };
}

/** Initiator: the answer to its request. */
export function replyReceived(
  turn: Turn,
  sa: Established,
  payload: Attributes,
  key: string,
): Established {
  turn.notify({ kind: 'configurationReceived', attributes: payload.attributes });
  return { ...remember(sa, key, undefined), configuration: { stage: 'idle' } };
}

/** Repeats the request, and gives up on a gateway that does not answer it. */
export function configurationTick(turn: Turn, sa: Established): State {
  const { configuration } = sa;
  if (configuration.stage !== 'requested') return sa;
  const retransmission = repeat(turn, sa, configuration.retransmission);
  if (retransmission === 'exhausted') return endEstablished(turn, sa, 'negotiation timeout', true);
  return { ...sa, configuration: { ...configuration, retransmission } };
}
