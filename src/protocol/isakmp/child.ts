import type { Instant } from '#base/instant';
import type { DhGroupName } from '#crypto/dh-groups';
import type { EspSuiteName } from '#crypto/esp-suites';
import type { ChildSelectors } from './policy.ts';

/** A pair of IPsec SAs that Quick Mode negotiated. */
export type Child = {
  /** Ours; identifies the pair as long as it lives. */
  readonly inboundSpi: number;
  readonly outboundSpi: number;
  readonly suite: EspSuiteName;
  readonly mode: 'tunnel' | 'transport';
  readonly encapsulation: 'udp' | 'none';
  readonly selectors: ChildSelectors;
  /** Encryption key, then integrity key or salt. */
  readonly inboundKeyMaterial: Uint8Array;
  readonly outboundKeyMaterial: Uint8Array;
  readonly replayWindow: number;
  /** Lifetimes agreed upon: the shorter of what both ends want. */
  readonly lifetimeSeconds: number;
  readonly lifetimeKilobytes: number;
  readonly pfs: DhGroupName | undefined;
  /** Of the Quick Mode that made it. */
  readonly messageId: number;
  /** When this end starts to replace it; undefined once that is under way or nobody needs it anymore. */
  readonly rekeyAt: Instant | undefined;
  readonly expiresAt: Instant;
  /** Inbound SPI of the pair in whose place it was negotiated. */
  readonly replaces: number | undefined;
  /** Whether this end began its Quick Mode. */
  readonly begunHere: boolean;
  /** Nothing is sent by it: the other of two pairs that took the same place serves. */
  readonly receivesOnly: boolean;
};

/** A replaced pair that goes on receiving for a while. */
export type Retiring = { readonly child: Child; readonly until: Instant };

/** Every pair that is installed, replaced ones included. */
export const installedPairs = (sa: {
  readonly children: readonly Child[];
  readonly retiring: readonly Retiring[];
}): readonly Child[] => [...sa.children, ...sa.retiring.map((r) => r.child)];
