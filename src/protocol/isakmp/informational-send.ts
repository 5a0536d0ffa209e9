import { doi, exchangeTypes, protocolIds } from '#wire/isakmp/numbers';
import type { Notification, Payload } from '#wire/isakmp/payload';
import { constructingBlankHash, constructingQuickModeHash } from './events.ts';
import { newMessageId, transmit } from './exchange.ts';
import { bothCookies, firstIv, seal } from './seal.ts';
import type { Established } from './state.ts';
import type { Turn } from './turn.ts';

/** Sends a protected informational message, which nobody acknowledges; RFC 2409 section 5.7. */
export function sendInformational(turn: Turn, sa: Established, payloads: readonly Payload[]): void {
  const messageId = newMessageId(turn, sa);
  turn.log(constructingBlankHash, sa.subject, () => ({}));
  turn.log(constructingQuickModeHash, sa.subject, () => ({}));
  const iv = firstIv(sa.secured, messageId);
  const exchangeType = exchangeTypes.informational;
  transmit(turn, sa, messageId, seal(sa.secured, { exchangeType, messageId, iv }, payloads));
}

/** A notification about the ISAKMP SA itself, named by both cookies. */
export const isakmpNotification = (
  sa: Established,
  notifyType: number,
  data: Uint8Array,
): Notification => ({
  type: 'notify',
  doi: doi.ipsec,
  protocolId: protocolIds.isakmp,
  notifyType,
  spi: bothCookies(sa.cookies),
  data,
});

/** A notification about an IPsec SA. */
export const espNotification = (
  notifyType: number,
  spi: Uint8Array,
  data: Uint8Array,
): Notification => ({
  type: 'notify',
  doi: doi.ipsec,
  protocolId: protocolIds.esp,
  notifyType,
  spi,
  data,
});
