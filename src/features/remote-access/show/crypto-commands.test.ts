import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { emptyConfiguration } from '#config/configuration';
import { type ClientSketch, Concentrator, commandLineOf } from '../testing.ts';

const first: ClientSketch = { user: 'vpnclient1', port: 1029 };
const second: ClientSketch = { user: 'vpnclient2', port: 1030 };

test('ISAKMP SAs are listed with role and state, those of strangers included', () => {
  const world = new Concentrator();
  const line = commandLineOf(world.needs);
  assert.equal(line.shows('show crypto isakmp sa'), 'There are no IKEv1 SAs');
  world.connects(first);
  const stranger = world.arrives(second);
  world.keying.change(stranger.sa, { state: 'AM_WAIT_MSG3', expiresAt: undefined });
  assert.equal(
    line.shows('show crypto isakmp sa'),
    `IKEv1 SAs:

   Active SA: 1
Half-open SA: 1
Total IKE SA: 2

1   IKE Peer: 171.69.89.78
    Type    : user            Role    : responder
    State   : AM_ACTIVE

2   IKE Peer: 171.69.89.78
    Type    : group           Role    : responder
    State   : AM_WAIT_MSG3`,
  );
  assert.equal(line.shows('show crypto ikev1 sa'), line.shows('show crypto isakmp sa'));
});

test('an ISAKMP SA of main mode is one between gateways', () => {
  const world = new Concentrator();
  const peer = world.arrives(first);
  world.keying.change(peer.sa, { state: 'MM_ACTIVE', user: undefined });
  const shown = commandLineOf(world.needs).shows('show crypto isakmp sa');
  assert.match(shown, /Type {4}: L2L {13}Role {4}: responder\n {4}State {3}: MM_ACTIVE/);
});

test('the details of an ISAKMP SA hold algorithms, what is left of its life, ports and cookies', () => {
  const world = new Concentrator();
  world.connects(first);
  world.pass(87_000);
  assert.equal(
    commandLineOf(world.needs).shows('show crypto isakmp sa detail').split('\n\n').at(-1),
    `1   IKE Peer: 171.69.89.78
    Type    : user            Role    : responder
    State   : AM_ACTIVE
    Encrypt : 3DES-168        Hash    : MD5
    Auth    : preshared       Lifetime: 86400
    Lifetime Remaining: 86313
    DH group: 2
    Group   : ciscovpn        User    : vpnclient1
    NAT-T   : draft-02, behind NAT: peer
    Ports   : local 4500, remote 1029
    Cookies : 0000000000000001 fffffffffffffff1
    Legacy  : 3DES-168, MD5, DH group 2, aggressive mode`,
  );
});

test('a pair of IPsec SAs is shown as an ASA does, below its interface and crypto map', () => {
  const world = new Concentrator();
  const line = commandLineOf(world.needs);
  assert.equal(line.shows('show crypto ipsec sa'), 'There are no ipsec sas');
  const client = world.connects(first);
  client.carries([8, 768], [7, 70_000]);
  world.pass(244_000);
  assert.equal(
    line.shows('show crypto ipsec sa'),
    `interface: outside
    Crypto map tag: vpn, seq num: 65535, local addr: 172.16.172.50

      local ident (addr/mask/prot/port): (0.0.0.0/0.0.0.0/0/0)
      remote ident (addr/mask/prot/port): (40.1.1.1/255.255.255.255/0/0)
      current_peer: 171.69.89.78, username: vpnclient1
      dynamic allocated peer ip: 40.1.1.1

      #pkts encaps: 8, #pkts encrypt: 8, #pkts digest: 8
      #pkts decaps: 7, #pkts decrypt: 7, #pkts verify: 7
      #bytes encaps: 768, #bytes decaps: 70000
      #recv errors: 0

      local crypto endpt.: 172.16.172.50/4500, remote crypto endpt.: 171.69.89.78/1029
      current outbound spi: 00001002
      current inbound spi : 00001001
      legacy: 3DES-168, MD5

    inbound esp sas:
      spi: 0x00001001 (4097)
         transform: esp-3des esp-md5-hmac
         in use settings ={RA, Tunnel, NAT-T-Encaps, IKEv1, }
         conn_id: 1, crypto-map: vpn
         sa timing: remaining key lifetime (kB/sec): (4607931/28556)
         IV size: 8 bytes
         replay detection support: Y, window 64
    outbound esp sas:
      spi: 0x00001002 (4098)
         transform: esp-3des esp-md5-hmac
         in use settings ={RA, Tunnel, NAT-T-Encaps, IKEv1, }
         conn_id: 1, crypto-map: vpn
         sa timing: remaining key lifetime (kB/sec): (4607999/28556)
         IV size: 8 bytes
         replay detection support: Y`,
  );
});

