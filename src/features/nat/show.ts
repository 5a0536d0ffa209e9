import { ipv4FromNumber } from '#base/address';
import type { Instant } from '#base/instant';
import type { Xlate } from './connection.ts';
import { type DropReason, dropReasons } from './drop-reasons.ts';
import { formatHardware } from './frame.ts';
import { poolOf } from './port-allocator.ts';
import type { PatRouter } from './router.ts';
import type { TranslationTable } from './translation-table.ts';

/** One line of `show xlate`. */
export type XlateRow = {
  readonly protocol: 'icmp' | 'tcp' | 'udp';
  readonly globalAddress: string;
  /** UDP or TCP port, or identifier of an ICMP query. */
  readonly globalPort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly connections: number;
  /** Since the last packet in either direction. */
  readonly idleMs: number;
};

/** `show xlate`; NAT-32. */
export type XlateView = {
  readonly inUse: number;
  readonly mostUsed: number;
  readonly items: readonly XlateRow[];
};

/** `show arp`; NAT-34. */
export type ArpView = {
  readonly items: readonly {
    readonly interface: string;
    readonly address: string;
    /** `0050.dabb.f093`. */
    readonly hardware: string;
  }[];
};

/** What the box did with packets since it started. */
export type PatCountersView = {
  readonly forwarded: number;
  /** Connections open now. */
  readonly connections: number;
  /** Frames that an interface did not take. */
  readonly unsent: number;
  /** Reasons that occurred, each with its meaning. */
  readonly refused: readonly {
    readonly reason: DropReason;
    readonly meaning: string;
    readonly packets: number;
  }[];
};

function rowOf(xlate: Xlate, now: Instant): XlateRow {
  let usedAt = 0;
  for (const connection of xlate.connections.values()) usedAt = Math.max(usedAt, connection.usedAt);
  return {
    protocol: xlate.protocol,
    globalAddress: ipv4FromNumber(xlate.globalAddress),
    globalPort: xlate.globalPort,
    localAddress: ipv4FromNumber(xlate.localAddress),
    localPort: xlate.localPort,
    connections: xlate.connections.size,
    idleMs: Math.max(0, now - usedAt),
  };
}

/** Translations in the order of the seed's example: high ports before low ones, each from below. */
export function xlateView(translations: TranslationTable, now: Instant): XlateView {
  const items = [...translations.xlates()]
    .sort((a, b) => poolOf(b.globalPort) - poolOf(a.globalPort) || a.globalPort - b.globalPort)
    .map((xlate) => rowOf(xlate, now));
  return { inUse: translations.inUse, mostUsed: translations.mostUsed, items };
}

/** Neighbours by interface, the highest address first as in the seed's example. */
export const arpView = (router: PatRouter): ArpView => ({
  items: router.ports.flatMap((port) =>
    [...port.neighbours.known()]
      .sort((a, b) => b.address - a.address)
      .map(({ address, hardware }) => ({
        interface: port.interface.name,
        address: ipv4FromNumber(address),
        hardware: formatHardware(hardware),
      })),
  ),
});

export const patCountersView = (router: PatRouter, unsent: number): PatCountersView => ({
  forwarded: router.forwarded,
  connections: router.translations.connections,
  unsent,
  refused: (Object.entries(router.refused) as [DropReason, number][])
    .filter(([, packets]) => packets > 0)
    .map(([reason, packets]) => ({ reason, meaning: dropReasons[reason], packets })),
});

/** `3 in use, 4 most used` and a line for each translation; NAT-32. */
export const renderXlate = (view: XlateView): string =>
  [
    `${view.inUse} in use, ${view.mostUsed} most used`,
    ...view.items.map(
      (x) =>
        `PAT Global ${x.globalAddress}(${x.globalPort}) Local ${x.localAddress}(${x.localPort})`,
    ),
  ].join('\n');

/** One line for each neighbour: `      outside 171.69.88.1 0000.0c07.ac7b`; NAT-34. */
export const renderArp = (view: ArpView): string =>
  view.items.map((n) => `      ${n.interface} ${n.address} ${n.hardware}`).join('\n');

/** How many packets were passed on, and a line for each reason to refuse one. */
export const renderCounters = (view: PatCountersView): string =>
  [
    `${view.forwarded} packets passed on, ${view.connections} connections, ${view.unsent} frames not sent`,
    ...view.refused.map((r) => `  ${r.meaning} (${r.reason})  ${r.packets}`),
  ].join('\n');
