import type { Instant } from '#base/instant';
import type { Configuration } from '#config/configuration';
import type { SaId } from '#ipsec/keying';
import type { Keying } from '#ipsec/keying-commands';
import type { AddressPools } from '#session/address-pools';
import type { SessionTable } from '#session/session-table';
import type { RemoteAccess } from '../feature.ts';
import type { SaCounterSource } from './sa-views.ts';

/** What views and commands read; each table has its owner in the engine. */
export type RemoteAccessNeeds = {
  readonly sessions: Pick<
    SessionTable,
    'get' | 'ofAddress' | 'ofOwner' | 'page' | 'summary' | 'values'
  >;
  readonly keying: Pick<Keying, 'counts' | 'summaries' | 'summary'>;
  readonly remoteAccess: Pick<RemoteAccess, 'idleMs' | 'traffic'>;
  readonly pools: Pick<AddressPools, 'usage'>;
  readonly counters: SaCounterSource;
  readonly configuration: () => Configuration;
  readonly now: () => Instant;
};

/** What the commands ask of the device; `done` is what it answers when it has carried that out. */
export type RemoteAccessRequest =
  | {
      readonly kind: 'logOffSessions';
      readonly indexes: readonly number[];
      readonly done: string;
    }
  | { readonly kind: 'closeIsakmpSas'; readonly sas: readonly SaId[]; readonly done: string };
