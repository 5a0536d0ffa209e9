import { type Configuration, withEntry, withoutEntry } from '#config/configuration';
import { optional } from '#config/path';
import type { Finding, Room } from '#config/room';
import { globalScope, setting } from '#config/setting';
import { interfaceName, unknownInterface } from '#config/system';
import { choice, int, many } from '#config/tokens';
import { clientMapCommands, clientMapFindings } from './client-map-commands.ts';
import { type DfBit, ipsecSlice, LEGACY_ITEMS, type LegacyItem } from './config.ts';
import { cryptoMapCommands, cryptoMapFindings, cryptoMapNeeds } from './crypto-map-commands.ts';
import {
  dynamicMapCommands,
  dynamicMapFindings,
  dynamicMapNeeds,
  lifetimeKilobytes,
  lifetimeSeconds,
  lifetimeWords,
} from './dynamic-map-commands.ts';
import {
  authenticationLine,
  enableLine,
  isakmpCommands,
  isakmpNeeds,
  policyLine,
} from './isakmp-commands.ts';
import { type LegacyNeed, legacyFindings } from './legacy.ts';
import { strongCrypto, strongCryptoFindings } from './strong-crypto.ts';
import { legacyItem } from './tokens.ts';
import { transformSetCommands, transformSetNeeds } from './transform-set-commands.ts';
import { cryptoWords } from './words.ts';

const ipsec = globalScope(ipsecSlice);

const saSeconds = setting(ipsec)({
  path: [
    'crypto ipsec security-association lifetime seconds',
    lifetimeSeconds,
    optional('kilobytes', lifetimeKilobytes),
  ],
  words: { ...cryptoWords, ...lifetimeWords },
  help: 'How long SAs last that no map says more about.',
  get: (c) => ({ seconds: c.lifetimeSeconds }),
  set: (c, v) => ({
    ...c,
    lifetimeSeconds: v.seconds,
    lifetimeKilobytes: v.kilobytes ?? c.lifetimeKilobytes,
  }),
  unset: (c) => ({ ...c, lifetimeSeconds: ipsecSlice.empty.lifetimeSeconds }),
});

const saKilobytes = setting(ipsec)({
  path: ['crypto ipsec security-association lifetime kilobytes', lifetimeKilobytes],
  words: { ...cryptoWords, ...lifetimeWords },
  help: 'How much traffic SAs carry that no map says more about.',
  get: (c) => ({ kilobytes: c.lifetimeKilobytes }),
  set: (c, { kilobytes }) => ({ ...c, lifetimeKilobytes: kilobytes }),
  unset: (c) => ({ ...c, lifetimeKilobytes: ipsecSlice.empty.lifetimeKilobytes }),
});

const replayWindow = setting(ipsec)({
  path: [
    'crypto ipsec security-association replay window-size',
    int('packets', 32, 4096, 'Packets'),
  ],
  words: {
    ...cryptoWords,
    replay: 'Protection against packets sent again',
    'window-size': 'Set how late a packet may come',
  },
  help: 'How many packets a packet may be late and still be accepted.',
  get: (c) => ({ packets: c.replayWindow }),
  set: (c, { packets }) => ({ ...c, replayWindow: packets }),
  unset: (c) => ({ ...c, replayWindow: ipsecSlice.empty.replayWindow }),
});

const DF_WORDS = {
  'copy-df': 'As in the packet that is protected',
  'set-df': 'Never fragment on the way',
  'clear-df': 'May be fragmented on the way',
} as const;
type DfWord = keyof typeof DF_WORDS;

const dfBit = setting(ipsec)({
  path: ['crypto ipsec df-bit', choice('df', DF_WORDS), interfaceName('interface')],
  words: { ...cryptoWords, 'df-bit': 'Set the DF bit of the outer header' },
  key: ['df', 'interface'],
  help: 'What becomes of the DF bit of packets that leave through an interface.',
  get: (c) =>
    [...c.dfBit].map(([name, value]) => ({ df: `${value}-df` as DfWord, interface: name })),
  set: (c, v) => ({
    ...c,
    dfBit:
      v.df === 'copy-df'
        ? withoutEntry(c.dfBit, v.interface)
        : withEntry(c.dfBit, v.interface, v.df.slice(0, -3) as DfBit),
  }),
  unset: (c, v) => ({ ...c, dfBit: withoutEntry(c.dfBit, v.interface) }),
});

