import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { ip, ipv4, ipv6WithLength, mask, network, range } from './address-tokens.ts';
import { bracketed, hardware, securityWord } from './interface-tokens.ts';
import { splitLine } from './match.ts';
import type { Token } from './path.ts';
import { choice, int, many, rest, secret, word } from './tokens.ts';

/** What a token reads from a text: its value, and how many words it took; or why it refuses. */
function read(token: Token, text: string): unknown {
  const reading = token.read(splitLine(text), 0);
  if (!reading.ok) return `${reading.error.kind}: ${reading.error.reason}`;
  return [reading.value.value, reading.value.words];
}

const refused = (token: Token, text: string, reason: RegExp) => {
  const answer = read(token, text);
  assert.ok(typeof answer === 'string', `${text} was read as ${JSON.stringify(answer)}`);
  assert.match(answer, reason);
};

test('a number is within its range, both ends included', () => {
  const token = int('n', 1, 65535, '');
  assert.deepEqual(read(token, '1'), [1, 1]);
  assert.deepEqual(read(token, '65535 more'), [65535, 1]);
  refused(token, '0', /invalid: 0 is not between 1 and 65535/);
  refused(token, '65536', /not between/);
  for (const text of ['-1', '1.5', '0x10', '1e3', '', '9'.repeat(400)])
    refused(token, text, /is not a number|is missing/);
});

test('addresses, masks, networks and ranges say what is wrong with them', () => {
  assert.deepEqual(read(ipv4('a', ''), '10.0.0.1'), ['10.0.0.1', 1]);
  refused(ipv4('a', ''), '10.0.0.256', /"10.0.0.256" is not an IPv4 address/);
  refused(ipv4('a', ''), '2001:db8::1', /not an IPv4 address/);
  assert.deepEqual(read(ip('a', ''), '2001:DB8::1'), ['2001:db8::1', 1]);
  assert.deepEqual(read(mask('m', ''), '255.255.254.0'), [23, 1]);
  refused(mask('m', ''), '255.0.255.0', /not a contiguous network mask/);
  assert.deepEqual(read(network('n', ''), '0 0'), [{ address: '0.0.0.0', length: 0 }, 2]);
  refused(network('n', ''), '10.1.1.1 255.0.0.0', /a host of 10.0.0.0 255.0.0.0, not a network/);
  refused(network('n', ''), '10.0.0.0', /incomplete: a network mask is missing/);
  assert.deepEqual(read(range('r', ''), '10.0.0.1-10.0.0.9'), [
    { first: '10.0.0.1', last: '10.0.0.9' },
    1,
  ]);
  refused(range('r', ''), '10.0.0.9-10.0.0.1', /ends at 10.0.0.1, before it begins/);
  refused(range('r', ''), '10.0.0.1-2001:db8::1', /both ends of a range/);
  refused(range('r', ''), '10.0.0.1-10.0.0.2-10.0.0.3', /not a range/);
  assert.deepEqual(read(ipv6WithLength('p', ''), '2001:db8::1/64'), [
    { address: address('2001:db8::1'), length: 64 },
    1,
  ]);
  refused(ipv6WithLength('p', ''), '2001:db8::1/129', /more than 128/);
  refused(ipv6WithLength('p', ''), '2001:db8::1', /with a prefix length/);
});

test('a hardware name may be split, abbreviated and written in capitals or not', () => {
  const token = hardware('i', '');
  const names: readonly (readonly [string, string, number])[] = [
    ['GigabitEthernet 0/1', 'GigabitEthernet0/1', 2],
    ['gi0/1', 'GigabitEthernet0/1', 1],
    ['Fa 0/0', 'FastEthernet0/0', 2],
    ['tu0', 'Tunnel0', 1],
    ['ethernet0', 'ethernet0', 1],
    ['Eth0/2', 'Ethernet0/2', 1],
    ['eth0', 'eth0', 1],
    ['ens3', 'ens3', 1],
    ['br-lan0', 'br-lan0', 1],
  ];
  for (const [text, name, words] of names) assert.deepEqual(read(token, text), [name, words]);
  refused(token, 'GigabitEthernet', /incomplete: the number of the interface is missing/);
  refused(token, 'gig zero', /"zero" is not a number/);
  refused(token, '10.0.0.1', /is not the name of an interface/);
});

test('a secret of asterisks is refused, since a listing printed it', () => {
  refused(secret('s', ''), '*****', /a listing hides secrets behind asterisks/);
  refused(secret('s', '', 8), 'x'.repeat(9), /at most 8 characters/);
  const reading = secret('s', '').read(splitLine('hunter2'), 0);
  assert.ok(reading.ok);
  assert.equal(secret('s', '').write(reading.value.value, 'person'), '*****');
  assert.equal(secret('s', '').write(reading.value.value, 'file'), 'hunter2');
});

test('choices abbreviate, and the rest of a line keeps its blanks', () => {
  const token = choice('c', { enable: '', disable: '', enhanced: '' });
  assert.deepEqual(read(token, 'dis'), ['disable', 1]);
  assert.deepEqual(read(token, 'ENABLE'), ['enable', 1]);
  refused(token, 'en', /is not one of enable, disable, enhanced/);
  assert.deepEqual(read(rest('r', ''), 'two  words here  '), ['two  words here', 3]);
  refused(rest('r', '', 4), 'abcde', /at most 4 characters/);
  refused(word('w', '', 4), 'abcde', /at most 4 characters/);
});

test('lists are bounded and name the item that does not fit', () => {
  const spaced = many('l', ipv4('a', ''), 2);
  assert.deepEqual(read(spaced, '1.1.1.1 2.2.2.2'), [['1.1.1.1', '2.2.2.2'], 2]);
  refused(spaced, '1.1.1.1 2.2.2.2 3.3.3.3', /at most 2/);
  refused(spaced, '1.1.1.1 x', /"x" is not an IPv4 address/);
  refused(spaced, '', /incomplete/);
  const commas = many('l', int('n', 1, 9, ''), 3, ',');
  assert.deepEqual(read(commas, '1,2,3 rest'), [[1, 2, 3], 1]);
  refused(commas, '1,2,3,4', /at most 3/);
  refused(commas, '1,12', /12 is not between 1 and 9/);
});

test('the PIX writes a security level as one word and an interface in parentheses', () => {
  assert.deepEqual(read(securityWord('s', ''), 'security100'), [100, 1]);
  assert.deepEqual(read(securityWord('s', ''), 'sec0'), [0, 1]);
  refused(securityWord('s', ''), 'security101', /security0 to security100/);
  assert.deepEqual(read(bracketed('i', ''), '(outside)'), ['outside', 1]);
  refused(bracketed('i', ''), 'outside', /in parentheses/);
});
