import { accessListNames } from '#config/access-list';
import { mask, network, range } from '#config/address-tokens';
import type { Configuration } from '#config/configuration';
import { sameValue } from '#config/configuration';
import { bracketed } from '#config/interface-tokens';
import { optional } from '#config/path';
import type { Finding, Room } from '#config/room';
import { globalScope, lineOf, setting } from '#config/setting';
import { unknownInterface } from '#config/system';
import { int, word } from '#config/tokens';
import { ipsecSlice } from '#ipsec/config';
import { type AddressPool, type NatPolicy, type NatRule, natSlice } from './config.ts';

const nat = globalScope(natSlice);

const global = setting(nat)({
  path: [
    'global',
    bracketed('interface', 'Interface towards the outside'),
    int('id', 1, 2147483647, 'Number that the "nat" commands name'),
    'interface',
  ],
  words: {
    global: 'Say which address stands for hosts',
    interface: 'The address of the interface itself',
  },
  dialects: ['pix'],
  key: ['interface', 'id'],
  help: 'Lets hosts share the address of an interface, told apart by ports.',
  since: '002:108',
  get: (c) => c.globals,
  set: (c, v) =>
    c.globals.some((g) => sameValue(g, v)) ? c : { ...c, globals: [...c.globals, v] },
  unset: (c, v) => ({
    ...c,
    globals: c.globals.filter((g) => g.interface !== v.interface || g.id !== v.id),
  }),
});

const globalAddresses = setting(nat)({
  path: [
    'global',
    bracketed('interface', 'Interface towards the outside'),
    int('id', 1, 2147483647, 'Number that the "nat" commands name'),
    range('range', 'First and last address'),
    optional('netmask', mask('mask', 'Mask of their network')),
  ],
  words: { global: 'Say which address stands for hosts', netmask: 'Mask of their network' },
  dialects: ['pix'],
  key: ['interface', 'id', 'range'],
  help: 'Addresses that stand for hosts; a PAT box knows the address of an interface only.',
  get: (c) => c.pools,
  set: (c, v) => ({ ...c, pools: [...c.pools.filter((p) => !samePool(p, v)), v] }),
  unset: (c, v) => ({ ...c, pools: c.pools.filter((p) => !samePool(p, v)) }),
});

type PoolKey = Pick<AddressPool, 'interface' | 'id' | 'range'>;

const samePool = (a: PoolKey, b: PoolKey): boolean =>
  a.interface === b.interface && a.id === b.id && sameValue(a.range, b.range);

const exemption = setting(nat)({
  path: [
    'nat',
    bracketed('interface', 'Interface of the hosts'),
    int('zero', 0, 0, 'Not translated'),
    'access-list',
    word('list', 'Name of an access list', 241, accessListNames),
  ],
  words: { nat: 'Say which hosts are translated', 'access-list': 'By an access list' },
  dialects: ['pix'],
  key: ['interface'],
  help: 'Traffic that is not translated, which a head-end translates none of anyway.',
  get: (c) => c.exemptions.map((e) => ({ ...e, zero: 0 })),
  set: (c, v) => ({
    ...c,
    exemptions: [
      ...c.exemptions.filter((e) => e.interface !== v.interface),
      { interface: v.interface, list: v.list },
    ],
  }),
  unset: (c, v) => ({
    ...c,
    exemptions: c.exemptions.filter((e) => e.interface !== v.interface),
  }),
});

const limit = (name: 'maxConnections' | 'embryonicLimit', help: string) =>
  int(name, 0, 65535, help);

const natRule = setting(nat)({
  path: [
    'nat',
    bracketed('interface', 'Interface of the hosts'),
    int('id', 0, 2147483647, 'Number of the "global" command; 0 translates nothing'),
    network('prefix', 'Network of the hosts'),
    optional(
      limit('maxConnections', 'Connections at a time, 0 for no limit'),
      limit('embryonicLimit', 'Half-open TCP connections at a time, 0 for no limit'),
    ),
  ],
  words: { nat: 'Say which hosts are translated' },
  dialects: ['pix'],
  key: ['interface', 'id', 'prefix'],
  help: 'Translates hosts to the address of the "global" command of the same number.',
  since: '002:109',
  get: (c) => c.rules,
  set(c, v) {
    const rule: NatRule = {
      ...v,
      maxConnections: v.maxConnections ?? 0,
      embryonicLimit: v.embryonicLimit ?? 0,
    };
    return { ...c, rules: [...c.rules.filter((r) => !sameRule(r, v)), rule] };
  },
  unset: (c, v) => ({ ...c, rules: c.rules.filter((r) => !sameRule(r, v)) }),
});

