import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemSlice } from '#config/system';
import { endsOf } from '#features/cluster/policy';
import { membersAlike, sharedAddress } from './cluster-configurations.ts';
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
