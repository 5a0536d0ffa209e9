import { familyOf } from '#base/address';
import { describeFault, err, ok, type Result } from '#base/result';
import type { Header } from '#wire/isakmp/header';
import { decodeMessage, type PayloadAt } from '#wire/isakmp/message';
import { headerFlags } from '#wire/isakmp/numbers';
import { NONCE_OCTETS_LEAST, NONCE_OCTETS_MOST } from './constants.ts';
import { identityText } from './identity.ts';
import { detectNat, type NatTraversal } from './nat-detection.ts';
import { type Opened, open } from './open.ts';
import type { MainTerms } from './phase-one-state.ts';
import type { PhaseOneIdentity } from './policy.ts';
import { bodyOf, checkRule, only, type Rule } from './rules.ts';
import type { Cookies, Secured } from './seal.ts';
import type { Path } from './turn.ts';

/** What both ends of main mode with pre-shared keys have in common; RFC 2409 section 5.4. */

/** Reads one of the first four messages, which are in clear. The error is a phrase for the log. */
export function readClear(octets: Uint8Array, rule: Rule): Result<readonly PayloadAt[], string> {
  const message = decodeMessage(octets);
  if (!message.ok) return err(describeFault(message.error));
  const { header, payloads } = message.value;
  if (header.messageId !== 0) return err('a message id in phase 1');
  const encrypted = (header.flags & headerFlags.encryption) !== 0;
  const checked = checkRule(rule, payloads, encrypted);
  return checked.ok ? ok(payloads) : checked;
}

/** The public value and the nonce of a peer, copied out of the datagram. */
export type KeyExchange = { readonly publicValue: Uint8Array; readonly nonceBody: Uint8Array };

/** What message 3 or 4 brings, if its lengths are right. */
export function keyExchangeOf(
  payloads: readonly PayloadAt[],
  publicOctets: number,
): Result<KeyExchange, string> {
  const nonce = only(payloads, 'nonce').data;
  if (nonce.length < NONCE_OCTETS_LEAST || nonce.length > NONCE_OCTETS_MOST)
    return err(`a nonce of ${nonce.length} octets`);
  const { data } = only(payloads, 'ke');
  if (data.length !== publicOctets) return err(`a public value of ${data.length} octets`);
  return ok({ publicValue: data.slice(), nonceBody: nonce.slice() });
}

/** What the NAT-D payloads of message 3 or 4 say. */
export function natTraversalOf(
  payloads: readonly PayloadAt[],
  terms: MainTerms,
  cookies: Cookies,
  path: Path,
): NatTraversal | undefined {
  const version = terms.natTraversal;
  if (!version) return undefined;
  const input = {
    hash: terms.choice.policy.hash,
    initiatorCookie: cookies.initiator,
    responderCookie: cookies.responder,
  };
  const found = detectNat(payloads, input, [path]);
  return found && { version, ...found };
}

/**
 * Decrypts message 5 or 6 and checks its shape. The error is what is wrong with a message that opens, and
 * nothing when it does not: then the keys differ.
 */
export function openProof(
  secured: Secured,
  header: Header,
  octets: Uint8Array,
  rule: Rule,
): Result<Opened, string | undefined> {
  if (header.messageId !== 0) return err('a message id in phase 1');
  if (header.flags !== headerFlags.encryption) return err(`flags ${header.flags}`);
  const opened = open(secured, secured.lastBlock, header, octets);
  if (!opened.ok) return err(undefined);
  const checked = checkRule(rule, opened.value.payloads, true);
  return checked.ok ? ok(opened.value) : checked;
}

/** The body of the identification payload of message 5 or 6. */
export const identityBodyOf = (opened: Opened): Uint8Array => bodyOf(only(opened.payloads, 'id'));

/**
 * Why an identity cannot be the peer's, whose key was found by the address `remote`. Where both ends know
 * that no NAT is between them, an address has to be that one; behind a NAT a peer names one that nobody
 * else can see. A name says nothing that the key does not prove.
 */
export function wrongIdentity(
  identity: PhaseOneIdentity,
  { remote }: Path,
  nat: NatTraversal | undefined,
): string | undefined {
  if (identity.kind !== 'address' || !nat || nat.remoteBehindNat) return undefined;
  const { address } = identity;
  const isOther = address !== remote.address && familyOf(address) === familyOf(remote.address);
  return isOther ? `the peer calls itself ${identityText(identity)}` : undefined;
}
