import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '#base/secret';
import { emptyConfiguration } from '#config/configuration';
import { formatDiagnostic } from '#config/diagnostic';
import { grammarOf } from '#config/grammar';
import { formatListing, listConfiguration } from '#config/listing';
import { parseListing } from '#config/parse';
import { systemRoom } from '#config/system-commands';
import { managementRoom } from './commands.ts';
import { managementSlice, withEnableVerifier } from './config.ts';

const grammar = grammarOf([systemRoom, managementRoom]);
const parse = (...lines: readonly string[]) => parseListing(grammar, lines.join('\n'));
const managementOf = (...lines: readonly string[]) =>
  managementSlice.of(parse(...lines).configuration);

test('nothing is served beyond loopback, and nobody is let in, until it is configured', () => {
  const { http, ssh } = managementSlice.of(emptyConfiguration);
  assert.deepEqual(http, { enabled: false, port: 443, listen: undefined, allowed: [] });
  assert.deepEqual(ssh, []);
});

test('the web server has a port, an address and the networks that may use it', () => {
  const lines = [
    'interface Ethernet0/0',
    ' nameif inside',
    'http server enable 8443',
    'http server listen 192.168.2.251',
    'http 10.10.10.2 255.255.255.255 inside',
    'http 10.0.0.0 255.0.0.0 inside',
  ];
  assert.deepEqual(managementOf(...lines).http, {
    enabled: true,
    port: 8443,
    listen: '192.168.2.251',
    allowed: [
      { prefix: { address: '10.10.10.2', length: 32 }, interface: 'inside' },
      { prefix: { address: '10.0.0.0', length: 8 }, interface: 'inside' },
    ],
  });
  const off = managementOf(...lines, 'no http server enable', 'no http 10.0.0.0 255.0.0.0 inside');
  assert.deepEqual([off.http.enabled, off.http.port, off.http.allowed.length], [false, 443, 1]);
  assert.deepEqual(
    parse('http 10.0.0.0 255.0.0.0 insde')
      .diagnostics.filter((d) => d.severity === 'error')
      .map((d) => formatDiagnostic('c', d)),
    ['c:1: "http 10.0.0.0 255.0.0.0 insde": no interface has the name "insde"'],
  );
});

test('lines about a web server and SSH are said to have no effect', () => {
  const inside = ['interface Ethernet0/0', ' nameif inside'];
  const said = (...lines: string[]) =>
    parse(...inside, ...lines).diagnostics.map((d) => `${d.severity} ${formatDiagnostic('c', d)}`);
  assert.match(
    said('http server enable 8443').join(),
    /^warning c:3: warning: "http server enable 8443": .* no effect.*--web-port PORT/,
  );
  assert.match(said('ssh 10.0.0.0 255.0.0.0 inside').join(), /^warning c:3: .* no effect/);
  for (const line of ['http server listen 192.0.2.1', 'http 10.0.0.0 255.0.0.0 inside'])
    assert.match(said(line).join(), new RegExp(`^warning c:3: warning: "${line}": .* no effect`));
  const all = ['http 10.0.0.0 255.0.0.0 inside', 'http server listen 192.0.2.1'];
  assert.deepEqual(said(...all, 'http server enable').length, 1, 'once for all of them');
  for (const line of ['logging enable', 'logging timestamp', 'logging buffered debugging'])
    assert.deepEqual(said(line), [
      `info c:3: info: "${line}": accepted and kept, without effect here`,
    ]);
});

test('a class of events has the severities that are written to the log', () => {
  const lines = ['event class ike severity-to-log 1-9', 'event class AUTH severity-to-log 3'];
  assert.deepEqual(
    [...managementOf(...lines).logging.classes],
    [
      ['IKE', { from: 1, to: 9 }],
      ['AUTH', { from: 3, to: 3 }],
    ],
  );
  const back = managementOf(...lines, 'no event class IKE', 'no event class auth');
  assert.equal(back.logging.classes.size, 0);
  for (const range of ['0-5', '1-14', '5-1', 'all'])
    assert.equal(parse(`event class IKE severity-to-log ${range}`).diagnostics.length, 1, range);
});

test('severities of syslog go by name or number, and are listed by name', () => {
  for (const word of ['informational', 'info', '6'])
    assert.equal(managementOf(`logging buffered ${word}`).logging.bufferedSeverity, 6, word);
  const { configuration } = parse('logging enable', 'logging timestamp', 'logging buffered 7');
  assert.deepEqual(
    formatListing(listConfiguration(grammar, configuration, { audience: 'file' }), 'pix'),
    ['logging enable', 'logging timestamp', 'logging buffered debugging'],
  );
});

test('the enable password is shown to nobody, and its verifier replaces it', () => {
  const { configuration } = parse('enable password hunter2', 'passwd 2KFQnbNIdI.2KYOU encrypted');
  const lines = (c: typeof configuration) =>
    formatListing(listConfiguration(grammar, c, { audience: 'person' }), 'pix');
  assert.deepEqual(lines(configuration), ['enable password *****', 'passwd ***** encrypted']);
  const verifier = {
    salt: new Uint8Array(16),
    hash: new Uint8Array(32),
    logN: 15,
    r: 8,
    p: 1,
  };
  const sealed = withEnableVerifier(configuration, new Secret('hunter2'), verifier);
  assert.deepEqual(managementSlice.of(sealed).enablePassword, { kind: 'verifier', verifier });
  assert.deepEqual(lines(sealed)[0], 'enable password ***** hashed');
  assert.equal(withEnableVerifier(configuration, new Secret('other'), verifier), configuration);
  const file = formatListing(listConfiguration(grammar, sealed, { audience: 'file' }), 'pix');
  assert.deepEqual(parse(...file).configuration, sealed);
});
