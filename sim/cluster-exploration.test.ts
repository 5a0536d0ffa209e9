import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Exploration, Explorer } from './cluster-exploration.ts';

const three: Exploration = {
  priorities: [10, 10, 9],
  from: 'rest',
  prompt: true,
  depth: 12,
  mostLosses: 1,
  mostCrashes: 1,
  leaves: true,
  continueEvery: 40,
};

test('three members at rest, a crash, a loss and a leave, in every order of 12 actions: one master at most', () => {
  const { states, continued, open } = new Explorer(three).run();
  assert.ok(states > 2000 && continued > 50, `${states} states`);
  assert.ok(open > 0);
});

test('the same with datagrams that are late without bound, in every order of 6 actions: two masters never in peace', () => {
  const { states } = new Explorer({ ...three, prompt: false, depth: 6 }).run();
  assert.ok(states > 1000, `${states} states`);
});

test('two members that start, and one may crash and one datagram be lost, in every order of 40 actions', () => {
  const { states, continued } = new Explorer({
    ...three,
    priorities: [10, 10],
    from: 'start',
    depth: 40,
    continueEvery: 100,
  }).run();
  assert.ok(states > 3000 && continued > 30, `${states} states`);
});

test('two members whose master has crashed, from the first claim on, in every order of 20 actions', () => {
  const { states } = new Explorer({ ...three, from: 'bereft', depth: 20 }).run();
  assert.ok(states > 2000, `${states} states`);
});

test('a master that was apart from two others, together again, in every order of 10 actions', () => {
  const { states, continued } = new Explorer({ ...three, from: 'parted', depth: 10 }).run();
  assert.ok(states > 3000 && continued > 50, `${states} states`);
});
