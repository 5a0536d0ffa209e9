import { equalBytes } from '#base/bytes';
import { after } from '#base/instant';
import { formatPrefix } from '#base/prefix';
import { err, ok, type Result } from '#base/result';
import type { Header } from '#wire/isakmp/header';
import { exchangeTypes, notifyTypes } from '#wire/isakmp/numbers';
import type { Identification, Payload } from '#wire/isakmp/payload';
import {
  HALF_OPEN_MS,
  NONCE_OCTETS,
  NONCE_OCTETS_LEAST,
  NONCE_OCTETS_MOST,
  REQUEST_WAITS_MS,
} from './constants.ts';
import { keyAgreementFailed, phaseTwoRefused } from './events.ts';
import { remember, takeMessageId, transmit } from './exchange.ts';
import { selectorOf, within } from './identity.ts';
import { espNotification, sendInformational } from './informational-send.ts';
import { closingHash, type Opened } from './open.ts';
import { phaseTwoAnswer, selectPhaseTwo } from './phase-two-proposals.ts';
import type { ChildSelectors } from './policy.ts';
import {
  allowedGroups,
  endSelectors,
  hasRoom,
  install,
  makeChild,
  predecessor,
  type QuickSecrets,
  replaceQuickMode,
  unfitness,
  withoutQuickMode,
} from './quick.ts';
import { announcePhaseOneIfLonger, phaseTwoLifetimes } from './responder-lifetime.ts';
import { retransmit } from './retransmission.ts';
import { allOf, bodyOf, firstOf, only } from './rules.ts';
import { seal } from './seal.ts';
import type { ChildPlan, Established, QuickMode } from './state.ts';
import type { KeyAgreementAnswer, Turn } from './turn.ts';

/** The responder's side of Quick Mode. */

type Agreeing = Extract<QuickMode, { stage: 'agreeing' }>;
type AwaitingHash = Extract<QuickMode, { stage: 'awaitingHash' }>;

const EMPTY = new Uint8Array(0);

/** A Quick Mode that is refused: why, and the notification that says so. */
type Refusal = { readonly reason: string; readonly notifyType: number };

const refusal = (reason: string, notifyType: number): Result<never, Refusal> =>
  err({ reason, notifyType });

/** The networks that the peer proposes, if it may have them. */
function selectorsOf(
  sa: Established,
  ids: readonly Identification[],
): Result<ChildSelectors, Refusal> {
  const wrong = (reason: string) => refusal(reason, notifyTypes.invalidIdInformation);
  const [initiator, responder] = ids;
  if (ids.length === 1) return wrong('one identification payload instead of two');
  const remote = initiator ? selectorOf(initiator) : ok(endSelectors(sa).remote);
  const local = responder ? selectorOf(responder) : ok(endSelectors(sa).local);
  if (!remote.ok) return wrong(`the peer's network: ${remote.error}`);
  if (!local.ok) return wrong(`our network: ${local.error}`);
  const selectors = { local: local.value, remote: remote.value };
  const unfit = unfitness(sa, selectors);
  if (unfit !== undefined) return wrong(unfit);
  const isKnown = predecessor(sa, selectors) !== undefined;
  if (isKnown || sa.assigned.some((prefix) => within(selectors.remote, prefix)))
    return ok(selectors);
  const permitted = sa.peer.selectors;
  if (!permitted) return wrong(`${formatPrefix(selectors.remote)} was not assigned to this peer`);
  const isPermitted = permitted.some(
    (p) => within(selectors.local, p.local) && within(selectors.remote, p.remote),
  );
  if (isPermitted) return ok(selectors);
  const [from, to] = [formatPrefix(selectors.local), formatPrefix(selectors.remote)];
  return wrong(
    `no access list of a crypto map permits ${from} to ${to} for this peer: add \`permit ip\` from the one to the other`,
  );
}

function planOf(turn: Turn, sa: Established, opened: Opened): Result<ChildPlan, Refusal> {
  const { payloads } = opened;
  const nonceOctets = only(payloads, 'nonce').data.length;
  if (nonceOctets < NONCE_OCTETS_LEAST || nonceOctets > NONCE_OCTETS_MOST)
    return refusal(`a nonce of ${nonceOctets} octets`, notifyTypes.payloadMalformed);
  const selectors = selectorsOf(sa, allOf(payloads, 'id'));
  if (!selectors.ok) return selectors;
  const choice = selectPhaseTwo(only(payloads, 'sa'), {
    ipsec: sa.peer.ipsec,
    // UDP encapsulation needs the port that only a floated exchange uses.
    natTraversal: sa.path.encapsulated ? sa.natTraversal : undefined,
    keOctets: firstOf(payloads, 'ke')?.data.length,
    allowedGroups: allowedGroups(turn),
  });
  if (!choice.ok) return refusal(choice.error, notifyTypes.noProposalChosen);
  const replaces = predecessor(sa, selectors.value)?.inboundSpi;
  return ok({
    choice: choice.value,
    selectors: selectors.value,
    inboundSpi: turn.environment.newSpi(replaces ?? sa.children[0]?.inboundSpi),
    replaces,
  });
}

