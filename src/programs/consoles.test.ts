import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { encodeFrame, encodeSize } from '#adapters/terminal/frames';
import type { Shell } from '#adapters/terminal/shell';
import { type EventRecord, occurred } from '#events/event';
import {
  configurationChanged,
  configurationSaved,
  consoleClosed,
  consoleOpened,
} from '#features/management/events';
import { FIRST_SEAT, openConsoles, typedHere } from './consoles.ts';

const shell: Shell = {
  prompt: () => '# ',
  execute: () => ({ text: '', failed: false }),
  complete: (text) => ({ text, candidates: [] }),
  help: () => '',
  ended: () => false,
  pageRows: () => undefined,
};

test('a console that joins and leaves stands in the log by its name; a script does not', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'headend-consoles-'));
  const path = join(folder, 's');
  const noted: EventRecord[] = [];
  const seats: string[] = [];
  let heard = () => {};
  const consoles = await openConsoles(
    path,
    ({ name }) => {
      seats.push(name);
      return shell;
    },
    () => assert.fail('nobody stops the daemon'),
    (record) => {
      noted.push(record);
      heard();
    },
  );
  t.after(async () => {
    await consoles.close();
    rmSync(folder, { recursive: true });
  });
  const next = () => new Promise<void>((resolve) => (heard = resolve));
  const socket = connect(path);
  const opened = next();
  socket.write(encodeSize('interactive', 80, 24));
  await opened;
  const closed = next();
  socket.destroy();
  await closed;
  const script = connect(path);
  script.resume();
  script.write(encodeFrame('batch', new Uint8Array()));
  script.end(encodeFrame('end', new Uint8Array()));
  await new Promise((resolve) => script.once('close', resolve));
  assert.deepEqual(seats, ['console 1', 'script 2']);
  assert.deepEqual(
    noted.map(({ definition, args }) => [definition, args.console]),
    [
      [consoleOpened, 'console 1'],
      [consoleClosed, 'console 1'],
    ],
  );
});

test('what was typed in the first terminal is not told there again', () => {
  const from = (by: string) =>
    typedHere({ record: occurred(configurationChanged, { by, line: 'hostname gate' }) });
  assert.equal(from(FIRST_SEAT.name), true);
  assert.equal(from('console 2'), false);
  const saved = occurred(configurationSaved, { by: FIRST_SEAT.name });
  assert.equal(typedHere({ record: saved }), false);
});
