import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { address } from '#base/address';
import { EndpointWords } from '#dataplane/endpoint-words';
import { ETHERNET_MTU } from '#dataplane/path-mtu';
import { PathMtuProbe } from './path-mtu-probe.ts';
import { enterNewNetwork, ip, missing, systemCalls } from './testing/network.ts';

const reason = await missing();

test('one probe asks about many paths in a turn, and holds no socket after it', {
  skip: reason ?? false,
}, async () => {
  const sys = await systemCalls();
  enterNewNetwork(sys, []);
  ip('link', 'set', 'dev', 'lo', 'mtu', '1480');
  for (const [name, mtu] of [
    ['wide0', '9000'],
    ['thin0', '1300'],
  ] as const)
    ip('link', 'add', name, 'mtu', mtu, 'type', 'veth', 'peer', 'name', `${name}p`);
  for (const name of ['wide0', 'wide0p', 'thin0', 'thin0p']) ip('link', 'set', name, 'up');
  ip('address', 'add', '10.9.0.1/24', 'dev', 'wide0');
  ip('address', 'add', '10.8.0.1/24', 'dev', 'thin0');
  ip('address', 'add', 'fd00:9::1/64', 'dev', 'wide0', 'nodad');
  const probe = new PathMtuProbe(sys);
  const ask = (to: string) => probe.ask(EndpointWords.of({ address: address(to), port: 4500 }));
  const open = () => readdirSync('/proc/self/fd').length;
  const before = open();
  for (let turn = 0; turn < 2; turn += 1) {
    // From loopback there is no way to anywhere else.
    for (const [to, mtu] of [
      ['127.0.0.1', 1480],
      ['10.9.0.2', 9000],
      ['10.8.0.2', 1300],
      ['203.0.113.1', ETHERNET_MTU],
      ['::1', 1480],
      ['fd00:9::2', 9000],
      ['10.9.0.3', 9000],
      ['127.0.0.1', 1480],
    ] as const)
      assert.equal(ask(to), mtu, to);
    assert.ok(open() > before);
    probe.rest();
    assert.equal(open(), before);
  }
});
