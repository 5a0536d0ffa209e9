import { elapsedMs, type Instant } from '#base/instant';
import type { Configuration } from '#config/configuration';
import {
  type Filter,
  type FilterRule,
  filterLines,
  filterNamed,
  filtersSlice,
  NO_FILTER,
} from '#config/filters';
import { interfaceNamed } from '#config/system';
import { type EventRecord, occurred } from '#events/event';
import type { Side } from '#protocol/vcl/turn';
import type { FilterView } from '#views/cluster-views';
import { clusterLines } from './commands.ts';
import { clusterSlice, loadBalancingOf } from './config.ts';
import { filterStops } from './events.ts';

/** Whether the filters of the two interfaces let pass what members say; LB-18, LB-20, LB-22. */

export type Direction = 'in' | 'out';

/** The filter of one side of a member. */
export type SideFilter = {
  readonly side: Side;
  /** Names of the interface and of its filter; `none` for no filter. */
  readonly interface: string;
  readonly name: string;
  /** Undefined for no filter: everything passes. */
  readonly filter: Filter | undefined;
};

const RULES: Readonly<Record<Direction, FilterRule>> = { in: 'VCA In', out: 'VCA Out' };

/** LB-18, G-10: what a VPN 3000 has where nothing is said; an ASA has no filters. */
const USUAL: Readonly<Record<Side, string>> = { private: 'Private', public: 'Public' };

export function filterOfSide(configuration: Configuration, side: Side): SideFilter {
  const b = loadBalancingOf(configuration);
  const { personality } = clusterSlice.of(configuration);
  const own = side === 'public' ? b.publicInterface : b.privateInterface;
  const usual = personality === 'vpn3000' ? USUAL[side] : NO_FILTER;
  const name = interfaceNamed(configuration, own)?.filter ?? usual;
  const filter = name === NO_FILTER ? undefined : filterNamed(configuration, name);
  return { side, interface: own, name, filter };
}

const passes = (filter: Filter | undefined, direction: Direction, port: number): boolean => {
  if (!filter || filter.defaultAction === 'forward') return true;
  const allowed = filter.rules.get(RULES[direction]);
  return allowed === 'cluster' || allowed === port;
};

const SIDES: readonly Side[] = ['private', 'public'];

/** A direction in which a filter stops what members say, and the line that could let it pass. */
export type Stop = SideFilter & {
  readonly rule: FilterRule;
  readonly at: readonly string[];
  readonly reason: string;
  readonly remedy: string;
};

/** What the filters of this configuration stop of what members say; nothing in a sound one. */
export function stopsOf(configuration: Configuration): readonly Stop[] {
  const { port } = loadBalancingOf(configuration);
  return SIDES.flatMap((side) => {
    const found = filterOfSide(configuration, side);
    return (['in', 'out'] as const).flatMap((direction) =>
      passes(found.filter, direction, port) ? [] : [stop(configuration, found, direction, port)],
    );
  });
}

function stop(
  configuration: Configuration,
  found: SideFilter,
  direction: Direction,
  port: number,
): Stop {
  const { name, filter } = found;
  const rule = RULES[direction];
  const other = filter?.rules.get(rule);
  const subject = `filter "${name}" of interface "${found.interface}"`;
  const add = `"rule add "${rule}"" in "filter ${name}"`;
  if (typeof other === 'number')
    return {
      ...found,
      rule,
      at: filterLines.rule(name, rule, other),
      reason: `${subject} lets UDP port ${other} pass, and members speak on ${port}`,
      remedy: `${add}, without a port, follows "cluster port"`,
    };
  const isConfigured = filtersSlice.of(configuration).has(name);
  return {
    ...found,
    rule,
    at: isConfigured ? filterLines.header(name) : clusterLines.participate,
    reason: `${subject} stops what members say on UDP port ${port}: it has no rule "${rule}"`,
    remedy: `${add} lets it pass`,
  };
}

/**
 * Why a member cannot take part: it would hear nobody on the private side, take the others for gone, and serve
 * an address that one of them serves. A closed public side only keeps clients from being sent there.
 */
export const deafness = (configuration: Configuration): string | undefined =>
  stopsOf(configuration).find(({ side }) => side === 'private')?.reason;

/**
 * What a public filter stops: a member without it has no other one's public side answer, and as master sends
 * no client there. It can serve clients itself, so it is master when there is nobody else, and not before.
 */
export const publicStop = (configuration: Configuration): Stop | undefined =>
  stopsOf(configuration).find(({ side }) => side === 'public');

/** One complaint a minute, side and direction. */
const REPEAT_MS = 60_000;

/** The filters at work: what they stop is counted, and said now and then. */
export class Filters {
  /** What passes by a configuration; asked with every datagram, made when that changes. */
  #made: { readonly configuration: Configuration; readonly stops: readonly Stop[] } | undefined;
  readonly #stopped = new Map<string, number>();
  readonly #said = new Map<string, Instant>();

  /** Whether something that members say passes; a complaint where one is due. */
  judge(
    configuration: Configuration,
    side: Side,
    direction: Direction,
    now: Instant,
  ): { readonly passes: boolean; readonly complaint?: EventRecord } {
    if (this.#made?.configuration !== configuration)
      this.#made = { configuration, stops: stopsOf(configuration) };
    const rule = RULES[direction];
    const stop = this.#made.stops.find((s) => s.side === side && s.rule === rule);
    if (!stop) return { passes: true };
    const key = keyOf(side, direction);
    this.#stopped.set(key, this.stopped(side, direction) + 1);
    const last = this.#said.get(key);
    if (last !== undefined && elapsedMs(last, now) < REPEAT_MS) return { passes: false };
    this.#said.set(key, now);
    const { port } = loadBalancingOf(configuration);
    const args = { filter: stop.name, interface: stop.interface, rule, port };
    const complaint = occurred(filterStops, args);
    return { passes: false, complaint };
  }

  /** Datagrams that were stopped since this device started. */
  stopped(side: Side, direction: Direction): number {
    return this.#stopped.get(keyOf(side, direction)) ?? 0;
  }

  /** What is shown of both sides. */
  views(configuration: Configuration): readonly FilterView[] {
    const stops = stopsOf(configuration);
    return SIDES.map((side) => {
      const { interface: own, name } = filterOfSide(configuration, side);
      return {
        side,
        interface: own,
        filter: name === NO_FILTER ? undefined : name,
        stops: stops
          .filter((s) => s.side === side)
          .map(({ rule, reason, remedy }) => ({
            rule,
            reason,
            remedy,
            datagrams: this.stopped(side, rule === RULES.in ? 'in' : 'out'),
          })),
      };
    });
  }
}

const keyOf = (side: Side, direction: Direction): string => `${side} ${direction}`;
