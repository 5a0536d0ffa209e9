import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { fromHex, fromUtf8, toHex } from '#base/bytes';
import { prefixOf } from '#base/prefix';
import { type ClientConfiguration, configurationReply } from './configuration-reply.ts';

const plain: ClientConfiguration = {
  address: address('40.1.1.1'),
  netmask: address('255.255.255.0'),
  dnsServers: [],
  winsServers: [],
  defaultDomain: undefined,
  splitDns: [],
  banner: undefined,
  splitInclude: [],
  savePassword: false,
  pfs: false,
  backupServers: [],
  applicationVersion: 'headend 0.1.0',
  natTraversalPort: undefined,
};

/** A request as vpnc sends it: empty values, in this order. */
const request = [1, 2, 3, 4, 28674, 28680, 28679, 28672, 28673, 28676, 28675, 28682, 7].map(
  (type) => ({
    type,
    value: new Uint8Array(0),
  }),
);

test('NAT-50: the reply holds address, save-password 0, PFS 0, version and, when asked for, port 4500', () => {
  const reply = configurationReply([...request, { type: 28677, value: new Uint8Array(0) }], {
    ...plain,
    natTraversalPort: 4500,
  });
  const of = (type: number) => reply.find((a) => a.type === type)?.value;
  assert.equal(toHex(of(1) as Uint8Array), '28010101');
  assert.equal(of(28673), 0);
  assert.equal(of(28679), 0);
  assert.equal(fromUtf8(of(7) as Uint8Array), 'headend 0.1.0');
  assert.equal(of(28677), 0x1194);
});

test('NAT-50: the port is left out without NAT-T, and for a client that did not ask', () => {
  const has = (attributes: readonly { type: number }[]) => attributes.some((a) => a.type === 28677);
  assert.equal(has(configurationReply(request, { ...plain, natTraversalPort: 4500 })), false);
  assert.equal(
    has(configurationReply([...request, { type: 28677, value: new Uint8Array(0) }], plain)),
    false,
  );
});

test('the address comes first even when the client asks for it last or not at all', () => {
  assert.equal(configurationReply([...request].reverse(), plain)[0]?.type, 1);
  assert.equal(configurationReply([], plain)[0]?.type, 1);
});

test('NAT-49: a firewall request and attributes nobody knows are left unanswered', () => {
  const reply = configurationReply(
    [
      { type: 28680, value: fromHex('800100018002000180030002') as Uint8Array },
      { type: 9999, value: 1 },
    ],
    plain,
  );
  assert.deepEqual(
    reply.map((a) => a.type),
    [1],
  );
});

test('lists become one attribute per server, and split networks 14 octets each', () => {
  const reply = configurationReply(request, {
    ...plain,
    dnsServers: ['192.168.2.10', '2001:db8::53', '192.168.2.11'].map(address),
    splitInclude: [prefixOf(address('192.168.2.0'), 24), prefixOf(address('10.0.0.0'), 8)],
    splitDns: ['example.com', 'example.net'],
    defaultDomain: 'example.com',
    banner: 'Welcome',
  });
  assert.deepEqual(
    reply.filter((a) => a.type === 3).map((a) => toHex(a.value as Uint8Array)),
    ['c0a8020a', 'c0a8020b'],
  );
  const split = reply.find((a) => a.type === 28676)?.value as Uint8Array;
  assert.equal(toHex(split), 'c0a80200ffffff000000000000000a000000ff000000000000000000');
  assert.equal(
    fromUtf8(reply.find((a) => a.type === 28675)?.value as Uint8Array),
    'example.com,example.net',
  );
});
