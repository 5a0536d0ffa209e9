import { equalBytes } from '#base/bytes';
import { after } from '#base/instant';
import { describeFault, err, ok, type Result } from '#base/result';
import { hashI, hashR } from '#crypto/keymat';
import type { EventSubject } from '#events/event';
import { HEADER_LENGTH, type Header } from '#wire/isakmp/header';
import { decodeMessage, decodePayloads } from '#wire/isakmp/message';
import { exchangeTypes, headerFlags, notifyTypes } from '#wire/isakmp/numbers';
import type { Payload } from '#wire/isakmp/payload';
import { vendorId } from '#wire/isakmp/vendor-ids';
import { askAdmission } from './admission.ts';
import { endWithoutKey } from './close.ts';
import {
  AGGRESSIVE_ANSWER_WAITS_MS,
  COOKIE_OCTETS,
  HALF_OPEN_MS,
  NONCE_OCTETS,
  NONCE_OCTETS_LEAST,
  NONCE_OCTETS_MOST,
} from './constants.ts';
import { logHeader, logReceived, logSent } from './decode-text.ts';
import {
  messageRefused,
  phaseOneCompleted,
  phaseOneProofWrong,
  phaseOneRefused,
  unknownGroup,
} from './events.ts';
import { messageKey, remember } from './exchange.ts';
import { identification, identityText, phaseOneIdentity } from './identity.ts';
import { informationalReceived } from './informational.ts';
import { startKeepalives } from './keepalive.ts';
import {
  bestNatTraversal,
  detectNat,
  type NatTraversal,
  natDetectionPayloads,
} from './nat-detection.ts';
import { type Opened, open } from './open.ts';
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
import type { AggressiveOffer, Agreeing, AwaitingProof } from './phase-one-state.ts';
import { retransmissionDue, retransmit } from './retransmission.ts';
import { allOf, bodyOf, checkRule, only, rules } from './rules.ts';
import type { Cookies } from './seal.ts';
import type { State } from './state.ts';
import type { KeyAgreementAnswer, Path, Turn } from './turn.ts';
import { alsoReceived, alsoSent, maySend } from './unproven.ts';

/** The responder's side of aggressive mode with pre-shared keys; RFC 2409 section 5.4. */

const exchangeType = exchangeTypes.aggressive;

/** Reads message 1. The error is for the log; strangers are told nothing but a refused proposal. */
function offerOf(
  turn: Turn,
  subject: EventSubject,
  octets: Uint8Array,
): Result<AggressiveOffer, { readonly reason: string; readonly noProposal: boolean }> {
  const refuse = (reason: string, noProposal = false) => err({ reason, noProposal });
  const message = decodeMessage(octets);
  if (!message.ok) return refuse(describeFault(message.error));
  const { header, payloads } = message.value;
  logReceived(turn, subject, 0, payloads, octets.length);
  if (header.messageId !== 0) return refuse('a message id in phase 1');
  const checked = checkRule(rules.aggressive1, payloads, false);
  if (!checked.ok) return refuse(checked.error);
  const nonce = only(payloads, 'nonce').data;
  if (nonce.length < NONCE_OCTETS_LEAST || nonce.length > NONCE_OCTETS_MOST)
    return refuse(`a nonce of ${nonce.length} octets`);
  const { policy } = turn.environment;
  const id = only(payloads, 'id');
  const sa = only(payloads, 'sa');
  const publicValue = only(payloads, 'ke').data;
  const identity = phaseOneIdentity(id);
  const peer = policy.peer(identity);
  // A name that nobody configured is treated like that of a remote access group.
  const wantsXauth = peer?.extendedAuthentication ?? true;
  const policies = policy.aggressiveModeDisabled ? [] : policy.isakmp;
  const choice = selectPhaseOne(policies, sa, publicValue.length, wantsXauth);
  if (!choice.ok) return refuse(choice.error, true);
  const vendorIds = allOf(payloads, 'vid').map((v) => v.data);
  return ok({
    choice: choice.value,
    identity,
    peer,
    natTraversal: policy.natTraversal && bestNatTraversal(vendorIds),
    extensions: extensionsOf(vendorIds),
    publicValue: publicValue.slice(),
    nonceBody: nonce.slice(),
    saBody: bodyOf(sa).slice(),
    identityBody: bodyOf(id).slice(),
  });
}

/**
 * AM1: SA, KE, Ni, IDii. Begins an SA, or answers that no proposal was acceptable. Cookies are random:
 * a stranger cannot guess the responder's, which every later message must carry.
 */
