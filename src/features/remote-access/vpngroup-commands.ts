import { accessListNames } from '#config/access-list';
import { ipv4 } from '#config/address-tokens';
import { withEntry } from '#config/configuration';
import { flag, optional, type Path, type ValuesOf } from '#config/path';
import { type Declaration, globalScope, refuse, setting } from '#config/setting';
import { int, many, rest, secret, word } from '#config/tokens';
import { aaaServerGroupNames, poolNames } from '#session/config';
import {
  type GroupPolicy,
  newTunnelGroup,
  type RemoteAccessConfiguration,
  remoteAccessSlice,
  type TunnelGroup,
  tunnelGroupNames,
} from './config.ts';

/**
 * `vpngroup` of a PIX. A group of it is a tunnel group and a group policy of the same name, and is listed
 * as these.
 */

const remoteAccess = globalScope(remoteAccessSlice);
const groupName = word('name', 'Name of the group', 64, tunnelGroupNames);

/** What an attribute makes of the two parts of a group. */
type Change = {
  readonly group?: Partial<TunnelGroup>;
  readonly policy?: Partial<GroupPolicy>;
  /** A line of the policy that is kept without effect. */
  readonly keeps?: string;
};

function changed(
  c: RemoteAccessConfiguration,
  name: string,
  { group: forGroup, policy: forPolicy, keeps }: Change,
) {
  const group = c.tunnelGroups.get(name) ?? {
    ...newTunnelGroup(name, 'remote-access'),
    defaultGroupPolicy: name,
  };
  if (group.type !== 'remote-access') return refuse(`"${name}" is a LAN-to-LAN tunnel`);
  const policy = c.groupPolicies.get(name) ?? { name };
  const kept = keeps === undefined ? policy.kept : withEntry(policy.kept ?? new Map(), keeps, []);
  return {
    tunnelGroups: withEntry(c.tunnelGroups, name, { ...group, ...forGroup }),
    groupPolicies: withEntry(c.groupPolicies, name, {
      ...policy,
      ...forPolicy,
      ...(kept === undefined ? {} : { kept }),
    }),
  };
}

/** The lines of an ASA that findings about a group are about, and which attribute writes them. */
const writtenBy = (name: string, leading: string): readonly (readonly string[])[] => {
  const of = (attributes: string) => [`tunnel-group ${name} ${attributes}`];
  const common = [[`tunnel-group ${name} type remote-access`], of('ipsec-attributes')];
  switch (leading) {
    case 'password':
      return [...common, [...of('ipsec-attributes'), 'ikev1 pre-shared-key']];
    case 'address-pool':
      return [...common, of('general-attributes'), [...of('general-attributes'), 'address-pool']];
    default:
      return [...common, of('general-attributes'), [`group-policy ${name} attributes`]];
  }
};

/** An attribute of a group; `set` says what its values make, without values what its `no` form makes. */
function attribute<const P extends Path>(
  leading: string,
  path: P,
  help: string,
  set: (values: Partial<ValuesOf<P>>) => Change,
): Declaration {
  return setting(remoteAccess)({
    path: ['vpngroup', groupName, leading, ...path] as Path,
    words: { vpngroup: 'Say how clients of one name are treated', [leading]: help },
    dialects: ['pix'],
    writes: (values) => writtenBy(nameOf(values), leading),
    help: `${help}, as a tunnel group and a group policy of the same name.`,
    get: () => undefined,
    set: (c, values) => changed(c, nameOf(values), set(values as unknown as ValuesOf<P>)),
  });
}

const nameOf = (values: object): string => (values as { readonly name: string }).name;

const minutes = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : Math.ceil(value / 60);
const addresses = many('servers', ipv4('server', 'Addresses of the servers'), 2);
const seconds = int('seconds', 60, 86_400 * 366, 'Seconds');

