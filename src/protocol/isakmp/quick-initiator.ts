import { after } from '#base/instant';
import { err, ok, type Result } from '#base/result';
import { DH_GROUPS } from '#crypto/dh-groups';
import { attributeNumber, decodeAttributes } from '#wire/isakmp/attribute';
import { exchangeTypes, lifeTypes, notifyTypes, phaseTwoAttributes } from '#wire/isakmp/numbers';
import type { Identification, Payload } from '#wire/isakmp/payload';
import type { Child } from './child.ts';
import {
  HALF_OPEN_MS,
  NONCE_OCTETS,
  NONCE_OCTETS_LEAST,
  NONCE_OCTETS_MOST,
  REQUEST_WAITS_MS,
} from './constants.ts';
import { keyAgreementFailed, phaseTwoRefused } from './events.ts';
import { newMessageId, remember, takeMessageId, transmit } from './exchange.ts';
import { selectorIdentification, selectorOf, within } from './identity.ts';
import { espNotification, sendInformational } from './informational-send.ts';
import { closingHash, type Opened } from './open.ts';
import { acceptedSeconds } from './phase-one-proposals.ts';
import { phaseTwoOffer, selectPhaseTwo } from './phase-two-proposals.ts';
import type { ChildSelectors } from './policy.ts';
import {
  cameToNothing,
  hasRoom,
  install,
  makeChild,
  type QuickSecrets,
  replaceQuickMode,
  unfitness,
} from './quick.ts';
import { retransmit } from './retransmission.ts';
import { allOf, firstOf, only } from './rules.ts';
import { firstIv, seal, sealPayloads } from './seal.ts';
import type { ChildPlan, Established, QuickMode, QuickOffer, State } from './state.ts';
import type { KeyAgreementAnswer, Turn } from './turn.ts';

/** The initiator's side of Quick Mode, for a new pair or in place of an older one. */

type Generating = Extract<QuickMode, { stage: 'generating' }>;
type AwaitingAnswer = Extract<QuickMode, { stage: 'awaitingAnswer' }>;
type Combining = Extract<QuickMode, { stage: 'combining' }>;

const exchangeType = exchangeTypes.quickMode;
const EMPTY = new Uint8Array(0);

/** Begins a Quick Mode for new traffic. */
export function createChild(turn: Turn, sa: Established, selectors: ChildSelectors): Established {
  const { ipsec } = sa.peer;
  const reason = unfitness(sa, selectors);
  if (reason !== undefined) {
    turn.log(phaseTwoRefused, sa.subject, () => ({ reason }));
    return sa;
  }
  const nat = sa.natTraversal;
  const viaNat = nat !== undefined && (nat.localBehindNat || nat.remoteBehindNat);
  const inUdp = sa.path.encapsulated && (viaNat || sa.forceEncapsulation);
  return begin(turn, sa, {
    selectors,
    suites: ipsec.suites,
    encapsulation: inUdp ? 'udp' : 'none',
    group: ipsec.pfs,
    lifetimeSeconds: ipsec.lifetimeSeconds,
    inboundSpi: turn.environment.newSpi(sa.children[0]?.inboundSpi),
    replaces: undefined,
  });
}

/** Begins a Quick Mode that replaces a pair by one of the same kind. */
export const rekeyChild = (turn: Turn, sa: Established, child: Child): Established =>
  begin(turn, sa, {
    selectors: child.selectors,
    suites: [child.suite],
    encapsulation: child.encapsulation,
    group: child.pfs,
    lifetimeSeconds: child.lifetimeSeconds,
    inboundSpi: turn.environment.newSpi(child.inboundSpi),
    replaces: child.inboundSpi,
  });

function begin(turn: Turn, sa: Established, offer: QuickOffer): Established {
  if (!hasRoom(turn, sa, offer.replaces)) return sa;
  const messageId = newMessageId(turn, sa);
  const quick: Generating = {
    stage: 'generating',
    messageId,
    iv: firstIv(sa.secured, messageId),
    offer,
    expiresAt: after(turn.now, HALF_OPEN_MS),
  };
  const known = takeMessageId(sa, messageId);
  if (!offer.group) return sendQuick1(turn, known, quick, undefined);
  const question = { kind: 'dhGenerate', group: offer.group } as const;
  turn.emit({ kind: 'ask', ticket: messageId, question });
  return replaceQuickMode(known, quick);
}

