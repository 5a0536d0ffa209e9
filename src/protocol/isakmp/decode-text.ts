import type { EventSubject } from '#events/event';
import type { Header } from '#wire/isakmp/header';
import {
  doi,
  exchangeTypes,
  headerFlags,
  nameOf,
  notifyTypes,
  payloadTypes,
  protocolIds,
} from '#wire/isakmp/numbers';
import { type Notification, type Payload, payloadNumber } from '#wire/isakmp/payload';
import { isakmpHeader, messageReceived, messageSent, notifyDecode } from './events.ts';
import type { Turn } from './turn.ts';

/** How the concentrator writes what is on the wire (NAT-62, NAT-63). Made only when somebody reads it. */

const EXCHANGES: Readonly<Record<number, string>> = {
  [exchangeTypes.mainMode]: 'Oakley Main Mode',
  [exchangeTypes.aggressive]: 'Oakley Aggressive Mode',
  [exchangeTypes.informational]: 'Oakley Informational',
  [exchangeTypes.transaction]: 'Oakley Transactional',
  [exchangeTypes.quickMode]: 'Oakley Quick Mode',
};

const PAYLOADS: Readonly<Record<number, string>> = {
  [payloadTypes.vid]: 'VENDOR',
  [payloadTypes.attributes]: 'ATTR',
  [payloadTypes.certreq]: 'CERT_REQ',
  [payloadTypes.natD]: 'NAT-D',
  [payloadTypes.natDDraft]: 'NAT-D',
  [payloadTypes.natOa]: 'NAT-OA',
  [payloadTypes.natOaDraft]: 'NAT-OA',
};

const payloadText = (number: number): string =>
  `${PAYLOADS[number] ?? nameOf(payloadTypes, number)} (${number})`;

const chainText = (payloads: readonly Payload[]): string =>
  payloads.map((p) => payloadText(payloadNumber(p))).join(' + ');

const spacedHex = (octets: Uint8Array): string =>
  [...octets].map((o) => o.toString(16).toUpperCase().padStart(2, '0')).join(' ');

/** A message id as the concentrator prints it: hexadecimal without leading zeros. */
export const messageIdText = (messageId: number): string => messageId.toString(16);

/** The name of a notification with its number, `Altiga keep-alive (40500)`. */
export function notifyText(notifyType: number): string {
  if (notifyType === notifyTypes.altigaKeepalive) return `Altiga keep-alive (${notifyType})`;
  if (notifyType === notifyTypes.rUThere) return `DPD R-U-THERE (${notifyType})`;
  if (notifyType === notifyTypes.rUThereAck) return `DPD R-U-THERE-ACK (${notifyType})`;
  return `${nameOf(notifyTypes, notifyType)} (${notifyType})`;
}

/** Lines about messages name the peer only, not its group and user. */
const peerOnly = (subject: EventSubject): EventSubject => ({ peer: subject.peer });

export function logHeader(turn: Turn, subject: EventSubject, header: Header): void {
  turn.log(isakmpHeader, peerOnly(subject), () => ({
    initiatorCookie: spacedHex(header.initiatorCookie),
    responderCookie: spacedHex(header.responderCookie),
    nextPayload: payloadText(header.nextPayload),
    exchangeType: EXCHANGES[header.exchangeType] ?? `${header.exchangeType}`,
    flags: header.flags & headerFlags.encryption ? `${header.flags} (ENCRYPT )` : `${header.flags}`,
    messageId: messageIdText(header.messageId),
    length: header.length,
  }));
}

export function logReceived(
  turn: Turn,
  subject: EventSubject,
  messageId: number,
  payloads: readonly Payload[],
  length: number,
): void {
  turn.log(messageReceived, peerOnly(subject), () => ({
    messageId: messageIdText(messageId),
    payloads: chainText(payloads),
    length,
  }));
}

export function logSent(
  turn: Turn,
  subject: EventSubject,
  messageId: number,
  payloads: readonly Payload[],
  length: number,
): void {
  turn.log(messageSent, peerOnly(subject), () => ({
    messageId: messageIdText(messageId),
    payloads: chainText(payloads),
    length,
  }));
}

const DOIS: Readonly<Record<number, string>> = {
  [doi.isakmp]: 'ISAKMP (0)',
  [doi.ipsec]: 'IPSEC (1)',
};

export function logNotify(
  turn: Turn,
  subject: EventSubject,
  notification: Notification & { readonly raw: Uint8Array },
): void {
  turn.log(notifyDecode, peerOnly(subject), () => ({
    doi: DOIS[notification.doi] ?? `${notification.doi}`,
    protocol: `${nameOf(protocolIds, notification.protocolId)} (${notification.protocolId})`,
    message: notifyText(notification.notifyType),
    spi: spacedHex(notification.spi),
    length: notification.raw.length,
  }));
}
