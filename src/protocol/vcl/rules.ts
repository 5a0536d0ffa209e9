import type { Message } from '#wire/vcl/message';
import { messageTypes } from '#wire/vcl/numbers';

/** What a message must hold before it means anything. */
const REQUIRED: Readonly<Record<number, readonly (keyof Message)[]>> = {
  [messageTypes.hello]: ['role', 'priority', 'term', 'privateAddresses', 'digest', 'nonce'],
  [messageTypes.helloAck]: ['role', 'priority', 'term', 'privateAddresses', 'digest', 'nonce'],
  [messageTypes.keepaliveRequest]: ['role', 'priority', 'term'],
  [messageTypes.keepaliveResponse]: ['role', 'term'],
  [messageTypes.announce]: ['role', 'term', 'peers'],
  [messageTypes.claim]: ['priority', 'term', 'privateAddresses'],
  [messageTypes.claimNak]: ['term'],
  [messageTypes.leave]: ['reason'],
  [messageTypes.handover]: ['knownMaster'],
  [messageTypes.probe]: ['role', 'term', 'digest', 'nonce'],
  [messageTypes.probeAck]: ['role', 'priority', 'term', 'privateAddresses', 'digest', 'nonce'],
  [messageTypes.probeRequest]: ['nonce', 'peers'],
  [messageTypes.probeResult]: ['nonce', 'peers'],
  [messageTypes.reject]: ['reason', 'nonce'],
  [messageTypes.sessionsRequest]: ['nonce', 'sessionQuestion'],
  [messageTypes.sessions]: ['nonce', 'sessionPart'],
};

/** What is wrong with a message; undefined when nothing is. */
export function breach(message: Message): string | undefined {
  const required = REQUIRED[message.type];
  if (required === undefined) return `message type ${message.type} is unknown`;
  const missing = required.find((name) => message[name] === undefined);
  return missing && `message type ${message.type} without ${missing}`;
}
