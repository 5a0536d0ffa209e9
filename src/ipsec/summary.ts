import { toHex } from '#base/bytes';
import { DH_GROUPS } from '#crypto/dh-groups';
import { HASHES } from '#crypto/hashes';
import { ISAKMP_CIPHERS } from '#crypto/isakmp-ciphers';
import type { Child } from '#protocol/isakmp/child';
import { stateName } from '#protocol/isakmp/machine';
import type { PhaseOneTerms } from '#protocol/isakmp/phase-one-proposals';
import type { Established, State } from '#protocol/isakmp/state';
import { childSummary } from './forwarding.ts';
import type { IsakmpSaSummary, SaId } from './keying.ts';

/** What was agreed upon for phase 1, as far as it is known in this state. */
function termsOf(state: State): PhaseOneTerms | undefined {
  switch (state.phase) {
    case 'agreeing':
    case 'awaitingProof':
      return state.offer.choice;
    case 'established':
      return state.terms;
    default:
      return 'terms' in state ? state.terms.choice : undefined;
  }
}

/** The pairs that carry traffic, then those that they replaced and that still receive. */
const childrenOf = ({ children, retiring }: Established): readonly Child[] => [
  ...children,
  ...retiring.map((r) => r.child),
];

/** One ISAKMP SA as views show it. */
export function saSummary(id: SaId, state: State): IsakmpSaSummary {
  const terms = termsOf(state);
  const established = state.phase === 'established' ? state : undefined;
  const nat = established?.natTraversal;
  return {
    id,
    role: state.role,
    local: state.path.local,
    remote: state.path.remote,
    origin: established?.origin ?? state.path.remote,
    initiatorCookie: toHex(state.cookies.initiator),
    responderCookie: toHex(state.cookies.responder),
    state: stateName(state),
    group: state.subject.group,
    user: state.subject.user,
    encryption: terms ? ISAKMP_CIPHERS[terms.policy.encryption].label : '',
    hash: terms ? HASHES[terms.policy.hash].label : '',
    dhGroup: terms ? `${DH_GROUPS[terms.policy.group].number}` : '',
    authentication: terms ? 'preshared' : '',
    lifetimeSeconds: terms?.lifetimeSeconds ?? 0,
    expiresAt: established?.expiresAt,
    natTraversal: nat?.version.label ?? 'none',
    localBehindNat: nat?.localBehindNat ?? false,
    remoteBehindNat: nat?.remoteBehindNat ?? false,
    children: established ? childrenOf(established).map(childSummary) : [],
  };
}
