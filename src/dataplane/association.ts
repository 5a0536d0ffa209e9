import { type Endpoint, familyOf } from '#base/address';
import {
  type EspCiphers,
  type EspOpener,
  type EspSealer,
  espFrameOctets,
} from '#crypto/esp-cipher';
import { ESP_SUITES, type EspSuite } from '#crypto/esp-suites';
import { type CounterPages, SA_COUNTER } from './counters.ts';
import type { InboundSa, OutboundSa } from './data-plane.ts';
import { EndpointWords } from './endpoint-words.ts';
import { ipHeaderOctets } from './ip-packet.ts';
import { PrefixWords } from './prefix-words.ts';
import { ReplayWindow } from './replay-window.ts';

/** What both directions of an SA have in the packet path. Mutable; one worker owns it. */
export abstract class Association {
  readonly slot: number;
  readonly spi: number;
  readonly suite: EspSuite;
  /** Header, IV and ICV. */
  readonly frameOctets: number;
  readonly extended: boolean;
  /** Whether ESP travels in UDP. */
  readonly inUdp: boolean;
  /** Octets of the IP header that does not travel within ESP: none in tunnel mode. */
  readonly bareHeaderOctets: number;
  readonly local: EndpointWords;
  readonly remote: EndpointWords;
  readonly localSelector: PrefixWords;
  readonly remoteSelector: PrefixWords;
  /** The array that holds the counters, from `base` on; see `SA_COUNTER`. */
  readonly counters: Float64Array;
  readonly base: number;
  readonly softLimitOctets: number;
  readonly hardLimitOctets: number;
  /** Whether the end was announced, and whether it has come: then the SA carries nothing more. */
  expiring = false;
  expired = false;
  /** The largest inner packet that travels in one piece, as `PathMtu` found out in this epoch. */
  innerOctets = 0;
  pathMtuEpoch = 0;

  constructor(sa: InboundSa | OutboundSa, slot: number, pages: CounterPages) {
    this.slot = slot;
    this.spi = sa.spi;
    this.suite = ESP_SUITES[sa.suite];
    this.frameOctets = espFrameOctets(this.suite);
    this.extended = sa.extendedSequenceNumbers ?? false;
    this.inUdp = sa.encapsulation === 'udp';
    this.bareHeaderOctets = sa.mode === 'tunnel' ? 0 : ipHeaderOctets(familyOf(sa.local.address));
    this.local = EndpointWords.of(sa.local);
    this.remote = EndpointWords.of(sa.remote);
    this.localSelector = new PrefixWords(sa.selectors.local);
    this.remoteSelector = new PrefixWords(sa.selectors.remote);
    this.counters = pages.values(slot);
    this.base = pages.base(slot);
    this.softLimitOctets = sa.softLimitOctets ?? Number.POSITIVE_INFINITY;
    this.hardLimitOctets = sa.hardLimitOctets ?? Number.POSITIVE_INFINITY;
  }

  /** The peer is somewhere else now. */
  moveTo(remote: Endpoint): void {
    this.remote.set(remote);
    this.pathMtuEpoch = 0;
  }

  /** Adds one to a counter of `SA_COUNTER`. */
  count(counter: number): void {
    const at = this.base + counter;
    this.counters[at] = (this.counters[at] as number) + 1;
  }

  /** Counts an inner packet. */
  carried(octets: number): void {
    const { counters, base } = this;
    counters[base + SA_COUNTER.packets] = (counters[base + SA_COUNTER.packets] as number) + 1;
    counters[base + SA_COUNTER.octets] = (counters[base + SA_COUNTER.octets] as number) + octets;
  }

  /** Whether an inner packet of `octets` octets is more than the SA may carry. */
  exceeds(octets: number): boolean {
    return this.expired || this.octets + octets > this.hardLimitOctets;
  }

  /** Gives the keys back; the association must not be used again. */
  abstract close(): void;

  get octets(): number {
    return this.counters[this.base + SA_COUNTER.octets] as number;
  }
}

export class InboundAssociation extends Association {
  readonly opener: EspOpener;
  /** What its keys are to the opener. */
  readonly keys: number;
  readonly window: ReplayWindow;
  /** Whether its first packet was announced. */
  active = false;
  /** Whether the last authentic packet had a higher sequence number than all before it. */
  advanced = false;
  /** Where the peer was last said to have moved to. */
  readonly announced: EndpointWords;

  /** `resumed` when the SA was in this slot before, whose highest sequence number is still there. */
  constructor(
    sa: InboundSa,
    slot: number,
    pages: CounterPages,
    ciphers: EspCiphers,
    resumed: boolean,
  ) {
    super(sa, slot, pages);
    this.opener = ciphers.opener(this.suite);
    this.keys = this.opener.hold(sa.keyMaterial);
    this.window = new ReplayWindow(sa.replayWindow, this.extended);
    this.announced = EndpointWords.of(sa.remote);
    if (!resumed) return;
    this.window.resume(this.counters[this.base + SA_COUNTER.sequence] as number);
    this.active = (this.counters[this.base + SA_COUNTER.packets] as number) > 0;
  }

  override moveTo(remote: Endpoint): void {
    super.moveTo(remote);
    this.announced.set(remote);
  }

  override close(): void {
    this.opener.forget(this.keys);
  }
}

export class OutboundAssociation extends Association {
  readonly sealer: EspSealer;
  /** What its keys are to the sealer. */
  readonly keys: number;
  /** The number sent last; RFC 4303 section 3.3.3. */
  sequence: number;

  constructor(
    sa: OutboundSa,
    slot: number,
    pages: CounterPages,
    ciphers: EspCiphers,
    resumed: boolean,
  ) {
    super(sa, slot, pages);
    this.sealer = ciphers.sealer(this.suite);
    this.keys = this.sealer.hold(sa.keyMaterial);
    this.sequence = resumed ? (this.counters[this.base + SA_COUNTER.sequence] as number) : 0;
  }

  override close(): void {
    this.sealer.forget(this.keys);
  }
}
