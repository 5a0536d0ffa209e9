import { after, earliest, type Instant } from '#base/instant';
import { decodeMessage } from '#wire/isakmp/message';
import { exchangeTypes, headerFlags, notifyTypes } from '#wire/isakmp/numbers';
import { admitted } from './admission.ts';
import {
  aggressive2Received,
  aggressiveCombined,
  aggressiveGenerated,
  awaitingAnswerTick,
  connectAggressive,
} from './aggressive-initiator.ts';
import {
  aggressive1Repeated,
  aggressive3Received,
  aggressiveAgreed,
  awaitingProofTick,
} from './aggressive-responder.ts';
import { installedPairs } from './child.ts';
import { end } from './close.ts';
import { REKEY_RETRY_MS } from './constants.ts';
import { logHeader, notifyText } from './decode-text.ts';
import { silence } from './dpd.ts';
import { messageRefused, peerNotification, phaseOneTimedOut } from './events.ts';
import { keepaliveTick, messageSentAlready } from './keepalive.ts';
import {
  expired,
  expiring,
  inboundActive,
  lifetimeDeadline,
  lifetimeTick,
  unknownSpi,
} from './lifetime.ts';
import { connectMain } from './main-initiator.ts';
import {
  isMainMode,
  mainModeAnswered,
  mainModeDeadline,
  mainModeName,
  mainModeReceived,
  mainModeTick,
} from './main-mode-machine.ts';
import { configurationReply, configurationTick } from './mode-config.ts';
import type { InitiatorRequest } from './phase-one-state.ts';
import { movePeer, phaseTwoReceived } from './phase-two.ts';
import { quickModesTick } from './quick.ts';
import { createChild, quickCombined, quickGenerated } from './quick-initiator.ts';
import { quickAgreed } from './quick-responder.ts';
import { type Established, type State, unconfirmedPairs } from './state.ts';
import {
  type Effect,
  type Environment,
  type Input,
  type KeyAgreementAnswer,
  type Path,
  Turn,
} from './turn.ts';
import { credentialsJudged, extendedAuthenticationTick, sendCredentials } from './xauth.ts';

/** One ISAKMP SA: a step takes its state and an input to its next state and what is to be done. */

type Datagram = Extract<Input, { kind: 'datagram' }>;

/** One step. The effects are complete and in order; a closed SA answers nothing. */
export function step(
  state: State,
  input: Input,
  now: Instant,
  environment: Environment,
): readonly [State, readonly Effect[]] {
  const turn = new Turn(now, environment);
  const next = advance(turn, state, input);
  const sent = turn.effects.some((e) => e.kind === 'send');
  const settled = sent && next.phase === 'established' ? messageSentAlready(turn, next) : next;
  return [settled, turn.effects];
}

/** Begins an SA towards a peer. */
export const connect = (turn: Turn, path: Path, request: InitiatorRequest): State =>
  request.exchange === 'main'
    ? connectMain(turn, path, request)
    : connectAggressive(turn, path, request);

function advance(turn: Turn, state: State, input: Input): State {
  if (state.phase === 'closed') return state;
  switch (input.kind) {
    case 'datagram':
      logHeader(turn, state.subject, input.header);
      return datagram(turn, state, input);
    case 'firstMessageAgain':
      // The answer of main mode is never longer than the question.
      if (state.phase === 'mainProposed')
        turn.emit({ kind: 'send', path: state.path, octets: state.answer });
      return state.phase === 'agreeing' || state.phase === 'awaitingProof'
        ? aggressive1Repeated(turn, state, input.octets)
        : state;
    case 'answer':
      return answered(turn, state, input.ticket, input.answer);
    case 'tick':
      return tick(turn, state);
    case 'close':
      return end(turn, state, input.reason);
    default:
      return state.phase === 'established' ? command(turn, state, input) : state;
  }
}

