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

test('what is logged soon after something was printed is printed together, and none of it is lost at the end', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setImmediate'] });
  const log = new EventLog(10);
  const printed: string[] = [];
  const printWaiting = printLater(log, (text) => printed.push(text));
  const opened = (console: string) => log.add(occurred(consoleOpened, { console }), instant(0));
  opened('first');
  t.mock.timers.tick(1);
  assert.equal(printed.length, 1);
  for (const console of ['second', 'third']) opened(console);
  printWaiting();
  assert.match(printed[1] ?? '', /second.*third/s);
  opened('fourth');
  assert.equal(printed.length, 2);
  t.mock.timers.tick(20);
  assert.match(printed[2] ?? '', /fourth/);
  t.mock.timers.tick(1000);
  assert.equal(printed.length, 3, 'each is printed once');
});
