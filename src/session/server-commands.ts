import type { IpAddress } from '#base/address';
import type { Secret } from '#base/secret';
import { ip } from '#config/address-tokens';
import { type Configuration, withoutEntry } from '#config/configuration';
import { bracketed } from '#config/interface-tokens';
import { type KeptCommand, keep, keptInside } from '#config/kept';
import type { Finding, Section } from '#config/room';
import { globalScope, mode, refuse, setting } from '#config/setting';
import { unknownInterface } from '#config/system';
import { choice, int, secret, word } from '#config/tokens';
import {
  AAA_PROTOCOLS,
  type AaaProtocol,
  type AaaServer,
  aaaServerGroupNames,
  sessionSlice,
} from './config.ts';

const session = globalScope(sessionSlice);

const serverWords = { 'aaa-server': 'Servers that know users' };

type GroupValues = { readonly group: string; readonly protocol: AaaProtocol };

/** A refusal where the users of this device would become a group of servers. */
const localGroup = (group: string, protocol: AaaProtocol) =>
  group === 'LOCAL' && protocol !== 'local'
    ? refuse('LOCAL is the group of the users of this device')
    : undefined;

/** A group of servers; nothing inside it has an effect. */
const serverGroup = mode(session)({
  name: 'aaa-server protocol',
  prompt: 'config-aaa-server-group',
  path: [
    'aaa-server',
    word('group', 'Name of the group', 64, aaaServerGroupNames),
    'protocol',
    choice('protocol', AAA_PROTOCOLS),
  ],
  words: { ...serverWords, protocol: 'Protocol that the servers speak' },
  key: ['group'],
  help: 'A group of servers that are asked about users.',
  table: (c) => c.aaaServerGroups,
  put: (c, aaaServerGroups) => ({ ...c, aaaServerGroups }),
  id: (v: GroupValues) => v.group,
  values: (_, g) => ({ group: g.name, protocol: g.protocol }),
  create: ({ group, protocol }) => localGroup(group, protocol) ?? { name: group, protocol },
  update: (g, { protocol }) => localGroup(g.name, protocol) ?? { ...g, protocol },
  fresh: ({ group, protocol }) => ({ name: group, protocol }),
  remove: (c, { group }) => ({
    ...c,
    aaaServerGroups: withoutEntry(c.aaaServerGroups, group),
    aaaServers: new Map([...c.aaaServers].filter(([, s]) => s.group !== group)),
  }),
});

type ServerValues = {
  readonly group: string;
  readonly interface: string;
  readonly address: IpAddress;
  /** On the same line in the older spelling. */
  readonly key?: Secret;
  readonly timeout?: number;
};

const newServer = (v: ServerValues): AaaServer => ({
  group: v.group,
  interface: v.interface,
  address: v.address,
  key: v.key,
  authenticationPort: 1645,
  accountingPort: 1646,
  timeoutSeconds: v.timeout ?? 10,
});

const hostPath = [
  'aaa-server',
  word('group', 'Name of the group', 64, aaaServerGroupNames),
  bracketed('interface', 'Interface towards the server'),
  'host',
  ip('address', 'Address of the server'),
] as const;

/** One server of a group. */
const serverMode = mode(session)({
  name: 'aaa-server host',
  prompt: 'config-aaa-server-host',
  path: hostPath,
  also: [
    [...hostPath, 'timeout', int('timeout', 1, 300, 'Seconds')],
    [
      ...hostPath,
      secret('key', 'Secret shared with the server', 128, 'hidden too'),
      'timeout',
      int('timeout', 1, 300, 'Seconds'),
    ],
    [...hostPath, secret('key', 'Secret shared with the server', 128, 'hidden too')],
  ],
  words: { ...serverWords, host: 'Add a server to the group' },
  help: 'Enters the parameters of one server.',
  table: (c) => c.aaaServers,
  put: (c, aaaServers) => ({ ...c, aaaServers }),
  id: (v) => `${v.group} ${v.address}`,
  values: (_, s) => ({ group: s.group, interface: s.interface, address: s.address }),
  create: newServer,
  update: (s, v: ServerValues) => ({
    ...s,
    interface: v.interface,
    key: v.key ?? s.key,
    timeoutSeconds: v.timeout ?? s.timeoutSeconds,
  }),
});