/** QM1: HASH(1), SA, Ni [, KE] [, IDci, IDcr]. It is authentic. */
export function quick1Received(
  turn: Turn,
  sa: Established,
  header: Header,
  opened: Opened,
  key: string,
): Established {
  const plan = planOf(turn, sa, opened);
  if (!plan.ok) {
    turn.log(phaseTwoRefused, sa.subject, () => ({ reason: plan.error.reason }));
    sendInformational(turn, sa, [espNotification(plan.error.notifyType, EMPTY, EMPTY)]);
    return takeMessageId(remember(sa, key, undefined), header.messageId);
  }
  if (!hasRoom(turn, sa, plan.value.replaces)) return sa;
  const announced = announcePhaseOneIfLonger(turn, takeMessageId(sa, header.messageId));
  const quick: Agreeing = {
    stage: 'agreeing',
    messageId: header.messageId,
    iv: opened.lastBlock,
    plan: plan.value,
    identityBodies: allOf(opened.payloads, 'id').map(bodyOf),
    initiatorNonceBody: only(opened.payloads, 'nonce').data,
    requestKey: key,
    expiresAt: after(turn.now, HALF_OPEN_MS),
  };
  const known = remember(announced, key, undefined);
  const { group } = plan.value.choice;
  const ke = firstOf(opened.payloads, 'ke');
  if (!group || !ke) return answer(turn, known, quick, undefined);
  turn.emit({
    kind: 'ask',
    ticket: header.messageId,
    question: { kind: 'dhAgree', group: group.name, peerPublic: ke.data },
  });
  return replaceQuickMode(known, quick);
}

/** The key agreement of PFS is done. */
export function quickAgreed(
  turn: Turn,
  sa: Established,
  quick: Agreeing,
  result: KeyAgreementAnswer,
): Established {
  if (result.kind === 'dhAgree') return answer(turn, sa, quick, result);
  const reason = result.kind === 'failed' ? result.reason : result.kind;
  turn.log(keyAgreementFailed, sa.subject, () => ({ reason }));
  sendInformational(turn, sa, [espNotification(notifyTypes.invalidKeyInformation, EMPTY, EMPTY)]);
  return withoutQuickMode(sa, quick.messageId);
}

/** Identification payloads go back exactly as they came. */
function identification(body: Uint8Array): Identification {
  const [idType = 0, protocol = 0, high = 0, low = 0] = body;
  return { type: 'id', idType, protocol, port: (high << 8) | low, data: body.subarray(4) };
}

/** QM2: HASH(2), SA, Nr [, KE] [, IDci, IDcr], and the lifetimes that the initiator must not exceed. */
function answer(
  turn: Turn,
  sa: Established,
  quick: Agreeing,
  agreed: { readonly publicValue: Uint8Array; readonly sharedSecret: Uint8Array } | undefined,
): Established {
  const { plan, messageId, initiatorNonceBody } = quick;
  const responderNonceBody = turn.environment.random.bytes(NONCE_OCTETS);
  const ke: readonly Payload[] = agreed ? [{ type: 'ke', data: agreed.publicValue }] : [];
  const payloads: readonly Payload[] = [
    phaseTwoAnswer(plan.choice, plan.inboundSpi),
    { type: 'nonce', data: responderNonceBody },
    ...ke,
    ...quick.identityBodies.map(identification),
    ...phaseTwoLifetimes(turn, sa, plan.choice, plan.inboundSpi),
  ];
  const exchangeType = exchangeTypes.quickMode;
  const sealed = seal(
    sa.secured,
    { exchangeType, messageId, iv: quick.iv },
    payloads,
    initiatorNonceBody,
  );
  const secrets: QuickSecrets = {
    initiatorNonceBody,
    responderNonceBody,
    sharedSecret: agreed?.sharedSecret,
  };
  const child = makeChild(turn, sa, plan, messageId, secrets, false);
  // The initiator may send by the pair as soon as it has this message, and its packets may overtake the next.
  turn.emit({ kind: 'prepare', child });
  transmit(turn, sa, messageId, sealed);
  const waiting: AwaitingHash = {
    stage: 'awaitingHash',
    messageId,
    iv: sealed.lastBlock,
    child,
    expectedHash: closingHash(sa.secured, messageId, initiatorNonceBody, responderNonceBody),
    retransmission: retransmit(sealed.octets, REQUEST_WAITS_MS, turn.now),
  };
  return replaceQuickMode(remember(sa, quick.requestKey, sealed.octets), waiting);
}

/** Whether a message 3 proves that the initiator has the keys. */
export const isQuick3Authentic = (quick: AwaitingHash, opened: Opened): boolean =>
  equalBytes(only(opened.payloads, 'hash').data, quick.expectedHash);

/** QM3: HASH(3). Only now is anything sent by the pair, so that a replayed message 1 diverts nothing. */
export const quick3Received = (
  turn: Turn,
  sa: Established,
  quick: AwaitingHash,
  key: string,
): Established => install(turn, remember(sa, key, undefined), quick.child);
