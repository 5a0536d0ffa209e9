import { uint32 } from '#crypto/keymat';
import type { EventSubject } from '#events/event';
import { doi, protocolIds } from '#wire/isakmp/numbers';
import type { Delete } from '#wire/isakmp/payload';
import { connectionEnded, keyAgreementFailed } from './events.ts';
import { sendInformational } from './informational-send.ts';
import { bothCookies } from './seal.ts';
import { type Closed, closed, type Established, type State, unconfirmedPairs } from './state.ts';
import type { CloseReason, KeyAgreementAnswer, Turn } from './turn.ts';

/** A delete payload for IPsec SAs: the SPIs under which we receive. RFC 2408 section 3.15. */
export const deleteChildren = (inboundSpis: readonly number[]): Delete => ({
  type: 'delete',
  doi: doi.ipsec,
  protocolId: protocolIds.esp,
  spiSize: 4,
  spis: inboundSpis.map(uint32),
});

const deleteIsakmp = ({ cookies }: Established): Delete => ({
  type: 'delete',
  doi: doi.ipsec,
  protocolId: protocolIds.isakmp,
  spiSize: 16,
  spis: [bothCookies(cookies)],
});

/** Everything an SA holds goes; the peer is told unless it said so itself. */
export function endEstablished(
  turn: Turn,
  sa: Established,
  reason: CloseReason,
  tellPeer: boolean,
): Closed {
  const children = [...sa.children, ...sa.retiring.map((r) => r.child)];
  if (tellPeer) {
    const spis = children.map((c) => c.inboundSpi);
    // The ISAKMP SA comes first: vpnc negotiates Quick Mode anew on a delete of its child.
    const rest = spis.length > 0 ? [deleteChildren(spis)] : [];
    sendInformational(turn, sa, [deleteIsakmp(sa), ...rest]);
  }
  for (const child of children) turn.emit({ kind: 'remove', child });
  for (const child of unconfirmedPairs(sa)) turn.emit({ kind: 'abandon', child });
  turn.log(connectionEnded, sa.subject, () => ({ reason }));
  turn.notify({ kind: 'closed', reason });
  return closed(sa, reason);
}

/** Ends an SA in any state. A responder's owner has not heard of one whose phase 1 is not complete. */
export function end(turn: Turn, state: State, reason: CloseReason): State {
  if (state.phase === 'closed') return state;
  if (state.phase === 'established')
    return endEstablished(turn, state, reason, reason !== 'peer deleted' && reason !== 'replaced');
  if (state.role === 'initiator') turn.notify({ kind: 'closed', reason });
  return closed(state, reason);
}

/** Says why a question about the key agreement was answered with something else. */
export function logNoKey(turn: Turn, subject: EventSubject, answer: KeyAgreementAnswer): void {
  const reason = answer.kind === 'failed' ? answer.reason : answer.kind;
  turn.log(keyAgreementFailed, subject, () => ({ reason }));
}

/** Ends a phase 1 that cannot get its key. */
export function endWithoutKey(turn: Turn, state: State, answer: KeyAgreementAnswer): State {
  logNoKey(turn, state.subject, answer);
  return end(turn, state, 'negotiation failed');
}
