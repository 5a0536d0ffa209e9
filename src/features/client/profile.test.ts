import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseProfile } from './profile.ts';

const minimal = 'Host=172.16.172.50\nGroupName=ciscovpn\nGroupPwd=cisco123\n';

test('NAT-24: a profile without options has the defaults of the connection entry dialog', () => {
  const profile = parseProfile(`[main]\n${minimal}`);
  assert.ok(profile.ok);
  assert.equal(profile.value.host, '172.16.172.50');
  assert.equal(profile.value.transparentTunneling, true);
  assert.equal(profile.value.tunnelingMode, 'udp');
  assert.equal(profile.value.tcpPort, 10_000);
  assert.equal(profile.value.peerTimeoutSeconds, 90);
  assert.equal(profile.value.allowLocalLan, false);
});

test('NAT-24: every key of the dialog is read, whatever its case', () => {
  const profile = parseProfile(
    `${minimal}Description=Office\n!enablenat=0\nTunnelingMode=1\nTcpTunnelingPort=443\nEnableLocalLAN=1\nPeerTimeout=120\nDHGroup=14\nUsername=vpnclient1\nUserPassword=secret\n`,
  );
  assert.ok(profile.ok);
  assert.deepEqual(
    { ...profile.value, host: undefined },
    {
      description: 'Office',
      host: undefined,
      groupName: 'ciscovpn',
      groupPassword: 'cisco123',
      username: 'vpnclient1',
      userPassword: 'secret',
      transparentTunneling: false,
      tunnelingMode: 'tcp',
      tcpPort: 443,
      allowLocalLan: true,
      peerTimeoutSeconds: 120,
      dhGroup: 14,
    },
  );
});

test('a profile that cannot be used is refused with the key or the line', () => {
  const reasons: [string, RegExp][] = [
    ['', /Host is missing/],
    ['Host=conc\nGroupName=g\nGroupPwd=p', /Host: "conc" is not an IP address/],
    ['Host=192.0.2.1\nGroupPwd=p', /GroupName is missing/],
    ['Host=192.0.2.1\nGroupName=g', /GroupPwd is missing/],
    [`${minimal}TcpTunnelingPort=70000`, /line 4: TcpTunnelingPort must be/],
    [`${minimal}PeerTimeout=soon`, /line 4: PeerTimeout must be/],
    [`${minimal}what is this`, /line 4: "what is this" is not of the form/],
  ];
  for (const [text, expected] of reasons) {
    const profile = parseProfile(text);
    assert.ok(!profile.ok);
    assert.match(profile.error, expected);
  }
});

test('a group password that only the other client can read is said not to be read', () => {
  const read = parseProfile('Host=192.0.2.1\nGroupName=sales\nenc_GroupPwd=00FF00FF');
  assert.deepEqual(read, {
    ok: false,
    error:
      'enc_GroupPwd is not read: write the pre-shared key of the group itself, as GroupPwd=KEY',
  });
});
