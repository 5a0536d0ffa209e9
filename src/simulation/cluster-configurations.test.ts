import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemSlice } from '#config/system';
import { endsOf } from '#features/cluster/policy';
import { sessionSlice } from '#session/config';
import { membersAlike, sharedAddress, withNamesOfTheirOwn } from './cluster-configurations.ts';
import { memberListing, read } from './testing.ts';

const one = (host: number, lines: readonly string[] = []) =>
  read(memberListing({ host, priority: 5, lines }));
const named = (...hosts: readonly number[]) =>
  hosts.map((host) => ({ file: `n${host}.cfg`, configuration: one(host) }));

test('members alike have names and addresses of their own, and pass over the cluster address', () => {
  const made = membersAlike(one(252), 2);
  assert.ok(made.ok);
  const tooMany = membersAlike(one(253), 3);
  const shown = (made.ok ? made.value : []).map((configuration) => [
    systemSlice.of(configuration).hostname,
    endsOf(configuration, new Map())?.privateAddress,
    ...(endsOf(configuration, new Map())?.publicAddresses ?? []),
  ]);
  assert.deepEqual(shown, [
    ['n252', '10.32.1.252', '172.18.124.252'],
    ['n252-2', '10.32.1.253', '172.18.124.253'],
  ]);
  assert.ok(!tooMany.ok && /has no 3 addresses from 172.18.124.253 on/.test(tooMany.error));
});

test('members alike have pools that nobody else gives', () => {
  const pools = [
    'ip local pool low 10.5.0.1-10.5.0.100 mask 255.255.0.0',
    'ip local pool high 10.5.0.101-10.5.0.150 mask 255.255.0.0',
  ];
  const first = read([...pools, memberListing({ host: 1, priority: 5 })].join('\n'));
  const made = membersAlike(first, 3);
  assert.ok(made.ok);
  const ranges = made.value.map((configuration) =>
    [...sessionSlice.of(configuration).pools.values()].map(
      ({ range }) => `${range.first}-${range.last}`,
    ),
  );
  assert.deepEqual(ranges, [
    ['10.5.0.1-10.5.0.100', '10.5.0.101-10.5.0.150'],
    ['10.5.0.201-10.5.1.44', '10.5.0.151-10.5.0.200'],
    ['10.5.1.45-10.5.1.144', '10.5.1.145-10.5.1.194'],
  ]);
});

test('files of one hostname are told apart by a number', () => {
  const [a, b] = named(1, 2);
  assert.ok(a && b);
  const names = withNamesOfTheirOwn([a, a, b, a]).map(
    ({ configuration }) => systemSlice.of(configuration).hostname,
  );
  assert.deepEqual(names, ['n1', 'n1-2', 'n2', 'n1-3']);
});

test('what keeps files from being one cluster is named with the file', () => {
  const other = read(
    memberListing({ host: 2, priority: 5 }).replaceAll('172.18.124.254', '172.18.124.253'),
  );
  const silent = read(memberListing({ host: 2, priority: 5 }).replace(' participate', ''));
  const byName = read(
    memberListing({ host: 2, priority: 5 }).replace('172.18.124.254', 'vpn.example.com'),
  );
  const complaint = (configuration: ReturnType<typeof read>): string => {
    const shared = sharedAddress([...named(1), { file: 'second.cfg', configuration }]);
    return shared.ok ? '' : shared.error;
  };
  assert.match(complaint(other), /second.cfg: its cluster address is 172.18.124.253/);
  assert.match(complaint(silent), /second.cfg: it takes no part in a cluster/);
  assert.match(complaint(byName), /second.cfg: "vpn.example.com" is a name/);
  assert.match(complaint(one(1)), /second.cfg: 10.32.1.1 is an address of n1.cfg too/);
  assert.deepEqual(sharedAddress(named(1, 2, 3)), { ok: true, value: '172.18.124.254' });
});
