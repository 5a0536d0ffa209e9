import { assert } from '#base/assert';
import { equalBytes } from '#base/bytes';
import { after } from '#base/instant';
import { describeFault, err, ok, type Result } from '#base/result';
import { hashI, hashR } from '#crypto/keymat';
import { decodeMessage } from '#wire/isakmp/message';
import { exchangeTypes } from '#wire/isakmp/numbers';
import type { Payload } from '#wire/isakmp/payload';
import type { VendorIdName } from '#wire/isakmp/vendor-ids';
import { end, endWithoutKey, logNoKey } from './close.ts';
import {
  COOKIE_OCTETS,
  HALF_OPEN_MS,
  NONCE_OCTETS,
  NONCE_OCTETS_LEAST,
  NONCE_OCTETS_MOST,
  REQUEST_WAITS_MS,
} from './constants.ts';
import { logReceived, logSent } from './decode-text.ts';
import {
  messageRefused,
  phaseOneCompleted,
  phaseOneProofWrong,
  phaseOneTimedOut,
} from './events.ts';
import { messageKey, remember, repeat } from './exchange.ts';
import { identification } from './identity.ts';
import { startKeepalives } from './keepalive.ts';
import {
  bestNatTraversal,
  detectNat,
  natDetectionPayloads,
  natTraversalOffer,
} from './nat-detection.ts';
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
  AnswerCandidate,
  AwaitingAnswer,
  Generating,
  InitiatorRequest,
} from './phase-one-state.ts';
import { retransmit } from './retransmission.ts';
import { allOf, bodyOf, checkRule, only, rules } from './rules.ts';
import { type Secured, sealPayloads } from './seal.ts';
import type { Established, State } from './state.ts';
import type { KeyAgreementAnswer, Path, Turn } from './turn.ts';
import { authenticated, awaitRequest } from './xauth.ts';

/** The initiator's side of aggressive mode with pre-shared keys; RFC 2409 section 5.4. */

const exchangeType = exchangeTypes.aggressive;

/** Begins an SA towards a gateway. */
export function connectAggressive(turn: Turn, path: Path, request: InitiatorRequest): Generating {
  const group = turn.environment.policy.isakmp[0]?.group;
  assert(group, 'an initiator without a phase-1 policy');
  turn.emit({ kind: 'ask', ticket: 0, question: { kind: 'dhGenerate', group } });
  return {
    phase: 'generating',
    role: 'initiator',
    cookies: { initiator: turn.environment.random.bytes(COOKIE_OCTETS), responder: NO_COOKIE },
    path,
    subject: { peer: path.remote.address, group: request.peer.group },
    request,
    expiresAt: after(turn.now, HALF_OPEN_MS),
  };
}

const OFFERED: readonly VendorIdName[] = ['xauth', 'unity', 'dpd'];

/** AM1: SA, KE, Ni, IDii, vendor IDs. */
export function aggressiveGenerated(
  turn: Turn,
  state: Generating,
  answer: KeyAgreementAnswer,
): State {
  if (answer.kind !== 'dhGenerate') return endWithoutKey(turn, state, answer);
  const { cookies, path, subject, request } = state;
  const { policy, random } = turn.environment;
  const sa = phaseOneOffer(policy.isakmp, request.peer.extendedAuthentication, 'aggressive');
  const id = identification(request.identity);
  const nonceBody = random.bytes(NONCE_OCTETS);
  const natTraversal = policy.natTraversal ? natTraversalOffer() : [];
  const payloads: readonly Payload[] = [
    sa,
    { type: 'ke', data: answer.publicValue },
    { type: 'nonce', data: nonceBody },
    id,
    ...OFFERED.map(vendorIdPayload),
    ...natTraversal.map((data): Payload => ({ type: 'vid', data })),
  ];
  const octets = clearMessage(exchangeType, cookies, payloads);
  logSent(turn, subject, 0, payloads, octets.length);
  turn.emit({ kind: 'send', path, octets });
  return {
    phase: 'awaitingAnswer',
    role: 'initiator',
    cookies,
    path,
    subject,
    request,
    sent: {
      privateKey: answer.privateKey,
      publicValue: answer.publicValue,
      nonceBody,
      saBody: encodedBody(sa),
      identityBody: encodedBody(id),
    },
    retransmission: retransmit(octets, REQUEST_WAITS_MS, turn.now),
    candidate: undefined,
    refusalReported: false,
  };
}

/** Reads message 2; it is not authenticated before the key agreement is done. */
function candidateOf(
  turn: Turn,
  state: AwaitingAnswer,
  octets: Uint8Array,
): Result<AnswerCandidate, string> {
  const message = decodeMessage(octets);
  if (!message.ok) return err(describeFault(message.error));
  const { header, payloads } = message.value;
  logReceived(turn, state.subject, 0, payloads, octets.length);
  const checked = checkRule(rules.aggressive2, payloads, false);
  if (!checked.ok) return checked;
  const nonce = only(payloads, 'nonce').data;
  if (nonce.length < NONCE_OCTETS_LEAST || nonce.length > NONCE_OCTETS_MOST)
    return err(`a nonce of ${nonce.length} octets`);
  const { policy } = turn.environment;
  const publicValue = only(payloads, 'ke').data;
  const answer = only(payloads, 'sa');
  const choice = phaseOneChosen(policy.isakmp, answer, publicValue.length, 'aggressive');
  if (!choice.ok) return choice;
  const cookies = {
    initiator: state.cookies.initiator,
    responder: header.responderCookie.slice(),
  };
  const vendorIds = allOf(payloads, 'vid').map((v) => v.data);
  const version = policy.natTraversal && bestNatTraversal(vendorIds);
  const input = {
    hash: choice.value.policy.hash,
    initiatorCookie: cookies.initiator,
    responderCookie: cookies.responder,
  };
  const found = version && detectNat(payloads, input, [state.path]);
  return ok({
    octets: octets.slice(),
    cookies,
    choice: choice.value,
    natTraversal: version && found && { version, ...found },
    extensions: extensionsOf(vendorIds),
    publicValue: publicValue.slice(),
    nonceBody: nonce.slice(),
    identityBody: bodyOf(only(payloads, 'id')).slice(),
    hash: only(payloads, 'hash').data.slice(),
  });
}

