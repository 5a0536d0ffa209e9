import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '#base/secret';
import type { Configuration } from '#config/configuration';
import { formatDiagnostic } from '#config/diagnostic';
import { grammarOf } from '#config/grammar';
import { formatListing, listConfiguration } from '#config/listing';
import { parseListing } from '#config/parse';
import type { Audience } from '#config/path';
import { systemRoom } from '#config/system-commands';
import { sessionRoom } from './commands.ts';
import { clearPasswords, sessionSlice, withVerifier } from './config.ts';
import { formatVerifier, parseVerifier } from './verifier-text.ts';

const grammar = grammarOf([systemRoom, sessionRoom]);
const parse = (...lines: readonly string[]) => parseListing(grammar, lines.join('\n'));
const complaints = (...lines: readonly string[]) =>
  parse(...lines).diagnostics.map((d) => formatDiagnostic('conc.cfg', d));
const list = (configuration: Configuration, audience: Audience) =>
  formatListing(listConfiguration(grammar, configuration, { audience }), 'pix');

const verifier = {
  salt: new Uint8Array(16).fill(7),
  hash: new Uint8Array(32).fill(9),
  logN: 15,
  r: 8,
  p: 1,
};

test('a password is shown to nobody, and is kept for the file until its verifier replaces it', () => {
  const { configuration } = parse('username bob password hunter2 privilege 15');
  assert.deepEqual(list(configuration, 'person'), ['username bob password ***** privilege 15']);
  assert.deepEqual(list(configuration, 'file'), ['username bob password hunter2 privilege 15']);
  const [pending] = clearPasswords(configuration);
  assert.equal(pending?.user, 'bob');

  const sealed = withVerifier(configuration, 'bob', new Secret('hunter2'), verifier);
  assert.deepEqual(clearPasswords(sealed), []);
  assert.deepEqual(list(sealed, 'person'), ['username bob password ***** hashed privilege 15']);
  const [line = ''] = list(sealed, 'file');
  assert.equal(line, `username bob password ${formatVerifier(verifier)} hashed privilege 15`);
  assert.deepEqual(sessionSlice.of(parse(line).configuration), sessionSlice.of(sealed));
});

test('a verifier that comes too late, for another password or a user who is gone, changes nothing', () => {
  const { configuration } = parse('username bob password hunter2');
  assert.equal(withVerifier(configuration, 'bob', new Secret('older'), verifier), configuration);
  assert.equal(withVerifier(configuration, 'eve', new Secret('hunter2'), verifier), configuration);
});

test('a verifier reads back from its text, and nothing else does', () => {
  assert.deepEqual(parseVerifier(formatVerifier(verifier)), verifier);
  for (const text of [
    '',
    'hunter2',
    formatVerifier({ ...verifier, logN: 40 }),
    formatVerifier({ ...verifier, r: 99 }),
    formatVerifier({ ...verifier, p: 0 }),
    formatVerifier({ ...verifier, salt: new Uint8Array(2) }),
    `${formatVerifier(verifier)}00`.repeat(3),
  ])
    assert.equal(parseVerifier(text), undefined, text);
  assert.match(
    complaints('username bob password hunter2 hashed').join(),
    /this is not a hash that this program wrote/,
  );
});

test('a hash of another device is kept with a warning, and does not let its user in', () => {
  const line = 'username bob password 4ncP57TTYccgZ encrypted privilege 15';
  assert.deepEqual(complaints(line), [
    'conc.cfg:1: warning: "username bob password ***** encrypted privilege 15": only the other device can check this hash, so the user cannot log in here; set the password anew with "username bob password"',
  ]);
  assert.deepEqual(list(parse(line).configuration, 'file'), [line]);
});

test('no complaint quotes a password', () => {
  const lines = [
    'username bob password two words',
    'username bob password *****',
    'usrname bob password hunter2',
    'username bob password hunter2 hashed',
    `username bob password ${'hunter2'.repeat(60)}`,
  ];
  for (const line of lines) {
    const text = complaints(line).join('\n');
    assert.ok(text.length > 0);
    assert.doesNotMatch(text, /hunter2|words/);
  }
  assert.match(complaints(lines[1] as string).join(), /a listing hides secrets behind asterisks/);
});

test('attributes belong to a user who exists, and leave with "no" or with the user', () => {
  assert.match(complaints('username eve attributes').join(), /there is no user "eve"/);
  const lines = [
    'username bob password hunter2',
    'username bob attributes',
    ' service-type remote-access',
    ' vpn-group-policy staff',
    ' vpn-framed-ip-address 40.1.1.9 255.255.255.0',
    ' group-lock value ciscovpn',
    ' vpn-simultaneous-logins 1',
  ];
  const userOf = (...more: readonly string[]) =>
    sessionSlice.of(parse(...lines, ...more).configuration).users.get('bob');
  const { credential: _, ...user } = userOf() ?? assert.fail();
  assert.deepEqual(user, {
    name: 'bob',
    privilege: 2,
    service: 'remote-access',
    groupPolicy: 'staff',
    framedAddress: { address: '40.1.1.9', maskLength: 24 },
    groupLock: 'ciscovpn',
    simultaneousLogins: 1,
  });
  assert.equal(userOf('no username bob attributes')?.groupPolicy, undefined);
  assert.equal(userOf('no username bob attributes')?.credential.kind, 'clear');
  assert.equal(userOf('no username bob'), undefined);
});

test('pools that share an address are refused, as is one that is not IPv4', () => {
  assert.deepEqual(
    complaints(
      'ip local pool a 40.1.1.10-40.1.1.20',
      'ip local pool b 40.1.1.21-40.1.1.30 mask 255.255.255.0',
      'ip local pool c 40.1.1.30-40.1.1.40',
      'ip local pool d 2001:db8::1-2001:db8::9',
    ),
    [
      'conc.cfg:3: "ip local pool c 40.1.1.30-40.1.1.40": it shares addresses with the pool "b"',
      'conc.cfg:4: "ip local pool d 2001:db8::1-2001:db8::9": the addresses of this pool are IPv4',
    ],
  );
});

test('a group of servers keeps its servers, and takes them along when it goes', () => {
  const lines = [
    'interface Ethernet0/0',
    ' nameif inside',
    'aaa-server rad protocol radius',
    'aaa-server rad (inside) host 10.0.0.1',
    ' key radsecret',
    ' authentication-port 1812',
    ' timeout 5',
  ];
  const { configuration, diagnostics } = parse(...lines);
  assert.deepEqual(diagnostics, []);
  const [server] = sessionSlice.of(configuration).aaaServers.values();
  assert.deepEqual(
    [server?.address, server?.authenticationPort, server?.accountingPort, server?.timeoutSeconds],
    ['10.0.0.1', 1812, 1646, 5],
  );
  assert.equal(server?.key?.reveal(), 'radsecret');
  const older = parse(...lines.slice(0, 3), 'aaa-server rad (inside) host 10.0.0.1 radsecret');
  assert.deepEqual(older.diagnostics, []);
  const [same] = sessionSlice.of(older.configuration).aaaServers.values();
  assert.equal(same?.key?.reveal(), 'radsecret');
  const gone = sessionSlice.of(parse(...lines, 'no aaa-server rad').configuration);
  assert.deepEqual(gone, sessionSlice.empty);
});
