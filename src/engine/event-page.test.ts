import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventQuery, EventView } from '#views/views';
import { pageOfEvents } from './event-page.ts';

const event = (seq: number, fields: Partial<EventView>): EventView => ({
  seq,
  at: seq,
  class: 'IKE',
  number: 120,
  severity: 4,
  repeat: 1,
  text: 'PHASE 2 COMPLETED',
  why: '',
  remedy: '',
  ...fields,
});

const log = [
  event(5, { class: 'IPSECDBG', number: 1, severity: 9 }),
  event(4, { class: 'IKEDBG', number: 0, severity: 8, text: 'processing hash' }),
  event(3, { class: 'IKE', severity: 5, username: 'vpnclient2' }),
  event(2, { class: 'IKE', severity: 4, peer: '171.69.89.78' }),
];

const found = (query: Partial<EventQuery>) =>
  pageOfEvents(log, { limit: 100, ...query }, ['IKE', 'IKEDBG', 'IPSECDBG']).items.map(
    (e) => e.seq,
  );

test('NAT-60: a filter by class and severity lets just those lines through', () => {
  assert.deepEqual(found({}), [5, 4, 3, 2]);
  assert.deepEqual(found({ classes: ['IKE', 'IKEDBG'] }), [4, 3, 2]);
  assert.deepEqual(found({ severityFrom: 5, severityTo: 8 }), [4, 3]);
  assert.deepEqual(found({ classes: ['IKE'], severityTo: 4 }), [2]);
  assert.deepEqual(found({ classes: [] }), []);
});

test('the search looks into text, user, peer and the name of the event', () => {
  assert.deepEqual(found({ text: 'HASH' }), [4]);
  assert.deepEqual(found({ text: 'vpnclient2' }), [3]);
  assert.deepEqual(found({ text: '171.69' }), [2]);
  assert.deepEqual(found({ text: 'ipsecdbg/1' }), [5]);
});

test('after and before are the ways forward and back through the log', () => {
  assert.deepEqual(found({ after: 3 }), [5, 4]);
  assert.deepEqual(found({ before: 4 }), [3, 2]);
  assert.deepEqual(found({ before: 4, limit: 1 }), [3]);
  assert.deepEqual(found({ after: 5 }), []);
});

test('the newest number is told whether it matches or not, and 0 for an empty log', () => {
  assert.equal(pageOfEvents(log, { limit: 1, text: 'hash' }, []).lastSeq, 5);
  assert.equal(pageOfEvents([], { limit: 1 }, []).lastSeq, 0);
});
