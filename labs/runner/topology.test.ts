import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTopology } from './topology.ts';

const lines = (...text: string[]): string => text.join('\n');

test('a topology is nodes, switches, links, routes and forwarding nodes', () => {
  const topology = parseTopology(
    lines(
      '# two hosts behind a router',
      '| c1 10.0.0.2 -- lan -- 10.0.0.1 router 192.0.2.1 2001:db8::1 -- 192.0.2.2 srv',
      'node c1 router srv',
      'switch lan',
      'link c1:eth0 10.0.0.2/24 -- lan',
      'link router:inside 10.0.0.1/24 -- lan',
      'link router:outside 192.0.2.1/24 2001:db8::1/64 -- srv:eth0 192.0.2.2/24',
      'route c1 default via 10.0.0.1',
      'forward router',
    ),
  );
  assert.deepEqual(topology.nodes, ['c1', 'router', 'srv']);
  assert.deepEqual(topology.links[0], {
    a: { node: 'c1', interfaceName: 'eth0', addresses: ['10.0.0.2/24'] },
    b: { switchName: 'lan' },
  });
  assert.deepEqual(topology.links[2]?.a.addresses, ['192.0.2.1/24', '2001:db8::1/64']);
  assert.deepEqual(topology.routes, [{ node: 'c1', destination: 'default', gateway: '10.0.0.1' }]);
  assert.deepEqual(topology.forwarding, ['router']);
});

test('a wrong line is named with its number and reason', () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['cable c1', /topology.txt:1: "cable" is not one of/],
    ['node C1', /:1: "C1" is not a name/],
    ['node c1 c1', /:1: "c1" is already there/],
    ['node c1\nforward c2', /:2: no node is called "c2"/],
    ['node c1\nlink c1:eth0 10.0.0.1/24', /:2: a link is/],
    ['node c1\nlink c1 -- c1:eth1', /:2: "c1" is not NODE:INTERFACE/],
    ['node c1\nlink c1:eth0 10.0.0.1 -- c1:eth1', /:2: "10.0.0.1" is not an address/],
    ['node a b\nlink a:e -- b:e\nlink a:e -- b:f', /:3: "a:e" already has a link/],
    ['node c1\nroute c1 default 10.0.0.1', /:2: a route is/],
  ];
  for (const [text, message] of wrong) assert.throws(() => parseTopology(text), message);
});

test('a drawing that lacks a node or an address is refused', () => {
  const statements = 'node a b\nlink a:e 10.0.0.1/24 -- b:e 10.0.0.2/24';
  assert.throws(
    () => parseTopology(`| a 10.0.0.1 -- b 10.0.0.20\n${statements}`),
    /the drawing does not show 10\.0\.0\.2$/,
  );
  assert.throws(
    () => parseTopology(`| a 10.0.0.1 -- 10.0.0.2\n${statements}`),
    /the drawing does not show b$/,
  );
});
