import { equalBytes } from '#base/bytes';
import { after } from '#base/instant';
import { err, ok, type Result } from '#base/result';
import { DH_GROUPS } from '#crypto/dh-groups';
import { hashI, hashR } from '#crypto/keymat';
import type { EventSubject } from '#events/event';
import type { Header } from '#wire/isakmp/header';
import { exchangeTypes, notifyTypes } from '#wire/isakmp/numbers';
import type { Payload } from '#wire/isakmp/payload';
import { vendorId } from '#wire/isakmp/vendor-ids';
import { endWithoutKey } from './close.ts';
import { COOKIE_OCTETS, HALF_OPEN_MS, NONCE_OCTETS } from './constants.ts';
import { logHeader, logReceived, logSent } from './decode-text.ts';
import {
  messageRefused,
  phaseOneCompleted,
  phaseOneProofWrong,
  phaseOneRefused,
  unknownPeer,
} from './events.ts';
import { messageKey, remember } from './exchange.ts';
import { identification, phaseOneIdentity } from './identity.ts';
import { informationalReceived } from './informational.ts';
import { startKeepalives } from './keepalive.ts';
import {
  identityBodyOf,
  keyExchangeOf,
  natTraversalOf,
  openProof,
  readClear,
  wrongIdentity,
} from './main-mode.ts';
import { bestNatTraversal, natDetectionPayloads } from './nat-detection.ts';
import type { Opened } from './open.ts';
import {
  clearMessage,
  encodedBody,
  established,
  extensionsOf,
  phaseOneSecrets,
  sendNoProposal,
  vendorIdPayload,
} from './phase-one.ts';
import { phaseOneAnswer, selectPhaseOne } from './phase-one-proposals.ts';
import type { MainAgreeing, MainAnswered, MainProposed, MainTerms } from './phase-one-state.ts';
import type { PeerPolicy } from './policy.ts';
import { allOf, bodyOf, only, rules } from './rules.ts';
import { type Cookies, sealPayloads } from './seal.ts';
import type { State } from './state.ts';
import type { KeyAgreementAnswer, Path, Turn } from './turn.ts';
import { authenticated } from './xauth.ts';

/**
 * The responder's side of main mode with a pre-shared key, which is found by the address of the peer; RFC
 * 2409 section 5.4. It repeats a message only when it gets one again: the first answer goes to a
 * stranger, and an initiator asks until it hears something.
 */

const exchangeType = exchangeTypes.mainMode;

type Refusal = { readonly reason: string; readonly noProposal: boolean };

/** Reads message 1. The error is for the log; strangers are told nothing but a refused proposal. */
function termsOf(
  turn: Turn,
  subject: EventSubject,
  peer: PeerPolicy | undefined,
  octets: Uint8Array,
): Result<MainTerms, Refusal> {
  const refuse = (reason: string, noProposal = false) => err({ reason, noProposal });
  const payloads = readClear(octets, rules.main1);
  if (!payloads.ok) return refuse(payloads.error);
  logReceived(turn, subject, 0, payloads.value, octets.length);
  const { policy } = turn.environment;
  const sa = only(payloads.value, 'sa');
  const choice = selectPhaseOne(policy.isakmp, sa, undefined, false);
  if (!choice.ok) return refuse(choice.error, true);
  if (choice.value.extendedAuthentication)
    return refuse('the peer wants XAUTH, which main mode does not do here', true);
  const vendorIds = allOf(payloads.value, 'vid').map((v) => v.data);
  // A stranger is treated as a LAN-to-LAN peer about which nothing is said.
  const mayTraverse = policy.natTraversal && peer && (peer.natTraversal ?? true);
  return ok({
    choice: choice.value,
    natTraversal: mayTraverse ? bestNatTraversal(vendorIds) : undefined,
    extensions: extensionsOf(vendorIds),
    saBody: bodyOf(sa).slice(),
  });
}

/**
 * MM1: SA. Begins an SA, or answers that no proposal was acceptable. The answer repeats one of the
 * transforms and vendor IDs that came, so that it is never longer than the question.
 */
