import type { IpAddress } from '#base/address';
import type { Instant } from '#base/instant';
import { ESP_SUITES } from '#crypto/esp-suites';
import { legacyOf } from '#ipsec/badge';
import type { ChildSummary, IsakmpSaSummary } from '#ipsec/keying';
import { addTraffic, NO_TRAFFIC, type Traffic } from '#session/accounting';
import type { Session } from '#session/session';
import type { SessionTable } from '#session/session-table';

/** The SPIs of one pair of IPsec SAs. */
type Spis = { readonly inboundSpi: number; readonly outboundSpi: number };

/** What passed through one pair with `peer`; undefined when nothing of it is installed any more. */
export type PairTraffic = (pair: Spis) => Traffic | undefined;

/** The tunnel with one member: its pairs, and what passed through those that are gone. */
type Row = { readonly pairs: Spis[]; past: Traffic };

const ownerOf = (peer: IpAddress): string => `vca ${peer}`;

/**
 * The rows of tunnels between members: management sessions, whose administrator and address are the
 * private address of the member; LB-60, LB-63, LB-67.
 */
export class MemberSessions {
  readonly #table: SessionTable;
  readonly #traffic: PairTraffic;
  readonly #rows = new Map<IpAddress, Row>();

  constructor(table: SessionTable, traffic: PairTraffic) {
    this.#table = table;
    this.#traffic = traffic;
  }

  /** Whether there is a pair with a member. */
  has(peer: IpAddress): boolean {
    return this.#rows.has(peer);
  }

  /** The members with which there is one. */
  peers(): readonly IpAddress[] {
    return [...this.#rows.keys()];
  }

  peerOfSession(session: Session): IpAddress | undefined {
    return this.peers().find((peer) => ownerOf(peer) === session.owner);
  }

  /** A pair came to be; whether it is the first with its member. */
  opened(peer: IpAddress, summary: IsakmpSaSummary, child: ChildSummary, now: Instant): boolean {
    const { encryptionLabel, integrityLabel } = ESP_SUITES[child.suite];
    const fields = {
      peer: summary.remote,
      local: summary.local,
      encryption: encryptionLabel,
      hash: integrityLabel,
      legacy: legacyOf(summary),
    };
    const { inboundSpi, outboundSpi } = child;
    const row = this.#rows.get(peer);
    if (row) {
      row.pairs.push({ inboundSpi, outboundSpi });
      const known = this.#table.ofOwner(ownerOf(peer));
      if (known) this.#table.update(known.index, fields);
      return false;
    }
    const pairs = [{ inboundSpi, outboundSpi }];
    this.#rows.set(peer, { pairs, past: NO_TRAFFIC });
    const session = this.#table.open(
      {
        ...fields,
        kind: 'management',
        username: peer,
        group: '',
        owner: ownerOf(peer),
        assigned: [],
        protocol: 'VCA/IPSec',
      },
      now,
    );
    this.#table.activate(session.index);
    return true;
  }

  /** A pair is gone; the member whose last one it was. */
  closed(inboundSpi: number): IpAddress | undefined {
    for (const [peer, row] of this.#rows) {
      const at = row.pairs.findIndex((pair) => pair.inboundSpi === inboundSpi);
      if (at < 0) continue;
      const [gone] = row.pairs.splice(at, 1);
      if (gone) row.past = addTraffic(row.past, this.#traffic(gone) ?? NO_TRAFFIC);
      if (row.pairs.length > 0) return undefined;
      this.#rows.delete(peer);
      const session = this.#table.ofOwner(ownerOf(peer));
      if (session) this.#table.close(session.index);
      return peer;
    }
    return undefined;
  }

  /** What passed through the tunnel of a session; undefined for a session of another kind. */
  traffic(session: Session): Traffic | undefined {
    const peer = this.peerOfSession(session);
    const row = peer && this.#rows.get(peer);
    return row?.pairs.reduce(
      (sum, pair) => addTraffic(sum, this.#traffic(pair) ?? NO_TRAFFIC),
      row.past,
    );
  }
}
