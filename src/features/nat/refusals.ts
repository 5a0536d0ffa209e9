import { ipv4FromNumber } from '#base/address';
import { after, type Instant } from '#base/instant';
import { type EventRecord, occurred } from '#events/event';
import { type DropReason, dropReasons } from './drop-reasons.ts';
import { espNotTranslated, noTranslationRule, translationRefused } from './events.ts';
import type { Ipv4Header } from './packet.ts';

/** Between two events of one reason; the packets in between are counted. */
const intervalMs = 60_000;

type Refused = Pick<Ipv4Header, 'source' | 'destination'>;

/** The event of a refusal that somebody has to hear of; undefined for what is everyday. */
function eventOf(reason: DropReason, packet: Refused, count: number): EventRecord | undefined {
  const peer = ipv4FromNumber(packet.source);
  const source = peer;
  const destination = ipv4FromNumber(packet.destination);
  switch (reason) {
    case 'esp':
      return occurred(espNotTranslated, { source, destination, count }, { peer });
    case 'noRule':
      return occurred(noTranslationRule, { source, destination, count }, { peer });
    case 'translationLimit':
    case 'portsExhausted':
    case 'connectionLimit':
    case 'hostLimit':
    case 'ruleConnections':
    case 'ruleEmbryonic':
      return occurred(translationRefused, { source, reason: dropReasons[reason], count }, { peer });
    default:
      return undefined;
  }
}

/** Counts refused packets by reason, and tells of the ones that matter, once a minute and reason. */
export class RefusalLog {
  readonly counts = Object.fromEntries(
    Object.keys(dropReasons).map((reason) => [reason, 0]),
  ) as Record<DropReason, number>;
  readonly #told = new Map<DropReason, { readonly until: Instant; readonly count: number }>();

  /** Counts a packet. */
  refuse(reason: DropReason, packet: Refused, now: Instant): EventRecord | undefined {
    this.counts[reason] += 1;
    const told = this.#told.get(reason);
    if (told !== undefined && now < told.until) return undefined;
    const count = this.counts[reason] - (told?.count ?? 0);
    const event = eventOf(reason, packet, count);
    if (event !== undefined)
      this.#told.set(reason, { until: after(now, intervalMs), count: this.counts[reason] });
    return event;
  }
}
