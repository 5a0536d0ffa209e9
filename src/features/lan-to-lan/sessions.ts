import type { Instant } from '#base/instant';
import { ESP_SUITES } from '#crypto/esp-suites';
import { legacyOf } from '#ipsec/badge';
import type { ChildSummary, IsakmpSaSummary } from '#ipsec/keying';
import { type Accounting, addTraffic, NO_TRAFFIC, type Traffic } from '#session/accounting';
import type { Session } from '#session/session';
import type { SessionTable } from '#session/session-table';
import type { ChildTraffic, Effects, Spis } from './parts.ts';
import type { Site } from './sites.ts';

/** The session of each LAN-to-LAN tunnel: one row from its first pair of SAs to its last (LB-65). */
export class TunnelSessions {
  readonly #table: SessionTable;
  readonly #accounting: Accounting;
  readonly #traffic: ChildTraffic;
  /** By the index of the session: its pairs, and what passed through those that are gone. */
  readonly #pairs = new Map<number, { readonly children: Spis[]; past: Traffic }>();

  constructor(table: SessionTable, accounting: Accounting, traffic: ChildTraffic) {
    this.#table = table;
    this.#accounting = accounting;
    this.#traffic = traffic;
  }

  /** A pair came to be. A tunnel that somebody configured is let in whatever limits clients have. */
  opened(site: Site, summary: IsakmpSaSummary, child: ChildSummary, now: Instant): Effects {
    const { encryptionLabel, integrityLabel } = ESP_SUITES[child.suite];
    const fields = {
      peer: summary.remote,
      local: summary.local,
      protocol: child.encapsulation === 'udp' ? 'IPSec/NAT-T' : 'IPSec',
      encryption: encryptionLabel,
      hash: integrityLabel,
      legacy: legacyOf(summary),
    };
    const known = this.#table.ofOwner(ownerOf(site));
    const session =
      known ??
      this.#table.open(
        {
          ...fields,
          kind: 'lanToLan',
          username: site.peer,
          group: site.policy.group,
          owner: ownerOf(site),
          assigned: [],
        },
        now,
      );
    const { inboundSpi, outboundSpi } = child;
    const pairs = this.#pairs.get(session.index) ?? { children: [], past: NO_TRAFFIC };
    pairs.children.push({ inboundSpi, outboundSpi });
    this.#pairs.set(session.index, pairs);
    if (known) this.#table.update(known.index, fields);
    const active = this.#table.activate(session.index);
    return known || !active ? [] : [{ kind: 'event', record: this.#accounting.loggedIn(active) }];
  }

  /** A pair is gone; with the last one the session ends. */
  closed(site: Site, inboundSpi: number, reason: string, now: Instant): Effects {
    const session = this.#table.ofOwner(ownerOf(site));
    const pairs = session && this.#pairs.get(session.index);
    const index = pairs?.children.findIndex((c) => c.inboundSpi === inboundSpi) ?? -1;
    if (!session || !pairs || index < 0) return [];
    const [gone] = pairs.children.splice(index, 1);
    if (gone) pairs.past = addTraffic(pairs.past, this.#traffic(gone) ?? NO_TRAFFIC);
    if (pairs.children.length > 0) return [];
    const record = this.#accounting.loggedOff(session, pairs.past, reason, now);
    this.#table.close(session.index);
    this.#pairs.delete(session.index);
    return [{ kind: 'event', record }];
  }

  /** What passed through a session so far; undefined for one of another kind. */
  traffic(session: Session): Traffic | undefined {
    const pairs = this.#pairs.get(session.index);
    if (!pairs) return undefined;
    return pairs.children.reduce(
      (sum, child) => addTraffic(sum, this.#traffic(child) ?? NO_TRAFFIC),
      pairs.past,
    );
  }
}

export const ownerOf = ({ peer }: Site): string => `lan-to-lan ${peer}`;
