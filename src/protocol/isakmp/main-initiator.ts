import { equalBytes } from '#base/bytes';
import { after } from '#base/instant';
import { err, ok, type Result } from '#base/result';
import { DH_GROUPS } from '#crypto/dh-groups';
import { hashI, hashR } from '#crypto/keymat';
import type { Header } from '#wire/isakmp/header';
import { exchangeTypes } from '#wire/isakmp/numbers';
import type { Payload } from '#wire/isakmp/payload';
import { end, endWithoutKey } from './close.ts';
import { COOKIE_OCTETS, HALF_OPEN_MS, NONCE_OCTETS, REQUEST_WAITS_MS } from './constants.ts';
import { logReceived, logSent } from './decode-text.ts';
import { messageRefused, phaseOneCompleted, phaseOneProofWrong } from './events.ts';
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
import { bestNatTraversal, natDetectionPayloads, natTraversalOffer } from './nat-detection.ts';
import {
  clearMessage,
  encodedBody,
  established,
  extensionsOf,
  initialContact,
  NO_COOKIE,
  pathAfter,
  phaseOneSecrets,
  vendorIdPayload,
} from './phase-one.ts';
import { phaseOneChosen, phaseOneOffer } from './phase-one-proposals.ts';
import type {
  InitiatorRequest,
  MainCombining,
  MainExchanging,
  MainGenerating,
  MainOffered,
  MainProving,
  MainTerms,
} from './phase-one-state.ts';
import { retransmit } from './retransmission.ts';
import { allOf, only, rules } from './rules.ts';
import { sealPayloads } from './seal.ts';
import type { State } from './state.ts';
import type { KeyAgreementAnswer, Path, Turn } from './turn.ts';
import { authenticated } from './xauth.ts';

/** The initiator's side of main mode with a pre-shared key; RFC 2409 section 5.4. */

const exchangeType = exchangeTypes.mainMode;

/** MM1: SA, vendor IDs. */
export function connectMain(turn: Turn, path: Path, request: InitiatorRequest): MainOffered {
  const { policy, random } = turn.environment;
  const cookies = { initiator: random.bytes(COOKIE_OCTETS), responder: NO_COOKIE };
  const subject = { peer: path.remote.address, group: request.peer.group };
  const sa = phaseOneOffer(policy.isakmp, false, 'main');
  const mayTraverse = policy.natTraversal && (request.peer.natTraversal ?? true);
  const payloads: readonly Payload[] = [
    sa,
    vendorIdPayload('dpd'),
    ...(mayTraverse ? natTraversalOffer() : []).map((data): Payload => ({ type: 'vid', data })),
  ];
  const octets = clearMessage(exchangeType, cookies, payloads);
  logSent(turn, subject, 0, payloads, octets.length);
  turn.emit({ kind: 'send', path, octets });
  return {
    phase: 'mainOffered',
    role: 'initiator',
    cookies,
    path,
    subject,
    request,
    saBody: encodedBody(sa),
    retransmission: retransmit(octets, REQUEST_WAITS_MS, turn.now),
  };
}

function termsOf(turn: Turn, state: MainOffered, octets: Uint8Array): Result<MainTerms, string> {
  const payloads = readClear(octets, rules.main2);
  if (!payloads.ok) return payloads;
  logReceived(turn, state.subject, 0, payloads.value, octets.length);
  const { policy } = turn.environment;
  const choice = phaseOneChosen(policy.isakmp, only(payloads.value, 'sa'), undefined, 'main');
  if (!choice.ok) return choice;
  if (choice.value.extendedAuthentication) return err('XAUTH, which was not offered');
  const vendorIds = allOf(payloads.value, 'vid').map((v) => v.data);
  const mayTraverse = policy.natTraversal && (state.request.peer.natTraversal ?? true);
  return ok({
    choice: choice.value,
    natTraversal: mayTraverse ? bestNatTraversal(vendorIds) : undefined,
    extensions: extensionsOf(vendorIds),
    saBody: state.saBody,
  });
}

/** MM2: SA, vendor IDs. */
export function main2Received(
  turn: Turn,
  state: MainOffered,
  header: Header,
  octets: Uint8Array,
): MainOffered | MainGenerating {
  const terms = termsOf(turn, state, octets);
  if (!terms.ok) {
    turn.log(messageRefused, state.subject, () => ({ reason: terms.error }));
    return state;
  }
  const { group } = terms.value.choice.policy;
  turn.emit({ kind: 'ask', ticket: 0, question: { kind: 'dhGenerate', group } });
  const { role, path, subject, request } = state;
  return {
    phase: 'mainGenerating',
    role,
    cookies: { initiator: state.cookies.initiator, responder: header.responderCookie.slice() },
    path,
    subject,
    request,
    terms: terms.value,
    expiresAt: after(turn.now, HALF_OPEN_MS),
  };
}

/** MM3: KE, Ni [, NAT-D, NAT-D]. */
export function mainGenerated(
  turn: Turn,
  state: MainGenerating,
  answer: KeyAgreementAnswer,
): State {
  if (answer.kind !== 'dhGenerate') return endWithoutKey(turn, state, answer);
  const { role, cookies, path, subject, request, terms } = state;
  const nonceBody = turn.environment.random.bytes(NONCE_OCTETS);
  const input = {
    hash: terms.choice.policy.hash,
    initiatorCookie: cookies.initiator,
    responderCookie: cookies.responder,
  };
  const payloads: readonly Payload[] = [
    { type: 'ke', data: answer.publicValue },
    { type: 'nonce', data: nonceBody },
    ...(terms.natTraversal
      ? natDetectionPayloads(terms.natTraversal, input, path, request.forceEncapsulation)
      : []),
  ];
  const octets = clearMessage(exchangeType, cookies, payloads);
  logSent(turn, subject, 0, payloads, octets.length);
  turn.emit({ kind: 'send', path, octets });
  return {
    phase: 'mainExchanging',
    role,
    cookies,
    path,
    subject,
    request,
    terms,
    privateKey: answer.privateKey,
    publicValue: answer.publicValue,
    nonceBody,
    retransmission: retransmit(octets, REQUEST_WAITS_MS, turn.now),
  };
}

