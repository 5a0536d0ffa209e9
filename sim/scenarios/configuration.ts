import { address, type IpAddress, ipv4FromNumber, ipv4ToNumber } from '#base/address';
import { toUtf8 } from '#base/bytes';
import type { Configuration } from '#config/configuration';
import { parseListing } from '#config/parse';
import { grammar } from '#engine/grammar';
import type { Profile } from '#features/client/profile';
import { profileDefaults } from '#features/client/profile';
import { clearPasswords, withVerifier } from '#session/config';
import { plainVerifier } from '../slow-work.ts';

/** The head-end of the seed, its inside interface and the address that stands for the clients. */
export const headEndAddress = address('172.16.172.50');
/** A second head-end beside the first. */
export const otherHeadEndAddress = address('172.16.172.51');
export const insideAddress = address('192.168.2.251');
export const patAddress = address('171.69.89.78');
const groupPassword = 'the-key-of-the-group';

const nth = (base: string, n: number): IpAddress => ipv4FromNumber(ipv4ToNumber(address(base)) + n);

/** The `n`-th client's address behind the PAT, from 1. */
export const clientAddress = (n: number): IpAddress => nth('10.10.10.1', n);
/** The `n`-th client's address when nothing stands between it and the head-end, from 1. */
export const directAddress = (n: number): IpAddress => nth('198.51.100.0', n);
/** Addresses of more PAT boxes, from 1. */
export const otherPatAddress = (n: number): IpAddress => nth('203.0.113.0', n);
/** Where strangers send from. */
export const strangerAddress = (n: number): IpAddress => nth('11.0.0.0', n);

const passwordOf = (n: number): string => `password-of-client-${n}`;

/** What stories change about the head-end of the seed. */
export type Setup = {
  /** Users `vpnclient1` to `vpnclientN`. */
  readonly users: number;
  readonly groupKey: string;
  /** Last address of the pool that begins with 40.1.1.1. */
  readonly poolFirst: string;
  readonly poolLast: string;
  /** `crypto isakmp nat-traversal`, with seconds between keepalives or as it comes. */
  readonly natTraversal: number | 'usual' | 'off';
  readonly thresholdSeconds: number;
  readonly retrySeconds: number;
  readonly phaseOneSeconds: number;
  /** Lines of the dynamic map, such as lifetimes. */
  readonly dynamicMap: readonly string[];
  readonly groupPolicy: readonly string[];
  /** Address of the outside interface. */
  readonly outside: IpAddress;
  /** Where the group sends its clients. */
  readonly redirectTo: IpAddress | undefined;
};

const usualSetup: Setup = {
  users: 1,
  groupKey: groupPassword,
  poolFirst: '40.1.1.1',
  poolLast: '40.1.1.254',
  natTraversal: 20,
  thresholdSeconds: 30,
  retrySeconds: 2,
  phaseOneSeconds: 86_400,
  dynamicMap: [],
  groupPolicy: [],
  outside: headEndAddress,
  redirectTo: undefined,
};

const natTraversalLine = (setting: Setup['natTraversal']): string =>
  setting === 'off' ? '' : `crypto isakmp nat-traversal ${setting === 'usual' ? '' : setting}`;

function listing(s: Setup): string {
  const users = Array.from(
    { length: s.users },
    (_, i) => `username vpnclient${i + 1} password ${passwordOf(i + 1)}`,
  );
  return `hostname conc
legacy-crypto permit dh-group 2 hash sha aggressive-mode
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address ${s.outside} 255.255.255.0
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address 192.168.2.251 255.255.255.0
ip local pool vpnpool ${s.poolFirst}-${s.poolLast} mask 255.255.255.0
${users.join('\n')}
group-policy ciscovpn internal
group-policy ciscovpn attributes
 vpn-tunnel-protocol ikev1
${s.groupPolicy.map((line) => ` ${line}`).join('\n')}
tunnel-group ciscovpn type remote-access
tunnel-group ciscovpn general-attributes
 address-pool vpnpool
 default-group-policy ciscovpn
${s.redirectTo ? ` redirect-to ${s.redirectTo}` : ''}
tunnel-group ciscovpn ipsec-attributes
 ikev1 pre-shared-key ${s.groupKey}
 isakmp keepalive threshold ${s.thresholdSeconds} retry ${s.retrySeconds}
crypto ikev1 enable outside
crypto ikev1 policy 10
 authentication pre-share
 encryption aes
 hash sha
 group 2
 lifetime ${s.phaseOneSeconds}
crypto ikev1 policy 20
 authentication pre-share
 encryption aes-256
 hash sha256
 group 19
 lifetime ${s.phaseOneSeconds}
${natTraversalLine(s.natTraversal)}
crypto ipsec ikev1 transform-set aes-sha esp-aes esp-sha-hmac
crypto dynamic-map dyn 10 set ikev1 transform-set aes-sha
${s.dynamicMap.map((line) => `crypto dynamic-map dyn 10 ${line}`).join('\n')}
crypto map vpn 65535 ipsec-isakmp dynamic dyn
crypto map vpn interface outside
`;
}

/** Our own configuration of the seed's concentrator. */
export const headEndConfiguration = (changes: Partial<Setup> = {}): Configuration =>
  configurationOf(listing({ ...usualSetup, ...changes }));

/** What all members of a cluster give clients. */
export const clusterAddress = address('172.18.124.254');
/** Addresses of member `n`, from 1: public, private. */
export const memberAddress = (n: number): IpAddress => nth('172.18.124.0', n);
export const memberPrivateAddress = (n: number): IpAddress => nth('10.32.1.0', n);

/** One member of a cluster, from 1: its priority, the sessions it takes, and whether it takes part. */
export type MemberSetup = {
  readonly users: number;
  readonly priority: number;
  readonly sessions: number;
  readonly participates: boolean;
};

/** A member of a cluster, with a pool of its own. */
export const memberConfiguration = (n: number, setup: MemberSetup): Configuration =>
  configurationOf(
    [
      listing({
        ...usualSetup,
        users: setup.users,
        outside: memberAddress(n),
        poolFirst: `40.1.${n}.1`,
        poolLast: `40.1.${n}.254`,
        thresholdSeconds: 10,
      }).replace('ip address 192.168.2.251', `ip address ${memberPrivateAddress(n)}`),
      `vpn-sessiondb max-session-limit ${setup.sessions}`,
      'vpn load-balancing',
      ` priority ${setup.priority}`,
      ` cluster ip address ${clusterAddress}`,
      ' cluster key only-for-tests',
      ...(setup.participates ? [' participate'] : []),
    ].join('\n'),
  );

function configurationOf(text: string): Configuration {
  const parsed = parseListing(grammar, text);
  const errors = parsed.diagnostics.filter((d) => d.severity === 'error');
  if (errors.length > 0) throw new Error(JSON.stringify(errors, undefined, 1));
  return clearPasswords(parsed.configuration).reduce(
    (c, { user, password }) =>
      withVerifier(c, user, password, plainVerifier(toUtf8(password.reveal()))),
    parsed.configuration,
  );
}

/**
 * The profile of the `n`-th client. Group 19 costs a tenth of group 2, and few stories depend on it.
 */
export const clientProfile = (n: number, changes: Partial<Profile> = {}): Profile => ({
  ...profileDefaults,
  host: headEndAddress,
  groupName: 'ciscovpn',
  groupPassword,
  username: `vpnclient${n}`,
  userPassword: passwordOf(n),
  dhGroup: 19,
  ...changes,
});
