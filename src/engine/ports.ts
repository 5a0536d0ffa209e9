import type { Endpoint } from '#base/address';
import type { Instant } from '#base/instant';
import type { DataPlaneReport, ForwardingChange } from '#dataplane/data-plane';
import type { ClusterAction } from '#features/cluster/port';
import type { KeyingAnswer, KeyingQuestion } from '#ipsec/keying';
import type { CredentialAnswer, CredentialQuestion } from '#session/credentials';

/** Slow work that leaves the device as an effect and returns as an `answer` with the same id. */
export type Question = KeyingQuestion | CredentialQuestion;
export type Answer = KeyingAnswer | CredentialAnswer;

/** Everything that enters a device. */
export type Input =
  | { readonly kind: 'dataPlane'; readonly report: DataPlaneReport }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer }
  | { readonly kind: 'tick' };

/** Everything a device wants done, in order. */
export type Effect =
  | {
      readonly kind: 'send';
      readonly local: Endpoint;
      readonly remote: Endpoint;
      readonly bytes: Uint8Array;
      readonly encapsulated: boolean;
    }
  | { readonly kind: 'keepalive'; readonly local: Endpoint; readonly remote: Endpoint }
  | { readonly kind: 'forward'; readonly changes: readonly ForwardingChange[] }
  | { readonly kind: 'ask'; readonly id: number; readonly question: Question }
  | { readonly kind: 'cluster'; readonly action: ClusterAction };

/** A machine that runs on inputs alone: the head-end, the built-in client, the PAT box. */
export type Steppable = {
  step(input: Input, now: Instant): readonly Effect[];
  /** When a `tick` is due; undefined when only input from outside can change anything. */
  deadline(): Instant | undefined;
};
