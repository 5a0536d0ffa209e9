import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toUtf8 } from '#base/bytes';
import type { Fragment } from '#wire/isakmp/payload';
import { addFragment, type Reassembly } from './fragmentation.ts';

const part = (fragmentId: number, number: number, text: string, last = false): Fragment => ({
  type: 'fragment',
  fragmentId,
  number,
  last,
  data: toUtf8(text),
});

/** The messages that come of fragments, one after the other. */
function messagesOf(fragments: readonly Fragment[], octetsMost = 100): string[] {
  const messages: string[] = [];
  let kept: Reassembly | undefined;
  for (const fragment of fragments) {
    const result = addFragment(kept, fragment, octetsMost);
    kept = 'keep' in result ? result.keep : undefined;
    if ('message' in result) messages.push(Buffer.from(result.message).toString());
  }
  return messages;
}

test('fragments make a message in any order, and whatever is repeated', () => {
  const [a, b, c] = [part(7, 1, 'one'), part(7, 2, 'two'), part(7, 3, 'three', true)];
  for (const order of [
    [a, b, c],
    [c, a, b],
    [b, b, c, c, a],
    [c, b, a],
  ])
    assert.deepEqual(messagesOf(order), ['onetwothree']);
});

test('a part that was left over does not spoil the next message, also where all have one number', () => {
  const left = part(1, 1, 'old');
  assert.deepEqual(messagesOf([left, part(1, 1, 'new'), part(1, 2, 'er', true)]), ['newer']);
  assert.deepEqual(messagesOf([left, part(2, 1, 'new'), part(2, 2, 'er', true)]), ['newer']);
});

test('a message longer than may be is given up, and the next one is read', () => {
  const long = [part(1, 1, 'x'.repeat(60)), part(1, 2, 'x'.repeat(60))];
  assert.deepEqual(messagesOf([...long, part(1, 3, 'end', true)]), []);
  assert.deepEqual(messagesOf([...long, part(2, 1, 'short', true)]), ['short']);
});

test('numbers that no message has change nothing', () => {
  const odd = [part(1, 0, 'x'), part(1, 33, 'x', true)];
  assert.deepEqual(messagesOf([part(1, 1, 'a'), ...odd, part(1, 2, 'b', true)]), ['ab']);
});