type KeyPair = Extract<KeyAgreementAnswer, { kind: 'dhGenerate' }>;

/** The key pair of PFS is made. */
export function quickGenerated(
  turn: Turn,
  sa: Established,
  quick: Generating,
  answer: KeyAgreementAnswer,
): State {
  if (answer.kind === 'dhGenerate') return sendQuick1(turn, sa, quick, answer);
  return failed(turn, sa, quick, answer);
}

function failed(
  turn: Turn,
  sa: Established,
  quick: Generating | Combining,
  answer: KeyAgreementAnswer,
): State {
  const reason = answer.kind === 'failed' ? answer.reason : answer.kind;
  turn.log(keyAgreementFailed, sa.subject, () => ({ reason }));
  return cameToNothing(turn, sa, quick);
}

/** QM1: HASH(1), SA, Ni [, KE], IDci, IDcr. */
function sendQuick1(
  turn: Turn,
  sa: Established,
  quick: Generating,
  pair: KeyPair | undefined,
): Established {
  const { offer, messageId } = quick;
  const nonceBody = turn.environment.random.bytes(NONCE_OCTETS);
  const ke: readonly Payload[] = pair ? [{ type: 'ke', data: pair.publicValue }] : [];
  const payloads: readonly Payload[] = [
    phaseTwoOffer({
      suites: offer.suites,
      mode: sa.peer.ipsec.mode,
      encapsulation: offer.encapsulation,
      natTraversal: sa.natTraversal,
      group: offer.group && DH_GROUPS[offer.group],
      lifetimeSeconds: offer.lifetimeSeconds,
      spi: offer.inboundSpi,
    }),
    { type: 'nonce', data: nonceBody },
    ...ke,
    selectorIdentification(offer.selectors.local),
    selectorIdentification(offer.selectors.remote),
  ];
  const sealed = seal(sa.secured, { exchangeType, messageId, iv: quick.iv }, payloads);
  transmit(turn, sa, messageId, sealed);
  return replaceQuickMode(sa, {
    stage: 'awaitingAnswer',
    messageId,
    iv: sealed.lastBlock,
    offer,
    nonceBody,
    privateKey: pair?.privateKey,
    retransmission: retransmit(sealed.octets, REQUEST_WAITS_MS, turn.now),
  });
}

/** Whether the responder left the networks as proposed, or narrowed them. */
function narrowed(
  offer: ChildSelectors,
  ids: readonly Identification[],
): Result<ChildSelectors, string> {
  const [initiator, responder] = ids;
  if (!initiator || !responder) return ok(offer);
  const local = selectorOf(initiator);
  const remote = selectorOf(responder);
  if (!local.ok) return local;
  if (!remote.ok) return remote;
  if (!within(local.value, offer.local) || !within(remote.value, offer.remote))
    return err('the networks in the answer are not those proposed');
  return ok({ local: local.value, remote: remote.value });
}

/** The shorter lifetimes that RESPONDER-LIFETIME notifications of an answer tell. */
function announcedSeconds(opened: Opened): number | undefined {
  for (const notification of allOf(opened.payloads, 'notify')) {
    if (notification.notifyType !== notifyTypes.responderLifetime) continue;
    const attributes = decodeAttributes(notification.data);
    if (!attributes.ok) continue;
    const [type, duration] = attributes.value;
    if (!type || type.type !== phaseTwoAttributes.saLifeType) continue;
    if (attributeNumber(type) === lifeTypes.seconds && duration) return attributeNumber(duration);
  }
  return undefined;
}

