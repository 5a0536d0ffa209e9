import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { compositionOf } from './composition.ts';
import { diagnose } from './diagnosis.ts';
import type { ClientIdentity } from './eligibility.ts';
import { releasesMixed } from './events.ts';
import { clusterAddress, memberListing, TestNet } from './testing.ts';
import { clusterText } from './text.ts';
import { clusterView } from './view.ts';

const asa = (version: string) => ({ deviceType: 'ASA-5520', version });
const headend = (version: string) => ({ deviceType: 'headend', version: `headend ${version}` });
const vpn3000 = (version: string) => ({ deviceType: 'VPN3030', version });
const composed = (...devices: readonly { deviceType: string; version: string }[]) =>
  compositionOf(devices.map((d, i) => ({ ...d, privateAddress: `10.32.1.${i + 1}` })));

test('GEN-54: what is balanced over devices of one release, of several, and beside concentrators', () => {
  const matrix = [
    [[asa('9.1'), asa('9.1')], 'one release', true],
    [[headend('0.1.0'), headend('0.1.0')], 'one release', true],
    [[vpn3000('4.7'), vpn3000('3.0')], 'concentrators', true],
    [[asa('9.1'), asa('9.1'), vpn3000('4.7')], 'one release and concentrators', true],
    [[asa('9.1'), asa('7.0')], 'mixed releases', false],
    [[asa('9.1'), asa('7.0'), vpn3000('4.7')], 'mixed releases', false],
    [[headend('0.1.0'), headend('0.2.0')], 'mixed releases', false],
  ] as const;
  for (const [devices, of, balancesEveryKind] of matrix) {
    const found = composed(...devices);
    assert.deepEqual([found.of, found.balancesEveryKind], [of, balancesEveryKind]);
  }
  const older = composed(
    headend('0.9.0'),
    headend('0.10.0'),
    headend('0.10.0'),
    vpn3000('1.0'),
  ).older;
  assert.deepEqual(
    older.map((m) => m.privateAddress),
    ['10.32.1.1'],
  );
});

test('GEN-54: of two releases, clients of TLS go to members of the newer one only, clients of IPsec to all; everybody says so', () => {
  const net = new TestNet();
  const master = net.add(memberListing(131), 'headend 0.2.0');
  net.run(10_000);
  net.add(memberListing(129), 'headend 0.1.0');
  const newer = net.add(memberListing(130), 'headend 0.2.0');
  net.run(25_000);
  const targets = (identity: ClientIdentity, count: number) => {
    const found = new Set<string>();
    for (let i = 0; i < count; i += 1) {
      const client = { address: address(`172.18.124.${30 + i}`), port: 500 };
      const admission = master.cluster.director.admit(
        { local: clusterAddress, client, identity },
        net.now,
      );
      if (admission.kind === 'redirect') found.add(admission.target);
    }
    return [...found].sort();
  };
  const [old, own, same] = ['172.18.124.129', '172.18.124.131', '172.18.124.130'];
  assert.deepEqual(targets({ kind: 'clientless' }, 10), [same, own].sort());
  assert.match(
    master.cluster.director
      .choices()[0]
      ?.explanation.leftOut.map((l) => l.why)
      .join() ?? '',
    /^olderRelease$/,
  );
  assert.deepEqual(targets({ kind: 'ipsec', vendorIds: ['unity'] }, 20), [old, same, own].sort());
  for (const member of [master, newer]) {
    assert.deepEqual(member.said(releasesMixed).length, 1, 'once while it lasts');
    const view = clusterView(member.cluster, member.configuration, net.now);
    assert.match(clusterText(view), /\nBalanced : IPsec only \(mixed releases\)\n/);
    const { findings } = diagnose(view, member.cluster.encryption.status(net.now));
    const hint = findings.find(({ subject }) => subject === 'releases');
    assert.match(hint?.text ?? '', /headend 0\.1\.0 \(10\.32\.1\.129\)/);
    assert.equal(hint?.severity, 'hint');
  }
});
