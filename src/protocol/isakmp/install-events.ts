import { maskOf, type Prefix } from '#base/prefix';
import { ESP_SUITES } from '#crypto/esp-suites';
import { event } from '#events/event';
import type { Child } from './child.ts';
import { messageIdText } from './decode-text.ts';
import {
  loadingHost,
  loadingSubnet,
  natTraversalNegotiated,
  phaseTwoCompleted,
  securityNegotiationComplete,
} from './events.ts';
import type { Established } from './state.ts';
import type { Turn } from './turn.ts';

/**
 * What the concentrator logs while it installs a pair of SAs, line by line in its order (NAT-64 to
 * NAT-66). Numbers in the key message are its internals; those that say something are filled in.
 */

const step = 'None; this line follows the installation of an SA step by step.';
const why = 'A pair of IPsec SAs is being installed.';

export const keyMessageParsed = event({
  class: 'IPSECDBG',
  number: 6,
  severity: 9,
  text: 'IPSEC key message parse - msgtype {messageType}, len {length}, vers 1, pid 00000000, seq 0, err 0, type 2, mode {mode}, state {state}, label 0, pad 0, spi {spi}, encrKeyLen {encryptionKeyOctets}, hashKeyLen {integrityKeyOctets}, ivlen {ivOctets}, alg {algorithm}, hmacAlg {integrityAlgorithm}, lifetype 0, lifetime1 {lifetime}, lifetime2 0, dsId 0',
  why,
  remedy: step,
});

const debug = <const T extends string>(severity: 7 | 8 | 9, text: T) =>
  ({ class: 'IPSECDBG', number: 1, severity, text, why, remedy: step }) as const;

export const processingKeyAdd = event(debug(9, 'Processing KEY_ADD msg!'));
export const keyMessageToAssociation = event(debug(9, 'key_msghdr2secassoc(): Enter'));
export const noUserFilter = event(debug(7, 'No USER filter configured'));
export const keyAddEntered = event(debug(9, 'KeyProcessAdd: Enter'));
export const keyAddOutbound = event(debug(8, 'KeyProcessAdd: Adding outbound SA'));
export const keyAddAddresses = event(
  debug(
    8,
    'KeyProcessAdd: src {source} mask {sourceMask}, dst {destination} mask {destinationMask}',
  ),
);
export const keyAddFiltered = event(debug(8, 'KeyProcessAdd: FilterIpsecAddIkeSa success'));
export const processingKeyUpdate = event(debug(9, 'Processing KEY_UPDATE msg!'));
export const updateInboundAddresses = event(debug(9, 'Update inbound SA addresses'));
export const keyUpdateEntered = event(debug(9, 'KeyProcessUpdate: Enter'));
export const keyUpdateSucceeded = event(debug(8, 'KeyProcessUpdate: success'));
export const keyAddReceived = event({
  class: 'IKEDBG',
  number: 7,
  severity: 8,
  text: 'IKE got a KEY_ADD msg for SA: SPI = 0x{spi}',
  why,
  remedy: step,
});
export const keyUpdateReceived = event({
  class: 'IKEDBG',
  number: 0,
  severity: 8,
  text: 'pitcher: rcv KEY_UPDATE, spi 0x{spi}',
  why,
  remedy: step,
});

/** The first packet of an inbound SA: NAT-67. */
export const inboundDataReceived = event(debug(7, 'IPSec Inbound SA has received data!'));
export const saActive = event({
  class: 'IKEDBG',
  number: 0,
  severity: 8,
  text: 'pitcher: rcv KEY_SA_ACTIVE spi 0x{spi}',
  why: 'The first packet of an inbound SA passed its integrity check.',
  remedy: step,
});
export const noOldSa = event({
  class: 'IKEDBG',
  number: 0,
  severity: 8,
  text: 'KEY_SA_ACTIVE no old rekey centry found with new spi 0x{spi}, mess_id 0x0',
  why: 'The SA that came into use did not replace an older one.',
  remedy: step,
});
export const oldSaFound = event({
  class: 'IKEDBG',
  number: 0,
  severity: 8,
  text: 'KEY_SA_ACTIVE old rekey centry found with new spi 0x{spi}, mess_id 0x{messageId}',
  why: 'The SA that came into use replaced an older one, which ends now.',
  remedy: step,
});