/** AM2: SA, KE, Nr, IDir, HASH_R. One at a time is looked into, so that forged ones cost little. */
export function aggressive2Received(
  turn: Turn,
  state: AwaitingAnswer,
  octets: Uint8Array,
): AwaitingAnswer {
  if (state.candidate) return state;
  const candidate = candidateOf(turn, state, octets);
  if (!candidate.ok) {
    turn.log(messageRefused, state.subject, () => ({ reason: candidate.error }));
    return state;
  }
  const { choice, publicValue: peerPublic } = candidate.value;
  const { group } = choice.policy;
  const { privateKey } = state.sent;
  turn.emit({
    kind: 'ask',
    ticket: 0,
    question: { kind: 'dhCombine', group, privateKey, peerPublic },
  });
  return { ...state, candidate: candidate.value };
}

/** The shared secret is known: message 2 proves itself, or is forgotten as if it had not come. */
export function aggressiveCombined(
  turn: Turn,
  state: AwaitingAnswer,
  answer: KeyAgreementAnswer,
): State {
  const { candidate, sent, request } = state;
  if (!candidate) return state;
  const waiting = { ...state, candidate: undefined };
  if (answer.kind !== 'dhCombine') {
    logNoKey(turn, state.subject, answer);
    return waiting;
  }
  const secrets = phaseOneSecrets({
    cookies: candidate.cookies,
    choice: candidate.choice,
    preSharedKey: request.peer.preSharedKey,
    sharedSecret: answer.sharedSecret,
    initiatorPublic: sent.publicValue,
    responderPublic: candidate.publicValue,
    initiatorNonceBody: sent.nonceBody,
    responderNonceBody: candidate.nonceBody,
    saBody: sent.saBody,
  });
  if (!equalBytes(candidate.hash, hashR(secrets.proof, candidate.identityBody))) {
    const reason = `the gateway does not know the key of group ${request.peer.group}, or not the group`;
    if (!state.refusalReported) turn.log(phaseOneProofWrong, state.subject, () => ({ reason }));
    return { ...waiting, refusalReported: true };
  }
  const proof = hashI(secrets.proof, sent.identityBody);
  return sendMessage3(turn, state, candidate, { secured: secrets.secured, hashI: proof });
}

/** AM3: HASH_I, INITIAL-CONTACT, NAT-D, NAT-D; encrypted, and already on the floated port. */
function sendMessage3(
  turn: Turn,
  state: AwaitingAnswer,
  candidate: AnswerCandidate,
  secrets: { readonly secured: Secured; readonly hashI: Uint8Array },
): Established {
  const { cookies, choice, natTraversal } = candidate;
  const { request, subject } = state;
  const path = pathAfter(state.path, request, natTraversal);
  const input = {
    hash: choice.policy.hash,
    initiatorCookie: cookies.initiator,
    responderCookie: cookies.responder,
  };
  // The hashes are of the ports that message 2 was compared with, whatever ports follow.
  const natDetection = natTraversal
    ? natDetectionPayloads(natTraversal.version, input, state.path, request.forceEncapsulation)
    : [];
  const payloads: readonly Payload[] = [
    { type: 'hash', data: secrets.hashI },
    ...(request.initialContact ? [initialContact(cookies)] : []),
    ...natDetection,
  ];
  const sealed = sealPayloads(
    secrets.secured,
    { exchangeType, messageId: 0, iv: secrets.secured.lastBlock },
    payloads,
  );
  logSent(turn, subject, 0, payloads, sealed.length);
  turn.emit({ kind: 'send', path, octets: sealed.octets });
  const sa: Established = {
    ...established(turn, {
      role: 'initiator',
      cookies,
      path,
      subject,
      secured: { ...secrets.secured, lastBlock: sealed.lastBlock },
      choice,
      peer: request.peer,
      extensions: candidate.extensions,
      natTraversal,
      initialContact: request.initialContact,
      origin: state.path.remote,
      exchange: 'aggressive',
    }),
    configurationWanted: request.configuration.length > 0 ? request.configuration : undefined,
    forceEncapsulation: request.forceEncapsulation,
  };
  turn.log(phaseOneCompleted, subject, () => ({}));
  turn.notify({ kind: 'phaseOneCompleted' });
  const next = startKeepalives(turn, remember(sa, messageKey(candidate.octets), sealed.octets));
  return choice.extendedAuthentication
    ? awaitRequest(turn, next, sealed.octets)
    : authenticated(turn, next);
}

/** Repeats message 1, and gives up on a gateway that does not prove itself. */
export function awaitingAnswerTick(turn: Turn, state: AwaitingAnswer): State {
  const retransmission = repeat(turn, state, state.retransmission);
  if (retransmission !== 'exhausted') return { ...state, retransmission };
  turn.log(phaseOneTimedOut, state.subject, () => ({ state: state.phase }));
  const reason = state.refusalReported ? 'wrong group or group key' : 'negotiation timeout';
  return end(turn, state, reason);
}
