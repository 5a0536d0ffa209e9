import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { address, type Endpoint } from '../../src/base/address.ts';
import { hostPrefix } from '../../src/base/prefix.ts';
import { ESP_SUITES, type EspSuiteName } from '../../src/crypto/esp-suites.ts';
import type { DataPlane, ForwardingChange, SaCounters } from '../../src/dataplane/data-plane.ts';

/** One tunnel between the two ends, 0 and 1. */
export type SoakTunnel = {
  readonly suite: EspSuiteName;
  readonly encapsulation: 'udp' | 'none';
  readonly extended?: boolean;
  readonly replayWindow: number;
  /** The host of each end. */
  readonly hosts: readonly [string, string];
};

/** SPIs of both directions: [towards end 0, towards end 1]. */
type Pair = { readonly spis: readonly [number, number]; readonly keys: readonly Uint8Array[] };

/** How many octets a pair carries before another takes its place, and at most. */
const LIMITS = { soft: 8 * 1024 * 1024, hard: 40 * 1024 * 1024 } as const;
/** A negotiation takes up to this long, and its steps come to the two ends at different times. */
const MOST_STEP_MS = 40;
/** What is under way has arrived by then. */
const RETIRED_MS = 2000;

/** The keys of one tunnel at both ends, changed as IKE would change them, but far more often. */
export class SoakKeys {
  readonly #tunnel: SoakTunnel;
  readonly #outside: readonly [Endpoint, Endpoint];
  readonly #ends: readonly [DataPlane, DataPlane];
  readonly #collected: SaCounters[] = [];
  #pair: Pair | undefined;
  #changing: Promise<void> | undefined;
  changes = 0;

  constructor(
    tunnel: SoakTunnel,
    outside: readonly [Endpoint, Endpoint],
    ends: readonly [DataPlane, DataPlane],
  ) {
    this.#tunnel = tunnel;
    this.#outside = outside;
    this.#ends = ends;
  }

  /** Whether an SA of the present pair has this SPI. */
  has(spi: number): boolean {
    return this.#pair?.spis.includes(spi) ?? false;
  }

  /** Puts new keys in the place of the present ones, unless that is under way. */
  change(): Promise<void> {
    this.#changing ??= this.#change().finally(() => {
      this.#changing = undefined;
    });
    return this.#changing;
  }

  /** What the SAs that are gone and those that are there have counted, in all. */
  counters(): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const one of [...this.#collected, ...(this.#pair ? this.#read(this.#pair) : [])])
      for (const [name, value] of Object.entries(one)) sums[name] = (sums[name] ?? 0) + value;
    return sums;
  }

  async #change(): Promise<void> {
    const old = this.#pair;
    const pair = this.#newPair();
    const step = () => sleep(old ? Math.random() * MOST_STEP_MS : 0);
    // The receiving halves stand at both ends before anybody sends.
    for (const end of [0, 1] as const) {
      await step();
      this.#ends[end].apply([this.#inbound(pair, end)]);
    }
    await step();
    for (const end of [1, 0] as const) {
      await step();
      this.#ends[end].apply([this.#outbound(pair, end)]);
    }
    this.#pair = pair;
    this.changes += 1;
    if (old) sleep(RETIRED_MS).then(() => this.#remove(old));
  }

  #remove(old: Pair): void {
    this.#collected.push(...this.#read(old));
    for (const end of [0, 1] as const)
      this.#ends[end].apply([
        { kind: 'removeInbound', spi: old.spis[end] },
        { kind: 'removeOutbound', pairedSpi: old.spis[end] },
      ]);
  }

  #read({ spis }: Pair): SaCounters[] {
    return ([0, 1] as const).flatMap((end) => {
      const inbound = this.#ends[end].inboundCounters(spis[end]);
      return inbound ? [inbound] : [];
    });
  }

  #newPair(): Pair {
    const { keyMaterialOctets } = ESP_SUITES[this.#tunnel.suite];
    const spi = () => randomBytes(4).readUInt32BE() | 0x1000;
    return {
      spis: [spi() >>> 0, spi() >>> 0],
      keys: [0, 1].map(() => new Uint8Array(randomBytes(keyMaterialOctets))),
    };
  }

  #far(end: 0 | 1): Endpoint {
    return this.#outside[end === 0 ? 1 : 0];
  }

  #common(end: 0 | 1) {
    const { suite, encapsulation, hosts, extended } = this.#tunnel;
    const far = end === 0 ? 1 : 0;
    return {
      suite,
      encapsulation,
      mode: 'tunnel' as const,
      local: this.#outside[end],
      remote: this.#far(end),
      selectors: {
        local: hostPrefix(address(hosts[end])),
        remote: hostPrefix(address(hosts[far])),
      },
      softLimitOctets: LIMITS.soft,
      hardLimitOctets: LIMITS.hard,
      ...(extended && { extendedSequenceNumbers: true }),
    };
  }

  #inbound({ spis, keys }: Pair, end: 0 | 1): ForwardingChange {
    const { replayWindow } = this.#tunnel;
    const own = { spi: spis[end], keyMaterial: keys[end] as Uint8Array, replayWindow };
    return { kind: 'addInbound', sa: { ...this.#common(end), ...own, direction: 'inbound' } };
  }

  #outbound({ spis, keys }: Pair, end: 0 | 1): ForwardingChange {
    const far = end === 0 ? 1 : 0;
    const own = { spi: spis[far], pairedSpi: spis[end], keyMaterial: keys[far] as Uint8Array };
    return { kind: 'addOutbound', sa: { ...this.#common(end), ...own, direction: 'outbound' } };
  }
}
