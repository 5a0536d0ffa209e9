import assert from 'node:assert/strict';
import type {
  Admission,
  CloseReason,
  ConfigurationAttribute,
  IsakmpSaSummary,
  KeyingEffect,
  KeyingNotice,
  SaId,
} from '#ipsec/keying';
import type { Keying, WhichSas } from '#ipsec/keying-commands';

/** A command that the feature gave to the keying manager. */
export type Commanded =
  | { readonly kind: 'authentication'; readonly sa: SaId; readonly accepted: boolean }
  | {
      readonly kind: 'configuration';
      readonly sa: SaId;
      readonly attributes: readonly ConfigurationAttribute[];
      readonly assigned: readonly string[];
    }
  | { readonly kind: 'admission'; readonly sa: SaId; readonly admission: Admission }
  | { readonly kind: 'close'; readonly sa: SaId; readonly reason: CloseReason };

/** A keying manager that negotiates nothing: it keeps what a test tells it, and what it is told. */
export class FakeKeying implements Keying {
  readonly sas = new Map<SaId, IsakmpSaSummary>();
  readonly commanded: Commanded[] = [];

  change(sa: SaId, changes: Partial<IsakmpSaSummary>): void {
    const known = this.sas.get(sa);
    if (known) this.sas.set(sa, { ...known, ...changes });
  }

  admit(sa: SaId, admission: Admission): KeyingEffect[] {
    this.commanded.push({ kind: 'admission', sa, admission });
    return [];
  }

  extendedAuthenticationResult(sa: SaId, accepted: boolean): KeyingEffect[] {
    this.commanded.push({ kind: 'authentication', sa, accepted });
    return [];
  }

  configurationReply(
    sa: SaId,
    attributes: readonly ConfigurationAttribute[],
    grant: Parameters<Keying['configurationReply']>[2],
  ): KeyingEffect[] {
    const assigned = grant.assigned.map((p) => `${p.address}/${p.length}`);
    this.commanded.push({ kind: 'configuration', sa, attributes, assigned });
    return [];
  }

  /** As the real one: the SA is forgotten first, then its owner is told of the children and of the end. */
  close(sa: SaId, reason: CloseReason): KeyingEffect[] {
    const known = this.sas.get(sa);
    if (!known) return [];
    this.sas.delete(sa);
    this.commanded.push({ kind: 'close', sa, reason });
    return [
      ...known.children.map(({ inboundSpi }) => noticeOf({ kind: 'childDeleted', sa, inboundSpi })),
      noticeOf({ kind: 'closed', sa, reason }),
    ];
  }

  closeAll(reason: CloseReason): KeyingEffect[] {
    return [...this.sas.keys()].flatMap((sa) => this.close(sa, reason));
  }

  *summaries({ after: from = 0 as SaId, remote }: WhichSas = {}): Generator<IsakmpSaSummary> {
    for (const sa of this.sas.values())
      if (sa.id > from && (remote === undefined || sa.remote.address === remote)) yield sa;
  }

  summary = (sa: SaId): IsakmpSaSummary | undefined => this.sas.get(sa);

  counts() {
    const all = [...this.sas.values()];
    const isakmpSas = all.filter((sa) => sa.expiresAt !== undefined).length;
    const ipsecSas = all.reduce((sum, sa) => sum + sa.children.length, 0);
    return { halfOpen: all.length - isakmpSas, isakmpSas, ipsecSas };
  }

  // What follows is asked of the real one by the engine or by initiators only.
  datagram = (): KeyingEffect[] => [];
  answer = (): KeyingEffect[] => [];
  tick = (): KeyingEffect[] => [];
  report = (): KeyingEffect[] => [];
  provideCredentials = (): KeyingEffect[] => [];
  createChild = (): KeyingEffect[] => [];
  rekey = (): undefined => undefined;
  deadline = (): undefined => undefined;
  connect = (): never => assert.fail('a head-end connects to nobody');
}

/** Something that the owner of an SA is told. */
export const noticeOf = (notice: KeyingNotice): KeyingEffect => ({ kind: 'notice', notice });