function planOf(sa: Established, quick: AwaitingAnswer, opened: Opened): Result<ChildPlan, string> {
  const { offer } = quick;
  const { payloads } = opened;
  const answer = only(payloads, 'sa');
  const transforms = answer.proposals.flatMap((p) => p.transforms);
  if (transforms.length !== 1) return err(`${transforms.length} transforms instead of one`);
  const nonceOctets = only(payloads, 'nonce').data.length;
  if (nonceOctets < NONCE_OCTETS_LEAST || nonceOctets > NONCE_OCTETS_MOST)
    return err(`a nonce of ${nonceOctets} octets`);
  const choice = selectPhaseTwo(answer, {
    ipsec: { ...sa.peer.ipsec, suites: offer.suites, pfs: offer.group },
    natTraversal: sa.natTraversal,
    keOctets: firstOf(payloads, 'ke')?.data.length,
    allowedGroups: new Set(),
  });
  if (!choice.ok) return choice;
  if (choice.value.encapsulation !== offer.encapsulation)
    return err('the encapsulation mode in the answer is not the one proposed');
  const selectors = narrowed(offer.selectors, allOf(payloads, 'id'));
  if (!selectors.ok) return selectors;
  const seconds = Math.min(
    choice.value.lifetimeSeconds,
    acceptedSeconds(announcedSeconds(opened)) ?? offer.lifetimeSeconds,
  );
  return ok({
    choice: { ...choice.value, lifetimeSeconds: seconds },
    selectors: selectors.value,
    inboundSpi: offer.inboundSpi,
    replaces: offer.replaces,
  });
}

/** QM2. It is authentic. */
export function quick2Received(
  turn: Turn,
  sa: Established,
  quick: AwaitingAnswer,
  opened: Opened,
  key: string,
): State {
  const plan = planOf(sa, quick, opened);
  if (!plan.ok) {
    turn.log(phaseTwoRefused, sa.subject, () => ({ reason: plan.error }));
    sendInformational(turn, sa, [espNotification(notifyTypes.noProposalChosen, EMPTY, EMPTY)]);
    return cameToNothing(turn, remember(sa, key, undefined), quick);
  }
  const combining: Combining = {
    stage: 'combining',
    messageId: quick.messageId,
    iv: opened.lastBlock,
    plan: plan.value,
    initiatorNonceBody: quick.nonceBody,
    responderNonceBody: only(opened.payloads, 'nonce').data,
    requestKey: key,
    expiresAt: after(turn.now, HALF_OPEN_MS),
  };
  const ke = firstOf(opened.payloads, 'ke');
  const { group } = plan.value.choice;
  if (!group || !ke || !quick.privateKey) return sendQuick3(turn, sa, combining, undefined);
  const question = {
    kind: 'dhCombine',
    group: group.name,
    privateKey: quick.privateKey,
    peerPublic: ke.data,
  } as const;
  turn.emit({ kind: 'ask', ticket: quick.messageId, question });
  return replaceQuickMode(remember(sa, key, undefined), combining);
}

/** The shared secret of PFS is known. */
export function quickCombined(
  turn: Turn,
  sa: Established,
  quick: Combining,
  answer: KeyAgreementAnswer,
): State {
  if (answer.kind === 'dhCombine') return sendQuick3(turn, sa, quick, answer.sharedSecret);
  return failed(turn, sa, quick, answer);
}

/** QM3: HASH(3); the pair is installed with it. */
function sendQuick3(
  turn: Turn,
  sa: Established,
  quick: Combining,
  sharedSecret: Uint8Array | undefined,
): Established {
  const { messageId, initiatorNonceBody, responderNonceBody } = quick;
  const data = closingHash(sa.secured, messageId, initiatorNonceBody, responderNonceBody);
  const header = { exchangeType, messageId, iv: quick.iv };
  const sealed = sealPayloads(sa.secured, header, [{ type: 'hash', data }]);
  transmit(turn, sa, messageId, sealed);
  const secrets: QuickSecrets = { initiatorNonceBody, responderNonceBody, sharedSecret };
  const child = makeChild(turn, sa, quick.plan, messageId, secrets, true);
  return install(turn, remember(sa, quick.requestKey, sealed.octets), child);
}