/** An SPI as the concentrator prints it, in all its eight digits; without a prefix. */
export const spiText = (spi: number): string => spi.toString(16).padStart(8, '0');

/** A mask in the sense of wildcards: the bits that do not matter. */
const wildcardOf = ({ address, length }: Prefix): string => {
  if (address.includes(':')) return `/${length}`;
  return maskOf(length)
    .split('.')
    .map((octet) => 255 - Number(octet))
    .join('.');
};

const maskText = ({ address, length }: Prefix): string =>
  address.includes(':') ? `/${length}` : maskOf(length);

const isHost = ({ address, length }: Prefix): boolean =>
  length === (address.includes(':') ? 128 : 32);

/** ESP transform numbers of the 1990s do not reach combined ciphers; those print as zero. */
const CIPHER_NUMBERS: Readonly<Record<number, number>> = { 2: 1, 3: 2, 12: 12, 20: 20 };

/** The outbound half is added, the inbound half, whose SPI was reserved before, is updated. */
function logKeyMessage(turn: Turn, child: Child, outbound: boolean): void {
  turn.log(keyMessageParsed, {}, () => {
    const suite = ESP_SUITES[child.suite];
    return {
      messageType: outbound ? 1 : 3,
      length: outbound ? 704 : 376,
      mode: child.mode === 'tunnel' ? 1 : 2,
      state: outbound ? 320 : 32,
      spi: spiText(outbound ? child.outboundSpi : child.inboundSpi),
      encryptionKeyOctets: suite.encryptionKeyOctets,
      integrityKeyOctets: suite.integrityKeyOctets,
      ivOctets: suite.ivOctets,
      algorithm: CIPHER_NUMBERS[suite.isakmpTransform ?? 0] ?? 0,
      // The concentrator counts from 2: no integrity, keyed MD5, HMAC-MD5, HMAC-SHA.
      integrityAlgorithm: (suite.isakmpAuthentication ?? -2) + 2,
      lifetime: 21,
    };
  });
}

/** Every line from the negotiated NAT traversal to the end of phase 2. */
export function logInstalled(turn: Turn, sa: Established, child: Child): void {
  const { subject } = sa;
  const { local, remote } = child.selectors;
  const nothing = () => ({});
  if (child.encapsulation === 'udp') turn.log(natTraversalNegotiated, subject, nothing);
  if (isHost(local))
    turn.log(loadingHost, subject, () => ({ local: local.address, remote: remote.address }));
  else
    turn.log(loadingSubnet, subject, () => ({
      local: local.address,
      mask: maskText(local),
      remote: remote.address,
    }));
  turn.log(securityNegotiationComplete, subject, () => ({
    user: subject.user ?? subject.group ?? '',
    role: sa.role === 'responder' ? 'Responder' : 'Initiator',
    inboundSpi: spiText(child.inboundSpi),
    outboundSpi: spiText(child.outboundSpi),
  }));
  logKeyMessage(turn, child, true);
  for (const line of [processingKeyAdd, keyMessageToAssociation, noUserFilter, keyAddEntered])
    turn.log(line, {}, nothing);
  turn.log(keyAddOutbound, {}, nothing);
  turn.log(keyAddAddresses, {}, () => ({
    source: local.address,
    sourceMask: wildcardOf(local),
    destination: remote.address,
    destinationMask: wildcardOf(remote),
  }));
  turn.log(keyAddFiltered, {}, nothing);
  logKeyMessage(turn, child, false);
  for (const line of [processingKeyUpdate, updateInboundAddresses, keyMessageToAssociation])
    turn.log(line, {}, nothing);
  turn.log(noUserFilter, {}, nothing);
  for (const line of [keyUpdateEntered, keyUpdateSucceeded]) turn.log(line, {}, nothing);
  turn.log(keyAddReceived, {}, () => ({ spi: spiText(child.outboundSpi) }));
  turn.log(keyUpdateReceived, {}, () => ({ spi: spiText(child.inboundSpi) }));
  turn.log(phaseTwoCompleted, subject, () => ({ messageId: messageIdText(child.messageId) }));
}
