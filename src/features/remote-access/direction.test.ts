import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import type { Newcomer } from './parts.ts';
import { Concentrator } from './testing.ts';

const elsewhere = address('172.16.172.51');
const redirect = { kind: 'redirect', target: elsewhere } as const;

/** What is decided about a client that has proven its key. */
function decided(concentrator: Concentrator, beginsAfresh: boolean) {
  const client = concentrator.arrives({ user: 'vpnclient1', port: 1025 });
  concentrator.notice({
    kind: 'admissionWanted',
    sa: client.sa,
    beginsAfresh,
    vendorIds: ['unity', 'dpd'],
  });
  const [admission] = concentrator.keying.commanded.flatMap((c) =>
    c.kind === 'admission' ? [c.admission] : [],
  );
  return admission;
}

test('without anything said every client is served', () => {
  assert.deepEqual(decided(new Concentrator(), true), { kind: 'serve' });
});

test('clients of a group with `redirect-to` go there, but not those that have a tunnel already', () => {
  const lines = 'tunnel-group ciscovpn general-attributes\n redirect-to 172.16.172.51';
  assert.deepEqual(decided(new Concentrator(lines), true), redirect);
  assert.deepEqual(decided(new Concentrator(lines), false), { kind: 'serve' });
});

test('the director decides about everybody else, and hears what a client can do', () => {
  const asked: Newcomer[] = [];
  const withDirector = () => {
    const concentrator = new Concentrator();
    concentrator.director = (newcomer) => {
      asked.push(newcomer);
      return redirect;
    };
    return concentrator;
  };
  assert.deepEqual(decided(withDirector(), true), redirect);
  assert.deepEqual(decided(withDirector(), false), redirect);
  const client = ['ciscovpn', '171.69.89.78', 1025, 'unity,dpd'];
  assert.deepEqual(
    asked.map((n) => [
      n.group,
      n.remote.address,
      n.remote.port,
      n.vendorIds.join(),
      n.beginsAfresh,
    ]),
    [
      [...client, true],
      [...client, false],
    ],
  );
});

test('a group whose clients are sent to this device itself is an error', () => {
  const lines = 'tunnel-group ciscovpn general-attributes\n redirect-to 172.16.172.50';
  assert.throws(() => new Concentrator(lines), /clients would go in circles/);
});