export function main1Received(
  turn: Turn,
  path: Path,
  header: Header,
  octets: Uint8Array,
): MainProposed | undefined {
  const responder = turn.environment.random.bytes(COOKIE_OCTETS);
  const cookies: Cookies = { initiator: header.initiatorCookie.slice(), responder };
  const { address } = path.remote;
  logHeader(turn, { peer: address }, header);
  const peer = turn.environment.policy.peerAt?.(address);
  const terms = termsOf(turn, { peer: address }, peer, octets);
  if (!terms.ok) {
    const { reason, noProposal } = terms.error;
    turn.log(noProposal ? phaseOneRefused : messageRefused, { peer: address }, () => ({ reason }));
    if (noProposal) sendNoProposal(turn, path, cookies);
    return undefined;
  }
  const subject = { peer: address, group: peer?.group };
  if (!peer) turn.log(unknownPeer, subject, () => ({ address }));
  const { choice, natTraversal, extensions } = terms.value;
  const payloads: readonly Payload[] = [
    phaseOneAnswer(choice),
    ...(extensions.deadPeerDetection ? [vendorIdPayload('dpd')] : []),
    ...(natTraversal ? [{ type: 'vid', data: vendorId(natTraversal.vendorId) } as const] : []),
  ];
  const answer = clearMessage(exchangeType, cookies, payloads);
  logSent(turn, subject, 0, payloads, answer.length);
  turn.emit({ kind: 'send', path, octets: answer });
  return {
    phase: 'mainProposed',
    role: 'responder',
    cookies,
    path,
    subject,
    terms: terms.value,
    peer,
    answer,
    expiresAt: after(turn.now, HALF_OPEN_MS),
  };
}

/** MM3: KE, Ni [, NAT-D, NAT-D]. Its cookie shows that the peer is where it says it is. */
export function main3Received(
  turn: Turn,
  state: MainProposed,
  path: Path,
  octets: Uint8Array,
): MainProposed | MainAgreeing {
  const { cookies, subject, terms, peer, role, expiresAt } = state;
  const payloads = readClear(octets, rules.main3);
  const { group } = terms.choice.policy;
  const exchanged = payloads.ok
    ? keyExchangeOf(payloads.value, DH_GROUPS[group].publicOctets)
    : payloads;
  if (!payloads.ok || !exchanged.ok) {
    const reason = exchanged.ok ? '' : exchanged.error;
    turn.log(messageRefused, subject, () => ({ reason }));
    return state;
  }
  logReceived(turn, subject, 0, payloads.value, octets.length);
  const { publicValue } = exchanged.value;
  turn.emit({
    kind: 'ask',
    ticket: 0,
    question: { kind: 'dhAgree', group, peerPublic: publicValue },
  });
  return {
    phase: 'mainAgreeing',
    role,
    cookies,
    path,
    subject,
    terms,
    peer,
    ...exchanged.value,
    natTraversal: natTraversalOf(payloads.value, terms, cookies, path),
    requestKey: messageKey(octets),
    expiresAt,
  };
}

/** The key agreement is done: message 4 is made, with a dummy key for an address nobody configured. */
export function mainAgreed(turn: Turn, state: MainAgreeing, answer: KeyAgreementAnswer): State {
  if (answer.kind !== 'dhAgree') return endWithoutKey(turn, state, answer);
  const { cookies, path, subject, terms, peer, role, expiresAt, requestKey } = state;
  const responderNonceBody = turn.environment.random.bytes(NONCE_OCTETS);
  const secrets = phaseOneSecrets({
    cookies,
    choice: terms.choice,
    preSharedKey: peer?.preSharedKey ?? turn.environment.dummyKey,
    sharedSecret: answer.sharedSecret,
    initiatorPublic: state.publicValue,
    responderPublic: answer.publicValue,
    initiatorNonceBody: state.nonceBody,
    responderNonceBody,
    saBody: terms.saBody,
  });
  const input = {
    hash: terms.choice.policy.hash,
    initiatorCookie: cookies.initiator,
    responderCookie: cookies.responder,
  };
  const payloads: readonly Payload[] = [
    { type: 'ke', data: answer.publicValue },
    { type: 'nonce', data: responderNonceBody },
    ...(state.natTraversal
      ? natDetectionPayloads(state.natTraversal.version, input, path, false)
      : []),
  ];
  const octets = clearMessage(exchangeType, cookies, payloads);
  logSent(turn, subject, 0, payloads, octets.length);
  turn.emit({ kind: 'send', path, octets });
  return {
    phase: 'mainAnswered',
    role,
    cookies,
    path,
    subject,
    terms,
    peer,
    keys: {
      ...secrets,
      natTraversal: state.natTraversal,
      origin: path.remote,
      refusalReported: false,
    },
    requestKey,
    answer: octets,
    expiresAt,
  };
}

