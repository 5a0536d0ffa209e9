import { familyOf } from '#base/address';
import { after } from '#base/instant';
import { formatPrefix, hostPrefix } from '#base/prefix';
import { DH_GROUPS, type DhGroupName } from '#crypto/dh-groups';
import { keyMaterial } from '#crypto/keymat';
import { protocolIds } from '#wire/isakmp/numbers';
import { type Child, installedPairs } from './child.ts';
import { deleteChildren, endEstablished } from './close.ts';
import {
  CHILDREN_MOST,
  INITIATOR_REKEY_PART,
  INSTALLED_MOST,
  QUICK_MODES_MOST,
  REKEY_RETRY_MS,
  RESPONDER_REKEY_PART,
  RETIRED_MS,
} from './constants.ts';
import { messageIdText } from './decode-text.ts';
import { generatingQuickModeKey, loadingAllSas, phaseTwoTimedOut, tooMany } from './events.ts';
import { repeat } from './exchange.ts';
import { sendInformational } from './informational-send.ts';
import { logInstalled } from './install-events.ts';
import type { ChildSelectors } from './policy.ts';
import type { ChildPlan, Established, QuickMode, State } from './state.ts';
import type { Turn } from './turn.ts';

/** What both ends of a Quick Mode have in common; RFC 2409 section 5.5. */

/** The addresses of both ends: the selectors of a Quick Mode without identification payloads. */
export const endSelectors = (sa: Established) => ({
  local: hostPrefix(sa.path.local.address),
  remote: hostPrefix(sa.path.remote.address),
});

/** Why no SA can carry these networks, whoever asks for them; undefined where one can. */
export function unfitness(sa: Established, { local, remote }: ChildSelectors): string | undefined {
  const family = familyOf(local.address);
  const pair = () => `${formatPrefix(local)} and ${formatPrefix(remote)}`;
  if (family !== familyOf(remote.address)) return `${pair()} are of two families`;
  const { mode } = sa.peer.ipsec;
  return mode === 'tunnel' || family === familyOf(sa.path.local.address)
    ? undefined
    : `transport mode between ${sa.path.local.address} and ${sa.path.remote.address} cannot carry ${pair()}`;
}

const MODERN_GROUPS = Object.values(DH_GROUPS)
  .filter((group) => !group.legacy)
  .map(({ name }) => name);

/** Groups that a peer may ask for by itself: modern ones, and those that phase 1 permits. */
export const allowedGroups = (turn: Turn): ReadonlySet<DhGroupName> =>
  new Set([...MODERN_GROUPS, ...turn.environment.policy.isakmp.map((p) => p.group)]);

/** Whether one more exchange may begin, for a new pair or in the place of one; a refusal is reported. */
export function hasRoom(turn: Turn, sa: Established, replaces: number | undefined): boolean {
  const counts = [
    [sa.quickModes.length, QUICK_MODES_MOST, 'Quick Modes at once'],
    [installedPairs(sa).length, INSTALLED_MOST, 'pairs of IPsec SAs with those they replaced'],
    [replaces === undefined ? sa.children.length : 0, CHILDREN_MOST, 'pairs of IPsec SAs'],
  ] as const;
  const reached = counts.find(([count, most]) => count >= most);
  if (!reached) return true;
  const [, limit, what] = reached;
  turn.log(tooMany, sa.subject, () => ({ limit, what }));
  return false;
}

export const replaceQuickMode = (sa: Established, quick: QuickMode): Established => ({
  ...sa,
  quickModes: [...sa.quickModes.filter((q) => q.messageId !== quick.messageId), quick],
});

export const withoutQuickMode = (sa: Established, messageId: number): Established => ({
  ...sa,
  quickModes: sa.quickModes.filter((q) => q.messageId !== messageId),
});

/** Nonces of a Quick Mode by who sent them, and g^xy of PFS. */
export type QuickSecrets = {
  readonly initiatorNonceBody: Uint8Array;
  readonly responderNonceBody: Uint8Array;
  readonly sharedSecret: Uint8Array | undefined;
};

/** Makes the keys of a pair: each direction under the SPI of its receiver. */
export function makeChild(
  turn: Turn,
  sa: Established,
  plan: ChildPlan,
  messageId: number,
  secrets: QuickSecrets,
  begunHere: boolean,
): Child {
  const { choice } = plan;
  const { lifetimeSeconds, suite } = choice;
  const lifetimeMs = lifetimeSeconds * 1000;
  const material = (spi: number): Uint8Array =>
    keyMaterial(
      { hash: sa.secured.hash, skeyidD: sa.secured.skeyidD, ...secrets },
      protocolIds.esp,
      spi,
      suite.keyMaterialOctets,
    );
  return {
    inboundSpi: plan.inboundSpi,
    outboundSpi: choice.peerSpi,
    suite: suite.name,
    mode: sa.peer.ipsec.mode,
    encapsulation: choice.encapsulation,
    selectors: plan.selectors,
    inboundKeyMaterial: material(plan.inboundSpi),
    outboundKeyMaterial: material(choice.peerSpi),
    replayWindow: sa.peer.ipsec.replayWindow,
    lifetimeSeconds,
    lifetimeKilobytes: choice.lifetimeKilobytes,
    pfs: choice.group?.name,
    messageId,
    rekeyAt: after(
      turn.now,
      lifetimeMs * (begunHere ? INITIATOR_REKEY_PART : RESPONDER_REKEY_PART),
    ),
    expiresAt: after(turn.now, lifetimeMs),
    replaces: plan.replaces,
    begunHere,
    receivesOnly: false,
  };
}

