import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ipv4 } from './address-tokens.ts';
import { matchLine, splitLine } from './match.ts';
import { flag, optional, type Path } from './path.ts';
import { spell } from './spelling.ts';
import { choice, int, rest, word } from './tokens.ts';

const commands: Readonly<Record<string, Path>> = {
  policy: ['crypto isakmp policy', int('priority', 1, 100, '')],
  poll: ['crypto isakmp poll'],
  hostname: ['hostname', word('name', '')],
  listen: [
    'listen',
    ipv4('address', ''),
    optional('port', int('port', 1, 9, '')),
    flag('fast', 'fast', ''),
  ],
  set: ['set', choice('state', { enable: '', enhanced: '', off: '' })],
  set_value: ['set value', rest('text', '')],
  user: ['user', word('name', ''), 'attributes'],
  user_password: ['user', word('name', ''), 'password', word('password', '')],
};
const spellings = Object.entries(commands).flatMap(([name, path]) => [
  spell(name, { path }),
  spell(`no ${name}`, { path }, { negated: true, key: name === 'user' ? ['name'] : [] }),
]);

/** The command a line means, with its values; or the kind of failure and where it is. */
function meaning(text: string): unknown {
  const match = matchLine(spellings, splitLine(text));
  if (match.kind === 'matched') return [match.spelling.command, match.values];
  return 'at' in match ? [match.kind, match.at] : [match.kind];
}

test('keywords abbreviate as long as they are unique, in capitals or not', () => {
  assert.deepEqual(meaning('cr is poli 5'), ['policy', { priority: 5 }]);
  assert.deepEqual(meaning('CRYPTO ISAKMP POLICY 5'), ['policy', { priority: 5 }]);
  assert.deepEqual(meaning('crypto isakmp po'), ['ambiguous', 2]);
  assert.deepEqual(meaning('crypto isakmp pol 5'), ['ambiguous', 2]);
  assert.deepEqual(meaning('crypto isakmp poll'), ['poll', {}]);
});

test('a failure tells the word: ambiguous, incomplete and invalid differ', () => {
  assert.deepEqual(meaning('crypto isakmp'), ['incomplete']);
  assert.deepEqual(meaning('crypto isakmp policy'), ['incomplete']);
  assert.deepEqual(meaning('crypto isakmp policy 101'), ['invalid', 3]);
  assert.deepEqual(meaning('crypto isakmp polcy 10'), ['invalid', 2]);
  assert.deepEqual(meaning('crypto isakmp poll 10'), ['invalid', 3]);
  const match = matchLine(spellings, splitLine('crypto isakmp policy 101'));
  assert.equal(match.kind === 'invalid' && match.reason, '101 is not between 1 and 100');
});

test('optional parts and flags may be left out', () => {
  const off = { fast: false };
  assert.deepEqual(meaning('listen 10.0.0.1'), ['listen', { ...off, address: '10.0.0.1' }]);
  assert.deepEqual(meaning('listen 10.0.0.1 port 4'), [
    'listen',
    { ...off, address: '10.0.0.1', port: 4 },
  ]);
  assert.deepEqual(meaning('listen 10.0.0.1 fa'), ['listen', { address: '10.0.0.1', fast: true }]);
  assert.deepEqual(meaning('listen 10.0.0.1 port 4 fast'), [
    'listen',
    { address: '10.0.0.1', port: 4, fast: true },
  ]);
  assert.deepEqual(meaning('listen 10.0.0.1 port'), ['incomplete']);
});

test('choices abbreviate beside keywords, and a name may look like a keyword', () => {
  assert.deepEqual(meaning('set of'), ['set', { state: 'off' }]);
  assert.deepEqual(meaning('set en'), ['ambiguous', 1]);
  assert.deepEqual(meaning('set va some  text'), ['set_value', { text: 'some  text' }]);
  assert.deepEqual(meaning('hostname hostname'), ['hostname', { name: 'hostname' }]);
  assert.deepEqual(meaning('user password password password'), [
    'user_password',
    { name: 'password', password: 'password' },
  ]);
});

test('a "no" line needs the tokens that tell the entry and may leave out the others', () => {
  assert.deepEqual(meaning('no crypto isakmp policy'), ['no policy', {}]);
  assert.deepEqual(meaning('no crypto isakmp policy 5'), ['no policy', { priority: 5 }]);
  assert.deepEqual(meaning('no crypto isakmp'), ['incomplete']);
  assert.deepEqual(meaning('no user bob'), ['no user', { name: 'bob' }]);
  assert.deepEqual(meaning('no listen'), ['no listen', { fast: false }]);
});

test('a hostile line costs no more than its length', () => {
  const long = `user ${'a '.repeat(20_000)}`;
  assert.equal(matchLine(spellings, splitLine(long)).kind, 'invalid');
  const wide = `set value ${'x'.repeat(1_000_000)}`;
  assert.equal(matchLine(spellings, splitLine(wide)).kind, 'invalid');
});