export function aggressive1Received(
  turn: Turn,
  path: Path,
  header: Header,
  octets: Uint8Array,
): Agreeing | undefined {
  const responder = turn.environment.random.bytes(COOKIE_OCTETS);
  const cookies: Cookies = { initiator: header.initiatorCookie.slice(), responder };
  const peerSubject = { peer: path.remote.address };
  logHeader(turn, peerSubject, header);
  const offer = offerOf(turn, peerSubject, octets);
  if (!offer.ok) {
    const { reason, noProposal } = offer.error;
    turn.log(noProposal ? phaseOneRefused : messageRefused, peerSubject, () => ({ reason }));
    if (noProposal) sendNoProposal(turn, path, cookies);
    return undefined;
  }
  const { identity, peer, choice } = offer.value;
  const subject = { ...peerSubject, group: peer?.group };
  if (!peer) turn.log(unknownGroup, subject, () => ({ identity: identityText(identity) }));
  turn.emit({
    kind: 'ask',
    ticket: 0,
    question: { kind: 'dhAgree', group: choice.policy.group, peerPublic: offer.value.publicValue },
  });
  return {
    phase: 'agreeing',
    role: 'responder',
    cookies,
    path,
    subject,
    offer: offer.value,
    exchanged: { received: octets.length, sent: 0 },
    expiresAt: after(turn.now, HALF_OPEN_MS),
  };
}

/** The key agreement is done: message 2 is made, with a dummy key for a group that does not exist. */
export function aggressiveAgreed(turn: Turn, state: Agreeing, answer: KeyAgreementAnswer): State {
  if (answer.kind !== 'dhAgree') return endWithoutKey(turn, state, answer);
  const { cookies, path, offer, subject } = state;
  const identityPayload = identification({ kind: 'address', address: path.local.address });
  const responderNonceBody = turn.environment.random.bytes(NONCE_OCTETS);
  const secrets = phaseOneSecrets({
    cookies,
    choice: offer.choice,
    preSharedKey: offer.peer?.preSharedKey ?? turn.environment.dummyKey,
    sharedSecret: answer.sharedSecret,
    initiatorPublic: offer.publicValue,
    responderPublic: answer.publicValue,
    initiatorNonceBody: offer.nonceBody,
    responderNonceBody,
    saBody: offer.saBody,
  });
  const proof = hashR(secrets.proof, encodedBody(identityPayload));
  const payloads: readonly Payload[] = [
    phaseOneAnswer(offer.choice),
    { type: 'ke', data: answer.publicValue },
    { type: 'nonce', data: responderNonceBody },
    identityPayload,
    { type: 'hash', data: proof },
    vendorIdPayload('unity'),
    vendorIdPayload('xauth'),
    vendorIdPayload('dpd'),
    ...natTraversalPayloads(state),
    vendorIdPayload('fragmentation'),
    vendorIdPayload('altigaGateway'),
  ];
  const octets = clearMessage(exchangeType, cookies, payloads);
  logSent(turn, subject, 0, payloads, octets.length);
  turn.emit({ kind: 'send', path, octets });
  return {
    phase: 'awaitingProof',
    role: 'responder',
    cookies,
    path,
    subject,
    offer,
    secured: secrets.secured,
    expectedHash: hashI(secrets.proof, offer.identityBody),
    retransmission: retransmit(octets, AGGRESSIVE_ANSWER_WAITS_MS, turn.now),
    exchanged: alsoSent(state.exchanged, octets.length),
    expiresAt: state.expiresAt,
    refusalReported: false,
  };
}

/** The one version of NAT traversal that is answered, and the hashes of both ends (NAT-43). */
function natTraversalPayloads({ cookies, path, offer }: Agreeing): readonly Payload[] {
  const version = offer.natTraversal;
  if (!version) return [];
  const input = {
    hash: offer.choice.policy.hash,
    initiatorCookie: cookies.initiator,
    responderCookie: cookies.responder,
  };
  return [
    { type: 'vid', data: vendorId(version.vendorId) },
    ...natDetectionPayloads(version, input, path, false),
  ];
}

/**
 * Reads message 3, which most peers encrypt though RFC 2409 leaves it open. The error is what is wrong with
 * a message that opens, and nothing when it does not: then the keys differ.
 */
function openMessage3(
  state: AwaitingProof,
  header: Header,
  octets: Uint8Array,
): Result<Opened, string | undefined> {
  if (header.messageId !== 0) return err('a message id in phase 1');
  const encrypted = (header.flags & headerFlags.encryption) !== 0;
  const { secured } = state;
  const opened = encrypted
    ? open(secured, secured.lastBlock, header, octets)
    : openClear(secured.lastBlock, header, octets);
  if (!opened.ok) return err(encrypted ? undefined : describeFault(opened.error));
  const checked = checkRule(rules.aggressive3, opened.value.payloads, encrypted);
  return checked.ok ? ok(opened.value) : checked;
}

function openClear(lastBlock: Uint8Array, header: Header, octets: Uint8Array) {
  const body = octets.subarray(HEADER_LENGTH);
  const decoded = decodePayloads(header.nextPayload, body);
  if (!decoded.ok) return decoded;
  const { payloads, end } = decoded.value;
  return ok({ payloads, body, end, lastBlock, length: HEADER_LENGTH + end });
}