export const vpngroupCommands: readonly Declaration[] = [
  attribute(
    'address-pool',
    [word('pool', 'Name of a pool', 64, poolNames)],
    'Pool that clients get addresses from',
    ({ pool }) => ({ group: { addressPools: pool === undefined ? [] : [pool] } }),
  ),
  attribute('password', [secret('key', 'The key')], 'Key that the group shares', ({ key }) => ({
    group: { preSharedKey: key },
  })),
  attribute('dns-server', [addresses], 'DNS servers of the client', ({ servers }) => ({
    policy: { dnsServers: servers },
  })),
  attribute('wins-server', [addresses], 'WINS servers of the client', ({ servers }) => ({
    policy: { winsServers: servers },
  })),
  attribute(
    'default-domain',
    [word('domain', 'Domain', 253)],
    'Domain of the client',
    ({ domain }) => ({ policy: { defaultDomain: domain } }),
  ),
  attribute(
    'split-tunnel',
    [word('list', 'Name of an access list', 241, accessListNames)],
    'Networks that clients reach through the tunnel',
    ({ list }) => ({
      policy: { splitTunnelPolicy: 'tunnelspecified', splitTunnelList: list },
    }),
  ),
  attribute(
    'split-dns',
    [many('domains', word('domain', 'Domains', 253), 16)],
    'Domains that clients resolve through the tunnel',
    ({ domains }) => ({ policy: { splitDns: domains } }),
  ),
  attribute('idle-time', [seconds], 'Seconds without traffic that end a session', (v) => ({
    policy: { idleTimeoutMinutes: minutes(v.seconds) },
  })),
  attribute('max-time', [seconds], 'Seconds that end a session', (v) => ({
    policy: { sessionTimeoutMinutes: minutes(v.seconds) },
  })),
  attribute('pfs', [], 'Perfect forward secrecy is asked of clients', () => ({
    policy: { pfs: true },
  })),
  attribute(
    'authentication-server',
    [
      word('servers', 'LOCAL, or a group of servers', 64, aaaServerGroupNames),
      flag('fallback', 'LOCAL', 'Ask the users of this device where no server answers'),
    ],
    'Servers that know the users',
    ({ servers, fallback }) => ({
      group: {
        authenticationServerGroup: servers ?? 'LOCAL',
        localFallback: (fallback ?? false) && servers !== 'LOCAL',
      },
    }),
  ),
  attribute(
    'backup-server',
    [rest('servers', 'Addresses, or clear-client-cfg')],
    'Other head-ends for the client',
    ({ servers }) => ({
      keeps: /^clear-client/.test(servers ?? '')
        ? 'backup-servers clear-client-config'
        : `backup-servers ${servers}`,
    }),
  ),
  attribute('secure-unit-authentication', [], 'The user behind a hardware client is asked', () => ({
    keeps: 'secure-unit-authentication enable',
  })),
  attribute('user-authentication', [], 'Everybody behind a hardware client is asked', () => ({
    keeps: 'user-authentication enable',
  })),
  attribute(
    'user-idle-timeout',
    [int('seconds', 60, 86_400, 'Seconds')],
    'Idle time behind a hardware client',
    (v) => ({ keeps: `user-authentication-idle-timeout ${minutes(v.seconds)}` }),
  ),
  attribute('device-pass-through', [], 'Telephones behind a hardware client', () => ({
    keeps: 'ip-phone-bypass enable',
  })),
  setting(remoteAccess)({
    path: [
      'isakmp key',
      secret('key', 'The key'),
      'address',
      ipv4('peer', 'Address of the peer'),
      optional('netmask', ipv4('mask', 'Mask of the addresses')),
      flag('noXauth', 'no-xauth', 'The peer is asked for no password'),
      flag('noConfigMode', 'no-config-mode', 'The peer is told no address'),
    ],
    words: {
      isakmp: 'Internet Key Exchange version 1',
      key: 'Set the key that a peer shares',
      address: 'By the address of the peer',
      netmask: 'Mask of the addresses',
    },
    dialects: ['pix'],
    help: 'The key of a LAN-to-LAN peer, as a tunnel group of its address; of every peer for 0.0.0.0.',
    get: () => undefined,
    set(c, { key, peer, mask }) {
      const every = peer === '0.0.0.0';
      if (!every && mask !== undefined && mask !== '255.255.255.255')
        return refuse('a key belongs to one peer, or to every one with 0.0.0.0');
      const name = every ? 'DefaultL2LGroup' : peer;
      const group = c.tunnelGroups.get(name) ?? newTunnelGroup(name, 'ipsec-l2l');
      if (group.type !== 'ipsec-l2l') return refuse(`"${name}" is a group of clients`);
      const tunnelGroups = withEntry(c.tunnelGroups, name, { ...group, preSharedKey: key });
      return { ...c, tunnelGroups };
    },
  }),
];
