import assert from 'node:assert/strict';
import { test } from 'node:test';
import { after, instant } from '#base/instant';
import type { SaId } from './keying.ts';
import { rekeyAt, without } from './upkeep.ts';

test('the initiator negotiates phase 1 anew before it ends, the responder leaves it to the initiator', () => {
  const expiresAt = after(instant(0), 1_000_000);
  const sa = { expiresAt, lifetimeSeconds: 1000 };
  assert.equal(rekeyAt({ ...sa, role: 'initiator' }), instant(850_000));
  assert.equal(rekeyAt({ ...sa, role: 'responder' }), undefined);
  assert.equal(rekeyAt({ ...sa, role: 'initiator', expiresAt: undefined }), undefined);
});

test('an SA that ended is not kept, and nothing takes over from another by it any more', () => {
  const [first, second] = [1, 2] as [SaId, SaId];
  const kept = { sas: [first, second], rekeying: second, name: 'peer' };
  assert.deepEqual(without(kept, first), { sas: [second], rekeying: second, name: 'peer' });
  assert.deepEqual(without(kept, second), { sas: [first], rekeying: undefined, name: 'peer' });
});