/** Message 3 once more, or message 5. */
export function mainAnsweredReceived(
  turn: Turn,
  state: MainAnswered,
  path: Path,
  header: Header,
  octets: Uint8Array,
): State {
  if (messageKey(octets) === state.requestKey) {
    turn.emit({ kind: 'send', path: state.path, octets: state.answer });
    return state;
  }
  return main5Received(turn, state, path, header, octets);
}

/** MM5: IDii, HASH_I. Nothing changes before the hash is right: whoever sent it may not be the peer. */
function main5Received(
  turn: Turn,
  state: MainAnswered,
  path: Path,
  header: Header,
  octets: Uint8Array,
): State {
  const { keys, peer } = state;
  const opened = openProof(keys.secured, header, octets, rules.main5);
  if (!opened.ok) return refuseProof(turn, state, opened.error);
  const proof = only(opened.value.payloads, 'hash').data;
  const expected = hashI(keys.proof, identityBodyOf(opened.value));
  if (!equalBytes(proof, expected) || !peer) return refuseProof(turn, state);
  const identity = phaseOneIdentity(only(opened.value.payloads, 'id'));
  const wrong = wrongIdentity(identity, path, keys.natTraversal);
  if (wrong) return refuseProof(turn, state, wrong);
  return complete(turn, state, peer, path, opened.value, octets);
}

function refuseProof(turn: Turn, state: MainAnswered, wrong?: string): MainAnswered {
  if (state.keys.refusalReported) return state;
  const { peer, path } = state;
  const reason = peer
    ? (wrong ?? `wrong pre-shared key of tunnel group ${peer.group}`)
    : `no tunnel group for ${path.remote.address}`;
  turn.log(phaseOneProofWrong, state.subject, () => ({ reason }));
  return { ...state, keys: { ...state.keys, refusalReported: true } };
}

/** MM6: IDir, HASH_R. Phase 1 is complete; the answer goes the way that message 5 came. */
function complete(
  turn: Turn,
  state: MainAnswered,
  peer: PeerPolicy,
  path: Path,
  opened: Opened,
  octets: Uint8Array,
): State {
  const { cookies, subject, keys, terms } = state;
  logReceived(turn, subject, 0, opened.payloads, opened.length);
  const id = identification({ kind: 'address', address: path.local.address });
  const payloads: readonly Payload[] = [
    id,
    { type: 'hash', data: hashR(keys.proof, encodedBody(id)) },
  ];
  const header = { exchangeType, messageId: 0, iv: opened.lastBlock };
  const sealed = sealPayloads(keys.secured, header, payloads);
  logSent(turn, subject, 0, payloads, sealed.length);
  turn.emit({ kind: 'send', path, octets: sealed.octets });
  const notifications = allOf(opened.payloads, 'notify');
  const sa = established(turn, {
    role: 'responder',
    cookies,
    path,
    subject,
    secured: { ...keys.secured, lastBlock: sealed.lastBlock },
    choice: terms.choice,
    peer,
    extensions: terms.extensions,
    natTraversal: keys.natTraversal,
    initialContact: notifications.some((n) => n.notifyType === notifyTypes.initialContact),
    origin: keys.origin,
    exchange: 'main',
  });
  turn.log(phaseOneCompleted, subject, () => ({}));
  turn.notify({ kind: 'phaseOneCompleted' });
  const told = informationalReceived(turn, startKeepalives(turn, sa), opened);
  if (told.phase !== 'established') return told;
  return authenticated(turn, remember(told, messageKey(octets), sealed.octets));
}