function datagram(turn: Turn, state: State, input: Datagram): State {
  const { header, octets, path } = input;
  if (state.phase === 'established') return phaseTwoReceived(turn, state, path, header, octets);
  if (header.exchangeType === exchangeTypes.informational) return unprotected(turn, state, input);
  if (isMainMode(state)) return mainModeReceived(turn, state, input);
  const isAggressive = header.exchangeType === exchangeTypes.aggressive;
  if (state.phase === 'awaitingProof' && isAggressive)
    return aggressive3Received(turn, state, path, header, octets);
  if (state.phase === 'awaitingAnswer' && isAggressive)
    return aggressive2Received(turn, state, octets);
  turn.log(messageRefused, state.subject, () => ({
    reason: `exchange type ${header.exchangeType} in state ${state.phase}`,
  }));
  return state;
}

/** A message without protection changes nothing, but may say why a peer does not answer. */
function unprotected(turn: Turn, state: State, { header, octets }: Datagram): State {
  if (header.flags & headerFlags.encryption) return state;
  const message = decodeMessage(octets);
  if (!message.ok) return state;
  for (const payload of message.value.payloads)
    if (payload.type === 'notify' && payload.notifyType < notifyTypes.connected)
      turn.log(peerNotification, state.subject, () => ({
        message: notifyText(payload.notifyType),
        trust: ' in a message that anybody could have sent',
      }));
  return state;
}

function answered(turn: Turn, state: State, ticket: number, answer: KeyAgreementAnswer): State {
  if (isMainMode(state)) return mainModeAnswered(turn, state, answer);
  switch (state.phase) {
    case 'agreeing':
      return aggressiveAgreed(turn, state, answer);
    case 'generating':
      return aggressiveGenerated(turn, state, answer);
    case 'awaitingAnswer':
      return aggressiveCombined(turn, state, answer);
    case 'established':
      return quickAnswered(turn, state, ticket, answer);
    default:
      return state;
  }
}

function quickAnswered(
  turn: Turn,
  sa: Established,
  ticket: number,
  answer: KeyAgreementAnswer,
): State {
  const quick = sa.quickModes.find((q) => q.messageId === ticket);
  switch (quick?.stage) {
    case 'agreeing':
      return quickAgreed(turn, sa, quick, answer);
    case 'generating':
      return quickGenerated(turn, sa, quick, answer);
    case 'combining':
      return quickCombined(turn, sa, quick, answer);
    default:
      return sa;
  }
}

type Command = Exclude<
  Input,
  { kind: 'datagram' | 'firstMessageAgain' | 'answer' | 'tick' | 'close' }
>;

function command(turn: Turn, sa: Established, input: Command): State {
  const isOpen = sa.extendedAuthentication.stage === 'done';
  switch (input.kind) {
    case 'admission':
      return admitted(turn, sa, input.admission);
    case 'credentialsJudged':
      return credentialsJudged(turn, sa, input.accepted);
    case 'configurationReply':
      return configurationReply(turn, sa, input.attributes, input.assigned);
    case 'credentials':
      return sendCredentials(turn, sa, input.user, input.password);
    case 'createChild':
      return isOpen ? createChild(turn, sa, input.selectors) : sa;
    case 'inboundActive':
      return inboundActive(turn, sa, input.spi);
    case 'peerMoved':
      return sa.natTraversal?.remoteBehindNat ? movePeer(turn, sa, input.remote) : sa;
    case 'expiring':
      return expiring(turn, sa, input.spi);
    case 'expired':
      return expired(turn, sa, input.spi);
    case 'adopt':
      return adopt(turn, sa, input);
    case 'unknownSpi':
      return isOpen ? unknownSpi(turn, sa, input.spi) : sa;
    case 'release':
      for (const child of unconfirmedPairs(sa)) turn.emit({ kind: 'abandon', child });
      return { ...sa, children: [], retiring: [], quickModes: [] };
  }
}

