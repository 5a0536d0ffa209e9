import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadPercentOf } from './head-end-commands.ts';

test('the load of the device is that of its clients and tunnels, not of who looks after it', () => {
  const active = { remoteAccess: 3, lanToLan: 1, management: 2 };
  assert.equal(loadPercentOf({ active, limit: 20 }), 20);
  assert.equal(loadPercentOf({ active, limit: 0 }), 100);
});