/** MM4: KE, Nr [, NAT-D, NAT-D]. */
export function main4Received(
  turn: Turn,
  state: MainExchanging,
  octets: Uint8Array,
): MainExchanging | MainCombining {
  const { role, cookies, path, subject, request, terms, publicValue, nonceBody } = state;
  const { group } = terms.choice.policy;
  const payloads = readClear(octets, rules.main4);
  const exchanged = payloads.ok
    ? keyExchangeOf(payloads.value, DH_GROUPS[group].publicOctets)
    : payloads;
  if (!payloads.ok || !exchanged.ok) {
    const reason = exchanged.ok ? '' : exchanged.error;
    turn.log(messageRefused, subject, () => ({ reason }));
    return state;
  }
  logReceived(turn, subject, 0, payloads.value, octets.length);
  const peerPublic = exchanged.value.publicValue;
  const { privateKey } = state;
  turn.emit({
    kind: 'ask',
    ticket: 0,
    question: { kind: 'dhCombine', group, privateKey, peerPublic },
  });
  return {
    phase: 'mainCombining',
    role,
    cookies,
    path,
    subject,
    request,
    terms,
    publicValue,
    nonceBody,
    peerPublic,
    peerNonceBody: exchanged.value.nonceBody,
    natTraversal: natTraversalOf(payloads.value, terms, cookies, path),
    expiresAt: after(turn.now, HALF_OPEN_MS),
  };
}

/** MM5: IDii, HASH_I [, INITIAL-CONTACT]; encrypted, and already on the floated port. */
export function mainCombined(turn: Turn, state: MainCombining, answer: KeyAgreementAnswer): State {
  if (answer.kind !== 'dhCombine') return endWithoutKey(turn, state, answer);
  const { role, cookies, subject, request, terms, natTraversal } = state;
  const { secured, proof } = phaseOneSecrets({
    cookies,
    choice: terms.choice,
    preSharedKey: request.peer.preSharedKey,
    sharedSecret: answer.sharedSecret,
    initiatorPublic: state.publicValue,
    responderPublic: state.peerPublic,
    initiatorNonceBody: state.nonceBody,
    responderNonceBody: state.peerNonceBody,
    saBody: terms.saBody,
  });
  const path = pathAfter(state.path, request, natTraversal);
  const id = identification(request.identity);
  const payloads: readonly Payload[] = [
    id,
    { type: 'hash', data: hashI(proof, encodedBody(id)) },
    ...(request.initialContact ? [initialContact(cookies)] : []),
  ];
  const header = { exchangeType, messageId: 0, iv: secured.lastBlock };
  const sealed = sealPayloads(secured, header, payloads);
  logSent(turn, subject, 0, payloads, sealed.length);
  turn.emit({ kind: 'send', path, octets: sealed.octets });
  return {
    phase: 'mainProving',
    role,
    cookies,
    path,
    subject,
    request,
    terms,
    keys: {
      secured: { ...secured, lastBlock: sealed.lastBlock },
      proof,
      natTraversal,
      origin: state.path.remote,
      refusalReported: false,
    },
    retransmission: retransmit(sealed.octets, REQUEST_WAITS_MS, turn.now),
  };
}

/** MM6: IDir, HASH_R. What does not prove itself is forgotten as if it had not come. */
export function main6Received(
  turn: Turn,
  state: MainProving,
  header: Header,
  octets: Uint8Array,
): State {
  const { keys, request, subject, cookies, terms, path } = state;
  const opened = openProof(keys.secured, header, octets, rules.main6);
  if (!opened.ok) return refuse(turn, state);
  const { payloads, lastBlock, length } = opened.value;
  const expected = hashR(keys.proof, identityBodyOf(opened.value));
  if (!equalBytes(only(payloads, 'hash').data, expected)) return refuse(turn, state);
  logReceived(turn, subject, 0, payloads, length);
  const identity = phaseOneIdentity(only(payloads, 'id'));
  const wrong = wrongIdentity(identity, path, keys.natTraversal);
  if (wrong) {
    turn.log(phaseOneProofWrong, subject, () => ({ reason: wrong }));
    return end(turn, state, 'authentication failed');
  }
  const sa = established(turn, {
    role: 'initiator',
    cookies,
    path,
    subject,
    secured: { ...keys.secured, lastBlock },
    choice: terms.choice,
    peer: request.peer,
    extensions: terms.extensions,
    natTraversal: keys.natTraversal,
    initialContact: request.initialContact,
    origin: keys.origin,
    exchange: 'main',
  });
  turn.log(phaseOneCompleted, subject, () => ({}));
  turn.notify({ kind: 'phaseOneCompleted' });
  const known = remember(
    { ...sa, forceEncapsulation: request.forceEncapsulation },
    messageKey(octets),
    undefined,
  );
  const told = informationalReceived(turn, startKeepalives(turn, known), opened.value);
  return told.phase === 'established' ? authenticated(turn, told) : told;
}

function refuse(turn: Turn, state: MainProving): MainProving {
  const { keys, request } = state;
  if (keys.refusalReported) return state;
  const reason = `the peer does not know the pre-shared key of tunnel group ${request.peer.group}`;
  turn.log(phaseOneProofWrong, state.subject, () => ({ reason }));
  return { ...state, keys: { ...keys, refusalReported: true } };
}