const tcpSegments = setting(ipsec)({
  path: ['sysopt connection tcpmss', int('octets', 0, 65535, 'Octets, 0 for what fits')],
  words: {
    sysopt: 'Special cases of the packet path',
    connection: 'Connections through tunnels',
    tcpmss: 'Limit the segments of TCP',
  },
  dialects: ['asa', 'pix'],
  help: 'How long the segments of TCP connections through tunnels are at most; they always fit the path.',
  get: (c) => (c.tcpSegmentOctets === undefined ? undefined : { octets: c.tcpSegmentOctets }),
  set: (c, { octets }) => ({ ...c, tcpSegmentOctets: octets }),
  unset: (c) => ({ ...c, tcpSegmentOctets: undefined }),
});

const meant = (items: readonly (LegacyItem | 'all')[]): readonly LegacyItem[] =>
  items.includes('all') ? LEGACY_ITEMS : (items as readonly LegacyItem[]);

const legacyCrypto = setting(ipsec)({
  path: ['legacy-crypto permit', many('items', legacyItem, LEGACY_ITEMS.length)],
  words: {
    'legacy-crypto': 'Old algorithms, which are refused unless permitted',
    permit: 'Permit some of them',
  },
  help: 'Permits old algorithms and exchanges. Every session that uses one is marked.',
  get({ legacyPermitted: permitted }) {
    if (permitted.size === 0) return undefined;
    const all = LEGACY_ITEMS.every((item) => permitted.has(item));
    return { items: all ? ['all' as const] : LEGACY_ITEMS.filter((item) => permitted.has(item)) };
  },
  set: (c, { items }) => ({
    ...c,
    legacyPermitted: new Set([...c.legacyPermitted, ...meant(items)]),
  }),
  unset(c, { items }) {
    const gone = new Set(meant(items ?? ['all']));
    return { ...c, legacyPermitted: new Set([...c.legacyPermitted].filter((i) => !gone.has(i))) };
  },
});

/** The lines that need old algorithms, whether these are permitted or not. */
export const legacyNeeds = (configuration: Configuration): readonly LegacyNeed[] => {
  const c = ipsecSlice.of(configuration);
  return [...isakmpNeeds(c), ...transformSetNeeds(c), ...dynamicMapNeeds(c), ...cryptoMapNeeds(c)];
};

function verify(configuration: Configuration): readonly Finding[] {
  const c = ipsecSlice.of(configuration);
  const findings: Finding[] = [
    ...legacyFindings(c, legacyNeeds(configuration)),
    ...strongCryptoFindings(configuration),
    ...dynamicMapFindings(c),
    ...cryptoMapFindings(configuration),
    ...clientMapFindings(configuration),
    ...[...c.dfBit].flatMap(([name, value]) =>
      unknownInterface(configuration, name, [`crypto ipsec df-bit ${value}-df ${name}`]),
    ),
  ];
  for (const policy of c.isakmpPolicies.values())
    if (policy.authentication === 'rsa-sig')
      findings.push({
        severity: 'warning',
        at: [policyLine(policy), authenticationLine(policy)],
        reason: 'IKEv1 is answered with pre-shared keys only, so this policy is not offered',
      });
  for (const name of c.isakmpInterfaces) {
    findings.push(...unknownInterface(configuration, name, [enableLine(name)]));
    if (c.isakmpPolicies.size === 0)
      findings.push({
        severity: 'warning',
        at: [enableLine(name)],
        reason: 'there is no policy of phase 1, so no peer gets an answer',
        remedy: '"crypto ikev1 policy 10" adds one',
      });
  }
  return findings;
}

/** The room of what is negotiated. */
export const ipsecRoom: Room = {
  slices: [ipsecSlice],
  verify,
  sections: [
    { title: 'Old algorithms', place: 'cryptography', commands: [legacyCrypto, strongCrypto] },
    {
      title: 'Transform sets',
      place: 'cryptography',
      collated: true,
      commands: transformSetCommands,
    },
    {
      title: 'Security associations',
      place: 'cryptography',
      commands: [saSeconds, saKilobytes, replayWindow, dfBit, tcpSegments],
    },
    { title: 'Dynamic maps', place: 'cryptography', collated: true, commands: dynamicMapCommands },
    { title: 'Crypto maps', place: 'cryptography', collated: true, commands: cryptoMapCommands },
    {
      title: 'Clients of crypto maps',
      place: 'cryptography',
      collated: true,
      commands: clientMapCommands,
    },
    { title: 'Phase 1', place: 'cryptography', commands: isakmpCommands },
  ],
};