const serverKey = setting(serverMode)({
  path: ['key', secret('key', 'Secret shared with the server', 128, 'hidden too')],
  words: { key: 'Set the shared secret' },
  help: 'The secret shared with the server.',
  get: (s) => s.key && { key: s.key },
  set: (s, { key }) => ({ ...s, key }),
  unset: (s) => ({ ...s, key: undefined }),
});

const port = (leading: string, help: string, field: 'authenticationPort' | 'accountingPort') =>
  setting(serverMode)({
    path: [leading, int('port', 1, 65535, 'UDP port')],
    words: { [leading]: help },
    help,
    get: (s) => ({ port: s[field] }),
    set: (s, v) => ({ ...s, [field]: v.port }),
    unset: (s) => ({ ...s, [field]: field === 'authenticationPort' ? 1645 : 1646 }),
  });

const serverTimeout = setting(serverMode)({
  path: ['timeout', int('seconds', 1, 300, 'Seconds')],
  words: { timeout: 'Set how long the server is waited for' },
  help: 'How long the server is waited for.',
  get: (s) => ({ seconds: s.timeoutSeconds }),
  set: (s, { seconds }) => ({ ...s, timeoutSeconds: seconds }),
  unset: (s) => ({ ...s, timeoutSeconds: 10 }),
});

/** Parameters of groups and of servers of the other device. */
const kept = (...words: readonly string[]): readonly KeptCommand[] =>
  words.map((text) => ({ words: text, help: 'How the other device asks its servers.' }));

const GROUP_KEPT = kept(
  'max-failed-attempts',
  'reactivation-mode',
  'accounting-mode',
  'interim-accounting-update',
  'dynamic-authorization',
  'merge-dacl',
  'ad-agent-mode',
  'authorize-only',
);

const SERVER_KEPT = kept(
  'retry-interval',
  'radius-common-pw',
  'acl-netmask-convert',
  'mschapv2-capable',
  'server-port',
  'server-type',
  'ldap-base-dn',
  'ldap-scope',
  'ldap-naming-attribute',
  'ldap-login-dn',
  'ldap-login-password',
  'ldap-attribute-map',
  'ldap-over-ssl',
  'ldap-group-base-dn',
  'group-search-timeout',
  'sasl-mechanism',
  'kerberos-realm',
  'nt-auth-domain-controller',
  'sdi-version',
  'sdi-pre-5-slave',
);

function verifyServer(configuration: Configuration, server: AaaServer): readonly Finding[] {
  const { aaaServerGroups } = sessionSlice.of(configuration);
  const at = [`aaa-server ${server.group} (${server.interface}) host ${server.address}`];
  const group: readonly Finding[] = aaaServerGroups.has(server.group)
    ? []
    : [
        {
          severity: 'warning',
          at,
          reason: `there is no group "${server.group}", so the server is never asked`,
          remedy: `"aaa-server ${server.group} protocol radius" makes it`,
        },
      ];
  return [...group, ...unknownInterface(configuration, server.interface, at)];
}

/** Servers of no group, or behind no interface. */
export const serverFindings = (configuration: Configuration): readonly Finding[] =>
  [...sessionSlice.of(configuration).aaaServers.values()].flatMap((server) =>
    verifyServer(configuration, server),
  );

export const serverSection: Section = {
  title: 'Authentication servers',
  place: 'servers',
  collated: true,
  commands: [
    serverGroup.mode,
    ...GROUP_KEPT.flatMap((command) => keep(command, keptInside(serverGroup, 'kept'))),
    serverMode.mode,
    serverKey,
    port('authentication-port', 'Port for authentication.', 'authenticationPort'),
    port('accounting-port', 'Port for accounting.', 'accountingPort'),
    serverTimeout,
    ...SERVER_KEPT.flatMap((command) => keep(command, keptInside(serverMode, 'kept'))),
  ],
};
