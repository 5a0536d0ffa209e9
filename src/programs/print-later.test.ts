import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { instant } from '#base/instant';
import { occurred } from '#events/event';
import { EventLog } from '#events/log';
import { configurationChanged, consoleOpened } from '#features/management/events';
import { FIRST_SEAT } from './consoles.ts';
import { printLater } from './print-later.ts';

test('the first terminal shows what was logged before it, in order, and what is logged afterwards', async () => {
  const log = new EventLog(10);
  const opened = (console: string) => log.add(occurred(consoleOpened, { console }), instant(0));
  opened('early');
  opened('later');
  const printed: string[] = [];
  printLater(log, (text) => printed.push(text));
  assert.deepEqual(printed, [], 'answers to peers leave before anything is written about them');
  await nextTurn();
  assert.equal(printed.length, 1);
  assert.match(printed[0] ?? '', /early.*later/s);
  await sleep(30);
  opened('afterwards');
  log.add(occurred(configurationChanged, { by: FIRST_SEAT.name, line: 'typed here' }), instant(0));
  await nextTurn();
  assert.equal(printed.length, 2);
  assert.match(printed[1] ?? '', /afterwards/);
  assert.doesNotMatch(printed[1] ?? '', /typed here/);
});

test('what is logged soon after something was printed is printed together, and none of it is lost at the end', async () => {
  const log = new EventLog(10);
  const printed: string[] = [];
  const printWaiting = printLater(log, (text) => printed.push(text));
  const opened = (console: string) => log.add(occurred(consoleOpened, { console }), instant(0));
  opened('first');
  await nextTurn();
  for (const console of ['second', 'third', 'fourth']) {
    opened(console);
    await nextTurn();
  }
  printWaiting();
  assert.equal(printed.length, 2);
  assert.match(printed[1] ?? '', /second.*third.*fourth/s);
  await sleep(30);
  assert.equal(printed.length, 2, 'each is printed once');
});