/** AM3: HASH_I, and what the initiator found out about NATs. */
export function aggressive3Received(
  turn: Turn,
  state: AwaitingProof,
  path: Path,
  header: Header,
  octets: Uint8Array,
): State {
  const opened = openMessage3(state, header, octets);
  if (!opened.ok) return refuseProof(turn, state, opened.error);
  const proof = only(opened.value.payloads, 'hash').data;
  if (!equalBytes(proof, state.expectedHash)) return refuseProof(turn, state);
  const { peer, choice } = state.offer;
  if (!peer) return refuseProof(turn, state);
  if (peer.extendedAuthentication !== choice.extendedAuthentication) {
    const reason = peer.extendedAuthentication
      ? `the peer offered a pre-shared key without XAUTH, which tunnel group ${peer.group} demands`
      : `the peer demands XAUTH, which tunnel group ${peer.group} does not do`;
    turn.log(phaseOneProofWrong, state.subject, () => ({ reason }));
    return { ...state, refusalReported: true };
  }
  return complete(turn, state, { ...state.offer, peer }, path, opened.value, octets);
}

/**
 * Reports the first message 3 that proves nothing and goes on waiting: whoever sent it may not be the
 * peer, and must not be able to end its negotiation.
 */
function refuseProof(turn: Turn, state: AwaitingProof, broken?: string): AwaitingProof {
  if (state.refusalReported) return state;
  const reason = state.offer.peer
    ? (broken ?? `wrong pre-shared key of tunnel group ${state.offer.peer.group}`)
    : `no tunnel group "${identityText(state.offer.identity)}"`;
  turn.log(phaseOneProofWrong, state.subject, () => ({ reason }));
  return { ...state, refusalReported: true };
}

function natTraversalOf(
  state: AwaitingProof,
  path: Path,
  opened: Opened,
): NatTraversal | undefined {
  const { offer, cookies } = state;
  if (!offer.natTraversal) return undefined;
  const input = {
    hash: offer.choice.policy.hash,
    initiatorCookie: cookies.initiator,
    responderCookie: cookies.responder,
  };
  const found = detectNat(opened.payloads, input, [state.path, path]);
  return found && { version: offer.natTraversal, ...found };
}

function complete(
  turn: Turn,
  state: AwaitingProof,
  offer: AggressiveOffer & { readonly peer: NonNullable<AggressiveOffer['peer']> },
  path: Path,
  opened: Opened,
  octets: Uint8Array,
): State {
  const { cookies, subject } = state;
  logReceived(turn, subject, 0, opened.payloads, opened.length);
  const notifications = allOf(opened.payloads, 'notify');
  const initialContact = notifications.some((n) => n.notifyType === notifyTypes.initialContact);
  const sa = established(turn, {
    role: 'responder',
    cookies,
    path,
    subject,
    secured: { ...state.secured, lastBlock: opened.lastBlock },
    choice: offer.choice,
    peer: offer.peer,
    extensions: offer.extensions,
    natTraversal: natTraversalOf(state, path, opened),
    initialContact,
    origin: state.path.remote,
    exchange: 'aggressive',
  });
  turn.log(phaseOneCompleted, subject, () => ({}));
  turn.notify({ kind: 'phaseOneCompleted' });
  const told = informationalReceived(turn, startKeepalives(turn, sa), opened);
  if (told.phase !== 'established') return told;
  const next = remember(told, messageKey(octets), undefined);
  return askAdmission(turn, next, octets);
}

/** Repeats message 2, as often as what came from its address allows. */
export function awaitingProofTick(turn: Turn, state: AwaitingProof): AwaitingProof {
  const due = state.retransmission && retransmissionDue(state.retransmission, turn.now);
  if (due === undefined) return state;
  if (due === 'exhausted') return { ...state, retransmission: undefined };
  return sendAgain(turn, { ...state, retransmission: due }, due.octets);
}

function sendAgain(turn: Turn, state: AwaitingProof, octets: Uint8Array): AwaitingProof {
  if (!maySend(state.exchanged, octets.length)) return state;
  turn.emit({ kind: 'send', path: state.path, octets });
  return { ...state, exchanged: alsoSent(state.exchanged, octets.length) };
}

/** The same message 1 again, of so many octets: the same answer, once there is one. */
export function aggressive1Repeated<S extends Agreeing | AwaitingProof>(
  turn: Turn,
  state: S,
  octets: number,
): S | AwaitingProof {
  const next = { ...state, exchanged: alsoReceived(state.exchanged, octets) };
  return next.phase === 'awaitingProof' && next.retransmission
    ? sendAgain(turn, next, next.retransmission.octets)
    : next;
}
