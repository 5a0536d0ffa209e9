import { ipv4ToNumber } from '#base/address';
import { err, ok, type Result } from '#base/result';
import type { System } from '#config/system';
import type { GlobalPool, NatConfiguration, NatRule } from './config.ts';

/** An IPv4 interface of the box; addresses and masks are unsigned 32-bit numbers. */
export type PatInterface = {
  /** The `nameif` name. */
  readonly name: string;
  readonly hardware: string;
  /** 0, the least trusted, to 100. */
  readonly security: number;
  readonly address: number;
  readonly mask: number;
};

/** A way to other networks: connected when it has no gateway. */
export type PatRoute = {
  readonly interface: string;
  readonly network: number;
  readonly mask: number;
  readonly gateway?: number;
  readonly metric: number;
};

/** One `nat` command with the `global` commands of its number. */
export type PatRule = {
  readonly inside: string;
  readonly network: number;
  readonly mask: number;
  /** The address that stands for the hosts, by the name of the interface they leave through. */
  readonly globals: ReadonlyMap<string, number>;
  /** Most TCP connections at a time, 0 for no limit. */
  readonly connectionsMax: number;
  /** Most half-open TCP connections at a time, 0 for no limit. */
  readonly embryonicMax: number;
};

/** Everything the box does, derived from the configuration; replaced as a whole. */
export type PatPlan = {
  readonly interfaces: readonly PatInterface[];
  /** The route to prefer comes first. */
  readonly routes: readonly PatRoute[];
  /** The rule to prefer comes first. */
  readonly rules: readonly PatRule[];
};

/** The mask of `length` bits as a number. */
export const maskNumber = (length: number): number =>
  length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;

export const covers = (network: number, mask: number, address: number): boolean =>
  (address & mask) >>> 0 === network;

/** Whether `address` means every host of the interface's network. */
export const isBroadcastOf = (i: PatInterface, address: number): boolean =>
  address === 0xffffffff ||
  (covers((i.address & i.mask) >>> 0, i.mask, address) &&
    i.mask < 0xfffffffe &&
    (address === (i.address | ~i.mask) >>> 0 || address === (i.address & i.mask) >>> 0));

function interfacesOf(system: System, complaints: string[]): PatInterface[] {
  const found: PatInterface[] = [];
  for (const { name, hardware, securityLevel, address, enabled } of system.interfaces.values()) {
    if (name === undefined || address === undefined || !enabled) continue;
    if (address.address.includes(':')) {
      complaints.push(`interface ${name}: the PAT box translates IPv4 only`);
      continue;
    }
    found.push({
      name,
      hardware,
      security: securityLevel ?? 0,
      address: ipv4ToNumber(address.address),
      mask: maskNumber(address.length),
    });
  }
  return found;
}

function routesOf(
  system: System,
  interfaces: readonly PatInterface[],
  complaints: string[],
): PatRoute[] {
  const routes: PatRoute[] = interfaces.map((i) => ({
    interface: i.name,
    network: (i.address & i.mask) >>> 0,
    mask: i.mask,
    metric: 0,
  }));
  for (const route of system.routes) {
    if (route.prefix.address.includes(':') || route.tunneled) continue;
    const gateway = ipv4ToNumber(route.gateway);
    const through = interfaces.find(
      (i) =>
        covers((i.address & i.mask) >>> 0, i.mask, gateway) &&
        (route.interface === undefined || route.interface === i.name),
    );
    if (through === undefined) {
      complaints.push(
        `route to ${route.prefix.address}/${route.prefix.length}: gateway ${route.gateway} is in the ` +
          `network of no ${route.interface === undefined ? '' : `"${route.interface}" `}interface`,
      );
      continue;
    }
    routes.push({
      interface: through.name,
      network: ipv4ToNumber(route.prefix.address),
      mask: maskNumber(route.prefix.length),
      gateway,
      metric: route.metric,
    });
  }
  return routes.sort((a, b) => b.mask - a.mask || a.metric - b.metric);
}

function ruleOf(
  nat: NatRule,
  globals: readonly GlobalPool[],
  interfaces: readonly PatInterface[],
  complaints: string[],
): PatRule | undefined {
  const inside = interfaces.find((i) => i.name === nat.interface);
  if (inside === undefined) {
    complaints.push(
      `nat (${nat.interface}) ${nat.id}: no interface "${nat.interface}" has an address`,
    );
    return undefined;
  }
  if (nat.id === 0) {
    complaints.push(`nat (${nat.interface}) 0: passing hosts untranslated is not supported`);
    return undefined;
  }
  const addresses = new Map<string, number>();
  for (const global of globals.filter((g) => g.id === nat.id)) {
    const outside = interfaces.find((i) => i.name === global.interface);
    if (outside !== undefined) addresses.set(outside.name, outside.address);
  }
  if (addresses.size === 0)
    complaints.push(
      `nat (${nat.interface}) ${nat.id}: no "global (...) ${nat.id} interface" gives these hosts an address`,
    );
  return {
    inside: nat.interface,
    network: ipv4ToNumber(nat.prefix.address),
    mask: maskNumber(nat.prefix.length),
    globals: addresses,
    connectionsMax: nat.maxConnections,
    embryonicMax: nat.embryonicLimit,
  };
}

/** The plan of a PAT box (NAT-20), or one sentence for each thing that keeps it from working. */
export function planPatBox(
  nat: NatConfiguration,
  system: System,
): Result<PatPlan, readonly string[]> {
  const complaints: string[] = [];
  const interfaces = interfacesOf(system, complaints);
  if (interfaces.length < 2)
    complaints.push('a PAT box needs two named interfaces with addresses, inside and outside');
  const routes = routesOf(system, interfaces, complaints);
  const rules = nat.rules
    .map((rule) => ruleOf(rule, nat.globals, interfaces, complaints))
    .filter((rule) => rule !== undefined)
    .sort((a, b) => b.mask - a.mask);
  for (const { interface: name } of nat.globals)
    if (!interfaces.some((i) => i.name === name))
      complaints.push(`global (${name}): no interface "${name}" has an address`);
  for (const { interface: name, id } of nat.pools)
    complaints.push(`global (${name}) ${id}: hosts share the address of an interface only`);
  for (const { interface: name } of nat.exemptions)
    complaints.push(`nat (${name}) 0 access-list: passing hosts untranslated is not supported`);
  for (const { interface: name, id } of nat.policies)
    complaints.push(`nat (${name}) ${id} access-list: translating by a list is not supported`);
  return complaints.length > 0 ? err(complaints) : ok({ interfaces, routes, rules });
}

/** The way to `destination`. */
export const routeTo = (plan: PatPlan, destination: number): PatRoute | undefined =>
  plan.routes.find((route) => covers(route.network, route.mask, destination));

/** The rule for a source behind an interface. */
export const ruleFor = (plan: PatPlan, inside: string, source: number): PatRule | undefined =>
  plan.rules.find((rule) => rule.inside === inside && covers(rule.network, rule.mask, source));