/** A phase 1 negotiated anew takes over what the older one made, and what it was about to replace. */
const adopt = (
  turn: Turn,
  sa: Established,
  { children, retiring, assigned }: Extract<Command, { kind: 'adopt' }>,
): Established => ({
  ...sa,
  children: [
    ...sa.children,
    ...children.map((c) => ({ ...c, rekeyAt: c.rekeyAt ?? after(turn.now, REKEY_RETRY_MS) })),
  ],
  retiring: [...sa.retiring, ...retiring],
  assigned,
  adopted: {
    at: turn.now,
    inboundSpis: installedPairs({ children, retiring }).map((c) => c.inboundSpi),
  },
});

function tick(turn: Turn, state: State): State {
  if (isMainMode(state)) return mainModeTick(turn, state);
  switch (state.phase) {
    case 'agreeing':
    case 'generating':
      return turn.now < state.expiresAt ? state : timedOut(turn, state);
    case 'awaitingProof':
      return turn.now < state.expiresAt ? awaitingProofTick(turn, state) : timedOut(turn, state);
    case 'awaitingAnswer':
      return awaitingAnswerTick(turn, state);
    case 'established':
      return establishedTick(turn, state);
    case 'closed':
      return state;
  }
}

function timedOut(turn: Turn, state: State): State {
  turn.log(phaseOneTimedOut, state.subject, () => ({ state: stateName(state) }));
  return end(turn, state, 'negotiation timeout');
}

/** Everything that can be due, in turn; each looks at its own deadline. */
const TICKS: readonly ((turn: Turn, sa: Established) => State)[] = [
  lifetimeTick,
  extendedAuthenticationTick,
  configurationTick,
  quickModesTick,
  keepaliveTick,
  (turn, sa) => {
    const at = watchDeadline(sa);
    return at !== undefined && turn.now >= at ? silence(turn, sa) : sa;
  },
];

function establishedTick(turn: Turn, sa: Established): State {
  let state: State = sa;
  for (const due of TICKS) {
    if (state.phase !== 'established') return state;
    state = due(turn, state);
  }
  return state;
}

function watchDeadline({ deadPeerDetection: dpd }: Established): Instant | undefined {
  if (dpd.stage === 'watching') return dpd.checkAt;
  return dpd.stage === 'asking' ? dpd.nextAt : undefined;
}

/** When a `tick` is due. */
export function deadline(state: State): Instant | undefined {
  if (isMainMode(state)) return mainModeDeadline(state);
  switch (state.phase) {
    case 'agreeing':
    case 'generating':
      return state.expiresAt;
    case 'awaitingProof':
      return earliest(state.expiresAt, state.retransmission?.nextAt);
    case 'awaitingAnswer':
      return state.retransmission.nextAt;
    case 'established':
      return establishedDeadline(state);
    case 'closed':
      return undefined;
  }
}

function establishedDeadline(sa: Established): Instant | undefined {
  let next = earliest(lifetimeDeadline(sa), earliest(sa.keepaliveAt, watchDeadline(sa)));
  for (const holder of [sa.extendedAuthentication, sa.configuration, ...sa.quickModes]) {
    if ('expiresAt' in holder) next = earliest(next, holder.expiresAt);
    if ('retransmission' in holder) next = earliest(next, holder.retransmission?.nextAt);
  }
  return next;
}

/** The state in the words of `show crypto isakmp sa`. */
export function stateName(state: State): string {
  if (isMainMode(state)) return mainModeName(state);
  switch (state.phase) {
    case 'agreeing':
      return 'AM_SND_MSG2';
    case 'awaitingProof':
      return 'AM_WAIT_MSG3';
    case 'generating':
      return 'AM_SND_MSG1';
    case 'awaitingAnswer':
      return 'AM_WAIT_MSG2';
    case 'closed':
      return 'AM_FREE';
    case 'established':
      return establishedName(state);
  }
}

function establishedName(sa: Established): string {
  const mode = sa.exchange === 'main' ? 'MM' : 'AM';
  if (sa.extendedAuthentication.stage !== 'done') return `${mode}_TM_INIT_XAUTH_V6H`;
  return sa.configuration.stage === 'idle' ? `${mode}_ACTIVE` : `${mode}_TM_INIT_MODECFG_V6H`;
}
