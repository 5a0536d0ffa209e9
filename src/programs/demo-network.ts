import { address, type IpAddress } from '#base/address';
import type { IkePorts } from './listening.ts';

/** The demo's network, on loopback addresses that recall those of the field (NAT-05). */
export const demoAddresses = {
  headEnd: address('127.16.172.50'),
  patInside: address('127.10.10.1'),
  patGlobal: address('127.69.89.78'),
  clients: ['127.10.10.2', '127.10.10.3', '127.10.10.4'].map(address) as readonly IpAddress[],
  /** More of them, for a cluster to spread. */
  clusterClients: [2, 3, 4, 5, 6, 7, 8, 9, 10].map((host) =>
    address(`127.10.10.${host}`),
  ) as readonly IpAddress[],
  /** Inside the tunnels; the head-end itself and a host behind it. */
  headEndInside: address('192.168.2.251'),
  insideHost: address('192.168.2.10'),
} as const;

/** Ports of the head-end that need no privilege; the `attempt`-th choice, where others are taken. */
export const demoPorts = (attempt: number): IkePorts => ({
  isakmp: 10_500 + attempt,
  natTraversal: 14_500 + attempt,
});

export type DemoSecrets = {
  readonly group: string;
  readonly administrator: string;
  readonly users: readonly { readonly name: string; readonly password: string }[];
};

/** One head-end of a demo. */
export type DemoDevice = {
  readonly hostname: string;
  readonly outside: IpAddress;
  readonly inside: IpAddress;
  /** `A.B.C.D-A.B.C.D`. */
  readonly pool: string;
  /** Whatever else it is configured with. */
  readonly lines: readonly string[];
};

const singleDevice: DemoDevice = {
  hostname: 'headend',
  outside: demoAddresses.headEnd,
  inside: demoAddresses.headEndInside,
  pool: '40.1.1.1-40.1.1.100',
  lines: [],
};

/** What a demo's head-end is configured with: a group, a pool, users, and the fence open for old clients. */
export function demoConfiguration(secrets: DemoSecrets, device: DemoDevice = singleDevice): string {
  const users = secrets.users.map(({ name, password }) => `username ${name} password ${password}`);
  return `hostname ${device.hostname}
legacy-crypto permit dh-group 2 hash sha aggressive-mode
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address ${device.outside} 255.0.0.0
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address ${device.inside} 255.255.255.0
ip local pool vpnpool ${device.pool} mask 255.255.255.0
username admin password ${secrets.administrator} privilege 15
username admin attributes
 service-type admin
${users.join('\n')}
group-policy ciscovpn internal
group-policy ciscovpn attributes
 dns-server value ${demoAddresses.insideHost}
 default-domain value inside.example
tunnel-group ciscovpn type remote-access
tunnel-group ciscovpn general-attributes
 address-pool vpnpool
 default-group-policy ciscovpn
tunnel-group ciscovpn ipsec-attributes
 ikev1 pre-shared-key ${secrets.group}
 isakmp keepalive threshold 30 retry 2
crypto ikev1 enable outside
crypto ikev1 policy 10
 authentication pre-share
 encryption aes
 hash sha
 group 2
 lifetime 86400
crypto isakmp nat-traversal 20
crypto ipsec ikev1 transform-set aes-sha esp-aes esp-sha-hmac
crypto dynamic-map dyn 10 set ikev1 transform-set aes-sha
crypto map vpn 65535 ipsec-isakmp dynamic dyn
crypto map vpn interface outside
${device.lines.join('\n')}
`;
}
