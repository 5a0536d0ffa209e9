import { type Endpoint, type IpAddress, ipv4ToNumber } from '#base/address';
import type { Instant } from '#base/instant';
import type { Connection, Xlate } from './connection.ts';
import type { DropReason } from './drop-reasons.ts';
import type { PatRule } from './rules.ts';
import { localEndpoint } from './translation-events.ts';
import { type TableLimits, TranslationTable } from './translation-table.ts';

/** The translation that an outgoing datagram leaves by; `built` when it was made for it. */
export type DatagramOutcome =
  | { readonly kind: 'forward'; readonly xlate: Xlate; readonly built: boolean }
  | { readonly kind: 'drop'; readonly reason: DropReason };

/**
 * PAT of UDP datagrams between endpoints, for networks that carry no packets: the loopback demo and the
 * simulator. The translations are those of the PAT box.
 */
export class DatagramPat {
  readonly translations: TranslationTable;
  readonly #globalAddress: number;
  readonly #rule: PatRule;

  constructor(globalAddress: IpAddress, limits: Partial<TableLimits> = {}) {
    this.translations = new TranslationTable(limits);
    this.#globalAddress = ipv4ToNumber(globalAddress);
    this.#rule = {
      inside: 'inside',
      network: 0,
      mask: 0,
      globals: new Map([['outside', this.#globalAddress]]),
      connectionsMax: 0,
      embryonicMax: 0,
    };
  }

  /** A datagram from an inside endpoint. */
  outgoing(local: Endpoint, remote: Endpoint, now: Instant): DatagramOutcome {
    const packet = {
      protocol: 'udp' as const,
      localAddress: ipv4ToNumber(local.address),
      localPort: local.port,
      remoteAddress: ipv4ToNumber(remote.address),
      remotePort: remote.port,
    };
    const known = this.translations.findOutgoing(this.#globalAddress, packet);
    if (known !== undefined) return this.#passed(known, true, false, now);
    const opened = this.translations.open(this.#globalAddress, this.#rule, packet, now);
    if (opened.kind === 'refused') return { kind: 'drop', reason: opened.reason };
    return this.#passed(opened.connection, true, opened.built, now);
  }

  /** The inside endpoint that a datagram to a global port is for; undefined when it answers nothing. */
  incoming(globalPort: number, remote: Endpoint, now: Instant): Endpoint | undefined {
    const connection = this.translations.findIncoming({
      protocol: 'udp',
      globalAddress: this.#globalAddress,
      globalPort,
      remoteAddress: ipv4ToNumber(remote.address),
      remotePort: remote.port,
    });
    if (connection === undefined) return undefined;
    return localEndpoint(this.#passed(connection, false, false, now).xlate);
  }

  #passed(connection: Connection, isOutgoing: boolean, built: boolean, now: Instant) {
    this.translations.touch(connection, now, isOutgoing, 0);
    return { kind: 'forward', xlate: connection.xlate, built } as const;
  }
}
