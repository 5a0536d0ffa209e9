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
export const insideAddress = address('192.168.2.251');
export const patAddress = address('171.69.89.78');
export const groupPassword = 'the-key-of-the-group';

/** The `n`-th client's address behind the PAT, from 1. */
export const clientAddress = (n: number): IpAddress =>
  ipv4FromNumber(ipv4ToNumber(address('10.10.10.1')) + n);

export const passwordOf = (n: number): string => `password-of-client-${n}`;

/** Our own configuration of the seed's concentrator, for `clients` users. */
export function headEndConfiguration(clients: number, extra = ''): Configuration {
  const users = Array.from(
    { length: clients },
    (_, i) => `username vpnclient${i + 1} password ${passwordOf(i + 1)}`,
  );
  const parsed = parseListing(
    grammar,
    `hostname conc
legacy-crypto permit dh-group 2 hash sha aggressive-mode
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address 172.16.172.50 255.255.255.0
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address 192.168.2.251 255.255.255.0
ip local pool vpnpool 40.1.1.1-40.1.1.254 mask 255.255.255.0
${users.join('\n')}
group-policy ciscovpn internal
group-policy ciscovpn attributes
 vpn-tunnel-protocol ikev1
tunnel-group ciscovpn type remote-access
tunnel-group ciscovpn general-attributes
 address-pool vpnpool
 default-group-policy ciscovpn
tunnel-group ciscovpn ipsec-attributes
 ikev1 pre-shared-key ${groupPassword}
 isakmp keepalive threshold 30 retry 2
crypto ikev1 enable outside
crypto ikev1 policy 10
 authentication pre-share
 encryption aes
 hash sha
 group 2
 lifetime 86400
crypto ikev1 policy 20
 authentication pre-share
 encryption aes-256
 hash sha256
 group 19
 lifetime 86400
crypto isakmp nat-traversal 20
crypto ipsec ikev1 transform-set aes-sha esp-aes esp-sha-hmac
crypto dynamic-map dyn 10 set ikev1 transform-set aes-sha
crypto map vpn 65535 ipsec-isakmp dynamic dyn
crypto map vpn interface outside
${extra}`,
  );
  const errors = parsed.diagnostics.filter((d) => d.severity === 'error');
  if (errors.length > 0) throw new Error(JSON.stringify(errors, undefined, 1));
  return clearPasswords(parsed.configuration).reduce(
    (c, { user, password }) =>
      withVerifier(c, user, password, plainVerifier(toUtf8(password.reveal()))),
    parsed.configuration,
  );
}

/** The profile of the `n`-th client. */
export const clientProfile = (n: number, changes: Partial<Profile> = {}): Profile => ({
  ...profileDefaults,
  host: headEndAddress,
  groupName: 'ciscovpn',
  groupPassword,
  username: `vpnclient${n}`,
  userPassword: passwordOf(n),
  ...changes,
});