/** Whether two pairs carry the same traffic. */
const sameSelectors = (a: Child['selectors'], b: Child['selectors']): boolean =>
  a.local.address === b.local.address &&
  a.local.length === b.local.length &&
  a.remote.address === b.remote.address &&
  a.remote.length === b.remote.length;

/** The pair that a new one with these selectors takes the place of. */
export const predecessor = (sa: Established, selectors: Child['selectors']): Child | undefined =>
  sa.children.findLast((c) => sameSelectors(c.selectors, selectors));

/**
 * Both ends replaced the same pair at once, which leaves two: the one that the initiator of phase 1
 * began is to serve. Both ends know who that is, whatever arrived first.
 */
const yieldsTo = (sa: Established, child: Child, other: Child): boolean => {
  const isByInitiator = ({ begunHere }: Child) => begunHere === (sa.role === 'initiator');
  const areSiblings = other.replaces !== undefined && other.replaces === child.replaces;
  return areSiblings && isByInitiator(other) && !isByInitiator(child);
};

/** Installs a pair; the one whose place it takes goes on receiving for a while. */
export function install(turn: Turn, sa: Established, child: Child): Established {
  turn.log(loadingAllSas, sa.subject, () => ({}));
  // One key for each direction.
  turn.log(generatingQuickModeKey, sa.subject, () => ({}));
  turn.log(generatingQuickModeKey, sa.subject, () => ({}));
  const rest = withoutQuickMode(sa, child.messageId);
  const until = after(turn.now, RETIRED_MS);
  if (sa.children.some((other) => yieldsTo(sa, child, other))) {
    // The peer may use it for as long as it has not seen the other one.
    const second: Child = { ...child, receivesOnly: true };
    turn.emit({ kind: 'install', child: second });
    return { ...rest, retiring: [...sa.retiring, { child: second, until }] };
  }
  turn.emit({ kind: 'install', child });
  logInstalled(turn, sa, child);
  const old = sa.children.filter((c) => sameSelectors(c.selectors, child.selectors));
  return {
    ...rest,
    children: [...sa.children.filter((c) => !old.includes(c)), child],
    retiring: [...sa.retiring, ...old.map((c) => ({ child: c, until }))],
  };
}

/** Repeats what is due, and gives up exchanges whose peer went silent. */
export function quickModesTick(turn: Turn, sa: Established): State {
  let next: State = sa;
  for (const quick of sa.quickModes) {
    if (next.phase !== 'established') return next;
    if ('expiresAt' in quick) {
      if (turn.now >= quick.expiresAt) next = giveUp(turn, next, quick);
      continue;
    }
    const retransmission = repeat(turn, sa, quick.retransmission);
    if (retransmission === 'exhausted') next = giveUp(turn, next, quick);
    else if (retransmission !== quick.retransmission)
      next = replaceQuickMode(next, { ...quick, retransmission });
  }
  return next;
}

function giveUp(turn: Turn, sa: Established, quick: QuickMode): State {
  const { messageId } = quick;
  turn.log(phaseTwoTimedOut, sa.subject, () => ({ messageId: messageIdText(messageId) }));
  if (quick.stage === 'agreeing') return withoutQuickMode(sa, messageId);
  if (quick.stage !== 'awaitingHash') return cameToNothing(turn, sa, quick);
  const { child } = quick;
  turn.emit({ kind: 'abandon', child });
  // An initiator whose last message was lost has the pair, and would use it.
  sendInformational(turn, sa, [deleteChildren([child.inboundSpi])]);
  return withoutQuickMode(sa, messageId);
}

/**
 * A Quick Mode of ours has failed. The pair it was to replace serves on, and is tried again; a client
 * without any pair has no connection, and must not look as if it had.
 */
export function cameToNothing(
  turn: Turn,
  sa: Established,
  quick: Extract<QuickMode, { stage: 'generating' | 'awaitingAnswer' | 'combining' }>,
): State {
  const { replaces } = quick.stage === 'combining' ? quick.plan : quick.offer;
  const next = withoutQuickMode(sa, quick.messageId);
  const isAlone = sa.role === 'initiator' && next.quickModes.length === 0;
  if (isAlone && next.children.length === 0)
    return endEstablished(turn, next, 'negotiation timeout', true);
  const rekeyAt = after(turn.now, REKEY_RETRY_MS);
  const children = next.children.map((c) => (c.inboundSpi === replaces ? { ...c, rekeyAt } : c));
  return { ...next, children };
}
