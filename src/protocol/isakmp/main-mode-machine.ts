import { equalBytes } from '#base/bytes';
import type { Instant } from '#base/instant';
import { exchangeTypes } from '#wire/isakmp/numbers';
import { end } from './close.ts';
import { messageRefused, phaseOneProofWrong, phaseOneTimedOut } from './events.ts';
import { repeat } from './exchange.ts';
import {
  main2Received,
  main4Received,
  main6Received,
  mainCombined,
  mainGenerated,
} from './main-initiator.ts';
import { main3Received, mainAgreed, mainAnsweredReceived } from './main-responder.ts';
import type { MainMode } from './phase-one-state.ts';
import type { State } from './state.ts';
import type { Input, KeyAgreementAnswer, Turn } from './turn.ts';

/** The occasions of main mode, as `machine.ts` meets them. */

type Datagram = Extract<Input, { kind: 'datagram' }>;

export const isMainMode = (state: State): state is MainMode => state.phase in NAMES;

/** A datagram that belongs to a main mode under way. */
export function mainModeReceived(turn: Turn, state: MainMode, input: Datagram): State {
  const { path, header, octets } = input;
  const refuse = (reason: string): State => {
    turn.log(messageRefused, state.subject, () => ({ reason }));
    return state;
  };
  if (header.exchangeType !== exchangeTypes.mainMode)
    return refuse(`exchange type ${header.exchangeType} in state ${NAMES[state.phase]}`);
  if (state.phase === 'mainOffered') return main2Received(turn, state, header, octets);
  if (!equalBytes(header.responderCookie, state.cookies.responder))
    return refuse('the cookie of another responder');
  switch (state.phase) {
    case 'mainProposed':
      return main3Received(turn, state, path, octets);
    case 'mainAnswered':
      return mainAnsweredReceived(turn, state, path, header, octets);
    case 'mainExchanging':
      return main4Received(turn, state, octets);
    case 'mainProving':
      return main6Received(turn, state, header, octets);
    // A message that is repeated while the key agreement for it is under way.
    case 'mainAgreeing':
    case 'mainGenerating':
    case 'mainCombining':
      return state;
  }
}

/** A key agreement is done. */
export function mainModeAnswered(turn: Turn, state: MainMode, answer: KeyAgreementAnswer): State {
  switch (state.phase) {
    case 'mainAgreeing':
      return mainAgreed(turn, state, answer);
    case 'mainGenerating':
      return mainGenerated(turn, state, answer);
    case 'mainCombining':
      return mainCombined(turn, state, answer);
    default:
      return state;
  }
}

/** Repeats what an initiator sent, and gives up a peer that does not go on. */
export function mainModeTick(turn: Turn, state: MainMode): State {
  if (!('retransmission' in state)) return turn.now < state.expiresAt ? state : gone(turn, state);
  const retransmission = repeat(turn, state, state.retransmission);
  return retransmission === 'exhausted' ? gone(turn, state) : { ...state, retransmission };
}

function gone(turn: Turn, state: MainMode): State {
  turn.log(phaseOneTimedOut, state.subject, () => ({ state: NAMES[state.phase] }));
  // Who cannot read message 5 has another key, and most peers say nothing then.
  if (state.phase === 'mainProving')
    turn.log(phaseOneProofWrong, state.subject, () => ({
      reason: `no answer to message 5, as from a peer that does not have the pre-shared key of tunnel group ${state.subject.group}`,
    }));
  return end(turn, state, 'negotiation timeout');
}

/** When a tick is due. */
export const mainModeDeadline = (state: MainMode): Instant =>
  'retransmission' in state ? state.retransmission.nextAt : state.expiresAt;

/** The states in the words of `show crypto isakmp sa`. */
const NAMES: Readonly<Record<MainMode['phase'], string>> = {
  mainProposed: 'MM_WAIT_MSG3',
  mainAgreeing: 'MM_SND_MSG4',
  mainAnswered: 'MM_WAIT_MSG5',
  mainOffered: 'MM_WAIT_MSG2',
  mainGenerating: 'MM_SND_MSG3',
  mainExchanging: 'MM_WAIT_MSG4',
  mainCombining: 'MM_SND_MSG5',
  mainProving: 'MM_WAIT_MSG6',
};

export const mainModeName = (state: MainMode): string => NAMES[state.phase];
