import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { Secret } from './secret.ts';

test('a secret shows itself only when it is asked to', () => {
  const secret = new Secret('hunter2');
  const shown = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ deep: [secret] }, { depth: 9, showHidden: true }),
    Object.values(secret).join(),
  ].join('\n');
  assert.doesNotMatch(shown, /hunter2/);
  assert.equal(secret.reveal(), 'hunter2');
  assert.ok(secret.equals(new Secret('hunter2')) && !secret.equals(new Secret('hunter3')));
});
