import type { KeyingEffect } from '#ipsec/keying';
import type { Keying } from '#ipsec/keying-commands';
import type { Accounting, Traffic } from '#session/accounting';
import type { SessionTable } from '#session/session-table';

/** The SPIs of one pair of IPsec SAs. */
export type Spis = { readonly inboundSpi: number; readonly outboundSpi: number };

/** What passed through one pair with `peer`; undefined when the packet path does not know it. */
export type ChildTraffic = (child: Spis) => Traffic | undefined;

/** What the feature works with; each table has its owner in the engine. */
export type LanToLanParts = {
  readonly keying: Pick<Keying, 'close' | 'connect' | 'createChild' | 'rekey' | 'summary'>;
  readonly sessions: SessionTable;
  readonly accounting: Accounting;
  readonly traffic: ChildTraffic;
  /** UDP ports of IKE: 500 and 4500 but in trials. */
  readonly ports: { readonly isakmp: number; readonly natTraversal: number };
};

/** Everything a step wants done, in order. */
export type Effects = readonly KeyingEffect[];
