import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { references } from './docs.ts';

test('the references in docs/reference are those that the declarations make', () => {
  for (const [path, text] of references()) {
    const found = readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
    assert.ok(found === text, `${path} is out of date: run "node tools/docs.ts"`);
  }
});
