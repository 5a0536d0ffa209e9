import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grammarOf } from '#config/grammar';
import { formatListing, listConfiguration } from '#config/listing';
import { parseListing } from '#config/parse';
import { sessionRoom } from './commands.ts';
import { sessionSlice } from './config.ts';

const grammar = grammarOf([sessionRoom]);
const parse = (...lines: readonly string[]) => parseListing(grammar, lines.join('\n'));

test('LB-72: the most sessions at once are configured, listed and taken back', () => {
  const { configuration, diagnostics } = parse('vpn-sessiondb max-session-limit 10');
  assert.deepEqual(diagnostics, []);
  assert.equal(sessionSlice.of(configuration).sessionLimit, 10);
  assert.deepEqual(
    formatListing(listConfiguration(grammar, configuration, { audience: 'person' }), 'pix'),
    ['vpn-sessiondb max-session-limit 10'],
  );
  const taken = parse('vpn-sessiondb max-session-limit 10', 'no vpn-sessiondb max-session-limit');
  assert.equal(sessionSlice.of(taken.configuration).sessionLimit, undefined);
});

test('no sessions at all, or more than the table holds, is refused', () => {
  for (const limit of ['0', '100001', 'many'])
    assert.equal(parse(`vpn-sessiondb max-session-limit ${limit}`).diagnostics.length, 1);
});
