import { network } from '#config/address-tokens';
import type { Configuration } from '#config/configuration';
import { sameValue } from '#config/configuration';
import { bracketed } from '#config/interface-tokens';
import { optional } from '#config/path';
import type { Finding, Room } from '#config/room';
import { globalScope, lineOf, setting } from '#config/setting';
import { unknownInterface } from '#config/system';
import { int } from '#config/tokens';
import { type NatRule, natSlice } from './config.ts';

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

type RuleKey = Pick<NatRule, 'interface' | 'id' | 'prefix'>;

const sameRule = (a: RuleKey, b: RuleKey): boolean =>
  a.interface === b.interface && a.id === b.id && sameValue(a.prefix, b.prefix);

function verify(configuration: Configuration): readonly Finding[] {
  const { globals, rules } = natSlice.of(configuration);
  const findings: Finding[] = globals.flatMap((g) =>
    unknownInterface(configuration, g.interface, [lineOf(global, g)]),
  );
  for (const rule of rules) {
    const at = [lineOf(natRule, rule)];
    findings.push(...unknownInterface(configuration, rule.interface, at));
    if (rule.id > 0 && !globals.some((g) => g.id === rule.id))
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
  sections: [{ title: 'Address translation', place: 'translation', commands: [global, natRule] }],
};