test('packets that were refused are counted by reason', () => {
  const world = new Concentrator();
  const client = world.connects(first);
  const [child] = world.keying.summary(client.sa)?.children ?? [];
  assert.ok(child);
  world.counters.set(child.inboundSpi, {
    packets: 7,
    octets: 700,
    replayed: 3,
    authenticationFailed: 2,
    malformed: 0,
    selectorMismatch: 1,
    expired: 4,
  });
  assert.match(
    commandLineOf(world.needs).shows('show crypto ipsec sa'),
    /#recv errors: 10\n +#pkts replayed: 3\n +#pkts failed verification: 2\n +#pkts outside the selectors: 1\n +#pkts beyond the lifetime: 4\n +\(a few are normal: multicast, broadcast and IPv6 /,
  );
});

test('lists of SAs can be limited to one peer', () => {
  const world = new Concentrator();
  world.connects(first);
  const elsewhere = world.connects(second);
  world.keying.change(elsewhere.sa, { remote: { address: address('192.0.2.9'), port: 4500 } });
  const line = commandLineOf(world.needs);
  for (const command of ['show crypto isakmp sa', 'show crypto ipsec sa']) {
    assert.match(line.shows(command), /171\.69\.89\.78[\s\S]*192\.0\.2\.9/);
    const one = line.shows(`${command} peer 192.0.2.9`);
    assert.match(one, /192\.0\.2\.9/);
    assert.doesNotMatch(one, /171\.69\.89\.78/);
  }
  assert.equal(line.shows('show crypto ipsec sa peer 192.0.2.8'), 'There are no ipsec sas');
});

test('lists of SAs end after a hundred and say how to go on', () => {
  const world = new Concentrator('', 1000);
  for (let i = 0; i < 150; i += 1) world.arrives({ ...first, port: 2000 + i }).makesChild();
  const line = commandLineOf(world.needs);
  const isakmp = line.shows('show crypto isakmp sa');
  assert.match(isakmp, /Total IKE SA: 150\n/);
  assert.equal(isakmp.match(/IKE Peer/g)?.length, 100);
  assert.match(isakmp, /50 more are not shown; name one peer with "peer ADDRESS"$/);
  const ipsec = line.shows('show crypto ipsec sa');
  assert.equal(ipsec.match(/current_peer/g)?.length, 100);
  assert.match(ipsec, /50 more are not shown/);
});

test('a name that a stranger gives forges no line', () => {
  const world = new Concentrator();
  const stranger = world.arrives(first);
  world.keying.change(stranger.sa, { user: 'x\n9   IKE Peer: 192.0.2.1\u001b[2J', group: 'g\nh' });
  const text = commandLineOf(world.needs).shows('show crypto isakmp sa detail');
  assert.equal(text.match(/^\d+ +IKE Peer/gm)?.length, 1);
  assert.match(text, /User {4}: x\?9 {3}IKE Peer: 192\.0\.2\.1\?\[2J/);
});

test('old algorithms: what is permitted, and which sessions use them', () => {
  const world = new Concentrator();
  world.connects(first);
  const line = commandLineOf(world.needs);
  assert.equal(
    line.shows('show crypto legacy'),
    `Permitted: legacy-crypto permit encryption 3des hash md5 dh-group 2 aggressive-mode
Sessions that use old algorithms: 1 of 1

Index  Username    Group     Public IP Address  Old algorithms
1      vpnclient1  ciscovpn  171.69.89.78       3DES-168, MD5, DH group 2, aggressive mode`,
  );
});

test('without old algorithms there is nothing to list', () => {
  const { needs } = new Concentrator();
  assert.equal(
    commandLineOf({ ...needs, configuration: () => emptyConfiguration }).shows(
      'show crypto legacy',
    ),
    'Permitted: nothing\nSessions that use old algorithms: 0 of 0',
  );
});

test('clearing ISAKMP SAs names those there are, of one peer on request', () => {
  const world = new Concentrator();
  const one = world.connects(first);
  const elsewhere = world.connects(second);
  world.keying.change(elsewhere.sa, { remote: { address: address('192.0.2.9'), port: 4500 } });
  const line = commandLineOf(world.needs);
  assert.deepEqual(line.requests('clear crypto isakmp sa'), {
    kind: 'closeIsakmpSas',
    sas: [one.sa, elsewhere.sa],
    done: 'INFO: Number of ISAKMP SAs that were ended : 2',
  });
  assert.deepEqual(line.requests('clear crypto ikev1 sa peer 192.0.2.9'), {
    kind: 'closeIsakmpSas',
    sas: [elsewhere.sa],
    done: 'INFO: Number of ISAKMP SAs that were ended : 1',
  });
  assert.match(line.refuses('clear crypto isakmp sa peer 192.0.2.8'), /no such ISAKMP SAs/);
});
