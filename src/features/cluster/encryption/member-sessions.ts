import type { IpAddress } from '#base/address';
import type { Instant } from '#base/instant';
import { ESP_SUITES } from '#crypto/esp-suites';
import { legacyOf } from '#ipsec/badge';
import type { ChildSummary, IsakmpSaSummary } from '#ipsec/keying';
import type { Session } from '#session/session';
import type { SessionTable } from '#session/session-table';

const ownerOf = (peer: IpAddress): string => `vca ${peer}`;

/**
 * The rows of tunnels between members: management sessions, whose administrator and address are the
 * private address of the member; LB-60, LB-63, LB-67.
 */
export class MemberSessions {
  readonly #table: SessionTable;
  /** Inbound SPIs of the pairs with each member. */
  readonly #pairs = new Map<IpAddress, Set<number>>();

  constructor(table: SessionTable) {
    this.#table = table;
  }

  /** Whether there is a pair with a member. */
  has(peer: IpAddress): boolean {
    return this.#pairs.has(peer);
  }

  /** The members with which there is one. */
  peers(): readonly IpAddress[] {
    return [...this.#pairs.keys()];
  }

  peerOfPair(inboundSpi: number): IpAddress | undefined {
    for (const [peer, spis] of this.#pairs) if (spis.has(inboundSpi)) return peer;
    return undefined;
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
    const spis = this.#pairs.get(peer);
    if (spis) {
      spis.add(child.inboundSpi);
      const known = this.#table.ofOwner(ownerOf(peer));
      if (known) this.#table.update(known.index, fields);
      return false;
    }
    this.#pairs.set(peer, new Set([child.inboundSpi]));
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
    const peer = this.peerOfPair(inboundSpi);
    const spis = peer && this.#pairs.get(peer);
    if (!spis) return undefined;
    spis.delete(inboundSpi);
    if (spis.size > 0) return undefined;
    this.#pairs.delete(peer);
    const session = this.#table.ofOwner(ownerOf(peer));
    if (session) this.#table.close(session.index);
    return peer;
  }
}
