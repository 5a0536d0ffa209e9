/** Other gateways at the members of a cluster, which the cluster leaves alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Configuration } from '#config/configuration';
import { parseListing } from '#config/parse';
import { grammar } from '#engine/grammar';
import { choiceViews } from '#features/cluster/view';
import { sessionClosed } from '#session/events';
import { AddressOwners } from '#simulation/address-owners';
import { Lab } from './lab.ts';
import { MemberDevice } from './member-device.ts';

/** A gateway with tunnels from its network, 10.HOST.0.0/16, to those of `peers`. */
function gateway(host: number, peers: readonly number[], more = ''): Configuration {
  const tunnels = peers.map(
    (
      peer,
    ) => `access-list to-${peer} extended permit ip 10.${host}.0.0 255.255.0.0 10.${peer}.0.0 255.255.0.0
tunnel-group 172.18.124.${peer} type ipsec-l2l
tunnel-group 172.18.124.${peer} ipsec-attributes
 ikev1 pre-shared-key between-gateways
crypto map vpn ${peer} match address to-${peer}
crypto map vpn ${peer} set peer 172.18.124.${peer}
crypto map vpn ${peer} set ikev1 transform-set strong
`,
  );
  const { configuration, diagnostics } = parseListing(
    grammar,
    `hostname gateway${host}
legacy-crypto permit hash sha
interface GigabitEthernet0/0
 nameif outside
 ip address 172.18.124.${host} 255.255.255.0
interface GigabitEthernet0/1
 nameif inside
 ip address 10.32.1.${host} 255.255.128.0
route outside 0.0.0.0 0.0.0.0 172.18.124.1 1
crypto ikev1 enable outside
crypto ikev1 policy 10
 authentication pre-share
 encryption aes-256
 hash sha256
 group 19
crypto ipsec ikev1 transform-set strong esp-aes-256 esp-sha-hmac
${tunnels.join('')}crypto map vpn interface outside
${more}`,
  );
  assert.deepEqual(
    diagnostics.filter((d) => d.severity === 'error'),
    [],
  );
  return configuration;
}

const balancing = `vpn load-balancing
 cluster ip address 172.18.124.254
 cluster key of-the-members
 cluster timer fast
 participate
`;

test('GEN-47: tunnels of another gateway stay with the member that it calls, master or not', () => {
  const lab = new Lab(1);
  const world = { lab, owners: new AddressOwners(lab.network) };
  const begun = (host: number, sites: readonly number[], more?: string) => {
    const device = new MemberDevice(world, gateway(host, sites, more), host);
    device.begin();
    return device;
  };
  const members = [129, 130].map((host) => begun(host, [9], balancing));
  lab.run(10_000);
  assert.deepEqual(members.map(({ role }) => role).sort(), ['backup', 'master']);
  const site = begun(9, [129, 130]);
  lab.run(60_000);
  assert.equal(site.device.sessions.summary().active.lanToLan, 2);
  // The members had begun too, while nobody answered; nothing that is up ends for that.
  for (const each of [site, ...members]) assert.deepEqual(each.said(sessionClosed), []);
  for (const { device } of members) {
    assert.equal(device.sessions.summary().active.lanToLan, 1);
    assert.deepEqual(choiceViews(device.cluster), [], 'nobody was sent anywhere');
  }
});
