import type { IpAddress } from '#base/address';
import type { Instant } from '#base/instant';
import type { PendingCredential } from '#session/credential-cache';

/** The numbers by which the packet path knows a pair of IPsec SAs. */
export type ChildSpis = { readonly inboundSpi: number; readonly outboundSpi: number };

/** Where one client stands, from the end of its phase 1 to its own end. */
export type Login = {
  readonly group: string;
  readonly stage: Stage;
  /** The client said INITIAL-CONTACT: what it left behind here earlier is to be forgotten. */
  readonly initialContact: boolean;
};

export type Stage =
  /** The client has been asked who it is. */
  | { readonly kind: 'asked' }
  /** Its password is being verified; `ticket` is the question. */
  | {
      readonly kind: 'verifying';
      readonly user: string;
      readonly ticket: number;
      readonly pending: PendingCredential;
    }
  /** It is who it says, but its session is carried by an older SA that this one will replace. */
  | { readonly kind: 'renewing'; readonly user: string }
  | {
      readonly kind: 'admitted';
      readonly user: string;
      /** Index of its session. */
      readonly session: number;
      /** The address inside that it was leased. */
      readonly leased: IpAddress | undefined;
      readonly children: readonly ChildSpis[];
      readonly activity: Activity;
      /** When it may stay no longer, whatever it does. */
      readonly endsAt: Instant | undefined;
    };

export type Admitted = Extract<Stage, { kind: 'admitted' }>;

/** When packets were last seen, as far as the last look at the counters told. */
export type Activity = { readonly at: Instant; readonly packets: number };
