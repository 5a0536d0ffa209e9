import type { Endpoint, IpAddress } from '#base/address';
import type { Instant } from '#base/instant';
import type { Prefix } from '#base/prefix';
import type { DataPlaneReport } from '#dataplane/data-plane';
import type {
  Admission,
  ChildSelectors,
  CloseReason,
  ConfigurationAttribute,
  ConnectRequest,
  IsakmpSaSummary,
  KeyingAnswer,
  KeyingCounts,
  KeyingEffect,
  SaId,
} from './keying.ts';

type Effects = readonly KeyingEffect[];

/** Which SAs: those that came after another one, those of one peer address. */
export type WhichSas = {
  readonly after?: SaId | undefined;
  readonly remote?: IpAddress | undefined;
};

/** What features and the engine may ask of the keying manager. A command for an SA that is gone does nothing. */
export type Keying = {
  /** A control datagram arrived; `encapsulated` says that the non-ESP marker preceded it. */
  datagram(
    local: Endpoint,
    remote: Endpoint,
    octets: Uint8Array,
    encapsulated: boolean,
    now: Instant,
  ): Effects;
  /** The answer to an `ask` effect; an id that nobody waits for anymore is ignored. */
  answer(id: number, answer: KeyingAnswer, now: Instant): Effects;
  /** Does what is due at `now`. */
  tick(now: Instant): Effects;
  /** When the next `tick` is due. */
  deadline(): Instant | undefined;
  /** What the packet path observed; datagrams are taken too. */
  report(report: DataPlaneReport, now: Instant): Effects;

  /** Responder: answers an `admissionWanted`: is the peer served here, or sent elsewhere? */
  admit(sa: SaId, admission: Admission, now: Instant): Effects;
  /** Responder: were the credentials right? */
  extendedAuthenticationResult(sa: SaId, accepted: boolean, now: Instant): Effects;
  /** Responder: answers a `configurationRequested`; `assigned` are the networks the peer may use. */
  configurationReply(
    sa: SaId,
    attributes: readonly ConfigurationAttribute[],
    grant: { readonly assigned: readonly Prefix[] },
    now: Instant,
  ): Effects;

  /** Initiator: begins phase 1; everything else is told by notices of the SA it returns. */
  connect(request: ConnectRequest, now: Instant): { readonly sa: SaId; readonly effects: Effects };
  /**
   * Initiator: negotiates phase 1 anew under an SA of its own, which takes over the children as soon as
   * it is authenticated (`rekeyed`). Undefined when there is nothing to negotiate anew.
   */
  rekey(sa: SaId, now: Instant): { readonly sa: SaId; readonly effects: Effects } | undefined;
  /** Initiator: answers a `credentialsWanted`. */
  provideCredentials(
    sa: SaId,
    credentials: { readonly user: string; readonly password: Uint8Array },
    now: Instant,
  ): Effects;
  /** Negotiates a pair of IPsec SAs; either role, once phase 1 and XAUTH are done. */
  createChild(sa: SaId, selectors: ChildSelectors, now: Instant): Effects;

  /** Ends an SA and its children and tells the peer. */
  close(sa: SaId, reason: CloseReason, now: Instant): Effects;
  closeAll(reason: CloseReason, now: Instant): Effects;

  /** SAs in the order of their age, made as they are read. */
  summaries(which?: WhichSas): Iterable<IsakmpSaSummary>;
  counts(): KeyingCounts;
  summary(sa: SaId): IsakmpSaSummary | undefined;
};
