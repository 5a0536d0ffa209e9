import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VendorIdName } from '#wire/isakmp/vendor-ids';
import { eligibilityOf } from './eligibility.ts';

const ipsec = (application: string) =>
  eligibilityOf({ kind: 'ipsec', vendorIds: ['unity'], application });
const tls = (application: string) => eligibilityOf({ kind: 'sslTunnel', application });

test('GEN-46 LB-06: each client of the list is eligible, and its lower releases are not', () => {
  for (const text of [
    'Cisco Systems VPN Client 3.0.1:Win98',
    'Cisco Systems VPN Client 4.8.01 (0640):Linux',
    'Cisco Systems VPN Client 0.5.3:Linux',
    'Cisco VPN 3002 Hardware Client 3.5.Rel',
    'Cisco VPN 3002 Hardware Client Version 4.7.1',
    'Cisco Systems, Inc ASA5505 Version 7.2(1)',
    'Cisco Systems, Inc PIX 501 Version 6.3(3)',
    'Cisco Systems, Inc PIX 506E Version 6.3(5)',
    'Cisco IOS Software, C831 Software (C831-K9O3Y6-M), Version 12.3(8)T',
    'Cisco IOS Software, C870 Software, 871, Version 12.4(4)T',
    'headend client 0.1.0:Linux',
  ])
    assert.equal(ipsec(text).eligible, true, text);
  for (const [text, reason] of [
    ['Cisco Systems VPN Client 2.5.2:Win98', /the VPN Client 2\.5 is older than 3\.0/],
    ['Cisco VPN 3002 Hardware Client 3.1.Rel', /the VPN 3002 3\.1 is older than 3\.5/],
    ['Cisco Systems, Inc PIX 515E Version 6.3(3)', /only a PIX 501 or 506E/],
    ['Cisco IOS Software, C1700 Software, Version 12.2(15)T', /only IOS on an 831 or 871/],
  ] as const) {
    const judged = ipsec(text);
    assert.match(judged.eligible ? '' : judged.reason, reason, text);
  }
});

test('GEN-46: AnyConnect takes part from 2.0 on, as do browsers; other TLS clients do not', () => {
  for (const text of [
    'AnyConnect Windows 2.0.0343',
    'Cisco AnyConnect VPN Agent for Windows 3.1.05152',
    'Open AnyConnect VPN Agent v9.01',
  ])
    assert.equal(tls(text).eligible, true, text);
  assert.equal(tls('Cisco AnyConnect VPN Agent for Windows 1.9.1').eligible, false);
  assert.equal(tls('SSL VPN Client 1.1').eligible, false);
  assert.equal(eligibilityOf({ kind: 'clientless' }).eligible, true);
});

test('LB-06 LB-14: before Mode Config the Unity vendor ID decides, and the others say what it is', () => {
  const by = (...vendorIds: readonly VendorIdName[]) => eligibilityOf({ kind: 'ipsec', vendorIds });
  assert.deepEqual(by('xauth', 'unity', 'dpd'), {
    eligible: true,
    as: 'a client with the Unity vendor ID',
  });
  const reason = (...ids: readonly VendorIdName[]) => {
    const judged = by(...ids);
    return judged.eligible ? '' : judged.reason;
  };
  assert.match(reason('xauth', 'dpd'), /no Unity vendor ID/);
  assert.match(reason('strongSwan', 'dpd'), /strongSwan without/);
  assert.match(reason('microsoft', 'fragmentation'), /L2TP/);
  assert.equal(by('strongSwan', 'unity').eligible, true);
});
