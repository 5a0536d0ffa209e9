import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDiagnostic } from '#config/diagnostic';
import { grammarOf } from '#config/grammar';
import { formatListing, listConfiguration } from '#config/listing';
import { parseListing } from '#config/parse';
import { systemSlice } from '#config/system';
import { systemRoom } from '#config/system-commands';
import { natRoom } from './commands.ts';
import { natSlice } from './config.ts';

const grammar = grammarOf([systemRoom, natRoom]);
const parse = (...lines: readonly string[]) => parseListing(grammar, lines.join('\n'));

/** The part of the seed's listing about addresses and translation; 002:100-111. */
const listing = [
  'PIX Version 6.3(3)',
  'nameif ethernet0 outside security0',
  'nameif ethernet1 inside security100',
  'ip address outside 171.69.89.78 255.255.254.0',
  'ip address inside 10.10.10.1 255.255.255.0',
  'global (outside) 1 interface',
  'nat (inside) 1 0.0.0.0 0.0.0.0 0 0',
  'route outside 0.0.0.0 0.0.0.0 171.69.88.1 1',
];

test('the listing of the PIX is read and written as it was', () => {
  const { configuration, diagnostics } = parse(...listing);
  assert.deepEqual(diagnostics, []);
  const { interfaces, routes } = systemSlice.of(configuration);
  assert.deepEqual(
    [...interfaces.values()].map((i) => [i.hardware, i.name, i.securityLevel, i.address]),
    [
      ['ethernet0', 'outside', 0, { address: '171.69.89.78', length: 23 }],
      ['ethernet1', 'inside', 100, { address: '10.10.10.1', length: 24 }],
    ],
  );
  assert.deepEqual(
    routes.map((r) => [r.interface, r.gateway, r.metric]),
    [['outside', '171.69.88.1', 1]],
  );
  assert.deepEqual(natSlice.of(configuration), {
    ...natSlice.empty,
    globals: [{ interface: 'outside', id: 1 }],
    rules: [
      {
        interface: 'inside',
        id: 1,
        prefix: { address: '0.0.0.0', length: 0 },
        maxConnections: 0,
        embryonicLimit: 0,
      },
    ],
  });
  const sections = listConfiguration(grammar, configuration, { audience: 'file' });
  assert.deepEqual(formatListing(sections, 'pix'), listing);
});

test('short forms mean the same, and each line can be taken back', () => {
  const short = parse(
    ...listing.slice(0, 5),
    'global (outside) 1 interface',
    'nat (inside) 1 0 0',
    'route outside 0 0 171.69.88.1',
  );
  assert.deepEqual(short.configuration, parse(...listing).configuration);
  const bare = parse(
    ...listing,
    'no nat (inside) 1 0 0',
    'no global (outside) 1',
    'no route outside 0 0 171.69.88.1',
    'no ip address inside',
  );
  assert.deepEqual(bare.diagnostics, []);
  assert.deepEqual(natSlice.of(bare.configuration), natSlice.empty);
  const [, inside] = systemSlice.of(bare.configuration).interfaces.values();
  assert.equal(inside?.address, undefined);
});

test('translation by an access list is read, written and taken back beside the exemption from it', () => {
  const lines = [
    ...listing.slice(0, 6),
    'nat (inside) 0 access-list none',
    'nat (inside) 1 access-list few 0 0',
    'nat (inside) 1 access-list others 9 4',
  ];
  const parsed = parse(...lines);
  assert.deepEqual(parsed.diagnostics, []);
  const sections = listConfiguration(grammar, parsed.configuration, { audience: 'file' });
  assert.deepEqual(formatListing(sections, 'pix'), lines);
  const less = natSlice.of(parse(...lines, 'no nat (inside) 1 access-list few').configuration);
  assert.deepEqual(
    [less.policies.map((p) => p.list), less.exemptions.map((e) => e.list)],
    [['others'], ['none']],
  );
  assert.deepEqual(
    parse(...lines.slice(0, 5), 'nat (inside) 1 access-list few').diagnostics.map((d) => d.reason),
    ['no "global" command has the number 1'],
  );
});

test('a rule without a global and an interface without a name are errors at their lines', () => {
  const text = parse(
    'PIX Version 6.3(3)',
    'nameif ethernet1 inside security100',
    'nat (inside) 1 0 0',
    'global (outside) 2 interface',
    'ip address dmz 10.0.0.1 255.0.0.0',
    'nat (inside) 2 10.0.0.1 255.0.0.0',
  ).diagnostics.map((d) => formatDiagnostic('pix.cfg', d));
  assert.deepEqual(text, [
    'pix.cfg:3: "nat (inside) 1 0.0.0.0 0.0.0.0 0 0": no "global" command has the number 1; "global (outside) 1 interface" adds one',
    'pix.cfg:4: "global (outside) 2 interface": no interface has the name "outside"',
    'pix.cfg:5: "ip address dmz 10.0.0.1 255.0.0.0": no interface has the name "dmz"; "nameif" gives it one',
    'pix.cfg:6: "nat (inside) 2 10.0.0.1 255.0.0.0": 10.0.0.1 is a host of 10.0.0.0 255.0.0.0, not a network',
  ]);
});
