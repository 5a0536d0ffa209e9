import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { guardRules } from './guard.ts';

test('the cluster address takes IKE, ESP and nothing else, in rules that replace those of before', () => {
  const rules = guardRules('t', [address('172.18.124.254'), address('2001:db8::1')], [500, 4500]);
  assert.equal(
    rules,
    `table inet t
delete table inet t
table inet t {
  chain input {
    type filter hook input priority filter - 10; policy accept;
    ip daddr 172.18.124.254 udp dport { 500, 4500 } accept
    ip daddr 172.18.124.254 meta l4proto esp accept
    ip daddr 172.18.124.254 drop
    ip6 daddr 2001:db8::1 udp dport { 500, 4500 } accept
    ip6 daddr 2001:db8::1 meta l4proto esp accept
    ip6 daddr 2001:db8::1 icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
    ip6 daddr 2001:db8::1 drop
  }
}
`,
  );
});
