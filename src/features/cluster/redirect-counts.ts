import type { IpAddress } from '#base/address';
import { LruMap } from '#base/lru-map';
import type { ClusterCountersView } from '#views/cluster-views';
import type { Rule } from './selection.ts';

/** Pairs of member and rule; more than a cluster has, so that only members of long ago are forgotten. */
const PAIRS_KEPT = 500;

/** Why a client at the cluster address was turned away. */
export type Refusal =
  | 'no member has room'
  | 'this member is not the master'
  | 'the client understands no redirect';

type Sent = { readonly member: IpAddress; readonly rule: Rule; count: number };

/** How many clients went where since the start, and by which rule; for the metrics. */
export class RedirectCounts {
  readonly #sent = new LruMap<string, Sent>(PAIRS_KEPT);
  readonly #refused = new Map<Refusal, number>();

  sent(member: IpAddress, rule: Rule): void {
    const key = `${rule} ${member}`;
    const known = this.#sent.get(key);
    if (known) known.count += 1;
    else this.#sent.set(key, { member, rule, count: 1 });
  }

  refused(reason: Refusal): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1);
  }

  view(): Pick<ClusterCountersView, 'redirects' | 'refusals'> {
    return {
      redirects: [...this.#sent.entries()].map(([, sent]) => ({ ...sent })),
      refusals: Object.fromEntries(this.#refused),
    };
  }
}