const policy = setting(nat)({
  path: [
    'nat',
    bracketed('interface', 'Interface of the hosts'),
    int('id', 1, 2147483647, 'Number of the "global" command'),
    'access-list',
    word('list', 'Name of an access list', 241, accessListNames),
    optional(
      limit('maxConnections', 'Connections at a time, 0 for no limit'),
      limit('embryonicLimit', 'Half-open TCP connections at a time, 0 for no limit'),
    ),
  ],
  words: { nat: 'Say which hosts are translated', 'access-list': 'By an access list' },
  dialects: ['pix'],
  key: ['interface', 'id', 'list'],
  help: 'Translates what a list permits; a PAT box translates by networks only.',
  get: (c) => c.policies,
  set(c, v) {
    const added: NatPolicy = {
      ...v,
      maxConnections: v.maxConnections ?? 0,
      embryonicLimit: v.embryonicLimit ?? 0,
    };
    return { ...c, policies: [...c.policies.filter((p) => !samePolicy(p, v)), added] };
  },
  unset: (c, v) => ({ ...c, policies: c.policies.filter((p) => !samePolicy(p, v)) }),
});

type PolicyKey = Pick<NatPolicy, 'interface' | 'id' | 'list'>;

const samePolicy = (a: PolicyKey, b: PolicyKey): boolean =>
  a.interface === b.interface && a.id === b.id && a.list === b.list;

type RuleKey = Pick<NatRule, 'interface' | 'id' | 'prefix'>;

const sameRule = (a: RuleKey, b: RuleKey): boolean =>
  a.interface === b.interface && a.id === b.id && sameValue(a.prefix, b.prefix);

/** A device does one thing: with IKE it is a head-end, and translates nothing. */
function headEndFindings(configuration: Configuration): readonly Finding[] {
  const { globals, rules, pools, policies } = natSlice.of(configuration);
  if (ipsecSlice.of(configuration).isakmpInterfaces.length === 0) return [];
  const [line] = [
    ...globals.map((g) => lineOf(global, g)),
    ...pools.map((p) => lineOf(globalAddresses, p)),
    ...rules.filter((r) => r.id > 0).map((r) => lineOf(natRule, r)),
    ...policies.map((p) => lineOf(policy, p)),
  ];
  if (line === undefined) return [];
  return [
    {
      severity: 'warning',
      at: [line],
      reason:
        'IKE is enabled, so this runs as a head-end, and "nat" and "global" lines have no effect',
      remedy: 'let nftables translate what goes to the Internet',
    },
  ];
}

function verify(configuration: Configuration): readonly Finding[] {
  const { globals, rules, pools, policies } = natSlice.of(configuration);
  const findings: Finding[] = [
    ...headEndFindings(configuration),
    ...globals.flatMap((g) => unknownInterface(configuration, g.interface, [lineOf(global, g)])),
  ];
  const translating = [
    ...rules.map((rule) => ({ ...rule, at: [lineOf(natRule, rule)] })),
    ...policies.map((p) => ({ ...p, at: [lineOf(policy, p)] })),
  ];
  for (const { at, ...rule } of translating) {
    findings.push(...unknownInterface(configuration, rule.interface, at));
    if (rule.id > 0 && ![...globals, ...pools].some((g) => g.id === rule.id))
      findings.push({
        severity: 'error',
        at,
        reason: `no "global" command has the number ${rule.id}`,
        remedy: `"global (outside) ${rule.id} interface" adds one`,
      });
  }
  return findings;
}

/** The room of address translation. */
export const natRoom: Room = {
  slices: [natSlice],
  verify,
  sections: [
    {
      title: 'Address translation',
      place: 'translation',
      commands: [global, globalAddresses, exemption, policy, natRule],
    },
  ],
};
