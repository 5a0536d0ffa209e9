import assert from 'node:assert/strict';
import { toUtf8 } from '#base/bytes';
import { accessListRoom } from '#config/access-list';
import type { Configuration } from '#config/configuration';
import { grammarOf } from '#config/grammar';
import { parseListing } from '#config/parse';
import { systemRoom } from '#config/system-commands';
import { ipsecRoom } from '#ipsec/commands';
import { sessionRoom } from '#session/commands';
import { clearPasswords, withVerifier } from '#session/config';
import { remoteAccessRoom } from './commands.ts';

/** The language that the configurations of these tests are written in. */
export const testGrammar = grammarOf([
  systemRoom,
  accessListRoom,
  sessionRoom,
  ipsecRoom,
  remoteAccessRoom,
]);

/** The seed's concentrator, as one of us would configure it. */
const seedListing = `hostname conc
legacy-crypto permit encryption 3des hash md5 dh-group 2 aggressive-mode
interface GigabitEthernet0/0
 nameif outside
 ip address 172.16.172.50 255.255.255.0
ip local pool ciscopool 40.1.1.1-40.1.1.100 mask 255.255.255.0
username vpnclient1 password secret1
username vpnclient2 password secret2
username admin password secret3
username admin attributes
 service-type admin
group-policy ciscovpn internal
group-policy ciscovpn attributes
 vpn-tunnel-protocol ikev1
tunnel-group ciscovpn type remote-access
tunnel-group ciscovpn general-attributes
 address-pool ciscopool
 default-group-policy ciscovpn
tunnel-group ciscovpn ipsec-attributes
 ikev1 pre-shared-key cisco123
crypto ikev1 enable outside
crypto ikev1 policy 10
 authentication pre-share
 encryption 3des
 hash md5
 group 2
crypto isakmp nat-traversal
crypto ipsec ikev1 transform-set des-md5 esp-3des esp-md5-hmac
crypto dynamic-map dyn 10 set ikev1 transform-set des-md5
crypto map vpn 65535 ipsec-isakmp dynamic dyn
crypto map vpn interface outside
`;

/** A configuration whose passwords can be verified: each is its own verifier. */
export function configured(listing: string): Configuration {
  const parsed = parseListing(testGrammar, listing);
  assert.deepEqual(
    parsed.diagnostics.filter((d) => d.severity === 'error'),
    [],
  );
  return clearPasswords(parsed.configuration).reduce(
    (c, { user, password }) =>
      withVerifier(c, user, password, {
        logN: 1,
        r: 1,
        p: 1,
        salt: new Uint8Array(0),
        hash: toUtf8(password.reveal()),
      }),
    parsed.configuration,
  );
}

/** The seed's concentrator with more lines. */
export const seed = (extra: string): Configuration => configured(seedListing + extra);
