import assert from 'node:assert/strict';
import { test } from 'node:test';
import { after } from '#base/instant';
import { defaultIdleTimes } from './connection.ts';
import { DatagramPat } from './datagram-pat.ts';
import { at, hosts, start } from './testing.ts';

test('NAT-31: datagrams of two clients leave by a port each and find their way back until idle', () => {
  const pat = new DatagramPat(hosts.outside);
  const headEnd = at(hosts.headEnd, 4500);
  for (const [client, port] of [
    [hosts.client2, 1025],
    [hosts.client1, 1026],
  ] as const) {
    const first = pat.outgoing(at(client, 4500), headEnd, start);
    assert.ok(first.kind === 'forward' && first.built);
    assert.equal(first.xlate.globalPort, port);
    const again = pat.outgoing(at(client, 4500), headEnd, start);
    assert.ok(again.kind === 'forward' && !again.built);
    assert.deepEqual(pat.incoming(port, headEnd, start), at(client, 4500));
  }
  assert.equal(pat.incoming(1025, at(hosts.headEnd, 4501), start), undefined);
  assert.equal(pat.incoming(1027, headEnd, start), undefined);
  pat.translations.expire(after(start, defaultIdleTimes.udpMs));
  assert.equal(pat.incoming(1025, headEnd, start), undefined);
});

test('a full table drops with its reason', () => {
  const pat = new DatagramPat(hosts.outside, { translationsMax: 1 });
  pat.outgoing(at(hosts.client1, 1), at(hosts.headEnd, 4500), start);
  assert.deepEqual(pat.outgoing(at(hosts.client2, 1), at(hosts.headEnd, 4500), start), {
    kind: 'drop',
    reason: 'translationLimit',
  });
});
