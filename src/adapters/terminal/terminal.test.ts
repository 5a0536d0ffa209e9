import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toUtf8 } from '#base/bytes';
import { Prng } from '#base/prng';
import { KeyDecoder } from './keys.ts';
import { LineEditor } from './line-editor.ts';
import { positionAfter, rowsOf, safeText, widthOf } from './screen.ts';
import type { Reply, Shell } from './shell.ts';
import { Terminal, type TerminalOptions } from './terminal.ts';
import { VirtualScreen } from './testing/virtual-screen.ts';

const commands = ['show version', 'show vpn-sessiondb', 'exit'];

/** A shell that notes what it is told, and answers by the first word. */
function makeShell(more: Partial<Shell> = {}): Shell & { readonly log: string[] } {
  const log: string[] = [];
  let ended = false;
  return {
    log,
    prompt: () => 'headend# ',
    execute(line) {
      log.push(line);
      if (line === 'exit') ended = true;
      if (line.startsWith('lines')) return said(numbered(Number(line.slice(6))));
      if (line === 'boom') throw new Error('kaputt');
      return said(line === 'exit' ? '' : `you said ${line}`);
    },
    complete(text) {
      const words = commands.filter((c) => c.startsWith(text));
      if (words.length === 1) return { text: `${words[0]} `, candidates: [] };
      return {
        text: text.startsWith('sh') && text.length < 6 ? 'show v' : text,
        candidates: words,
      };
    },
    help: (text) => `help for "${text}"`,
    ended: () => ended,
    pageRows: () => undefined,
    ...more,
  };
}

const said = (text: string): Reply => ({ text, failed: false });

const numbered = (count: number) =>
  Array.from({ length: count }, (_, i) => `row ${i + 1}`).join('\n');

function console(shell: Shell, columns = 40, rows = 10, more: Pick<TerminalOptions, 'stays'> = {}) {
  const screen = new VirtualScreen(columns);
  const heard: string[] = [];
  const terminal = new Terminal({
    shell,
    columns,
    rows,
    write: (text) => screen.write(text),
    ended: () => heard.push('ended'),
    interrupted: () => heard.push('interrupted'),
    ...more,
  });
  terminal.start();
  return { screen, terminal, heard, type: (text: string) => terminal.input(toUtf8(text)) };
}

test('a line is echoed, carried out, answered, and followed by the prompt', () => {
  const shell = makeShell();
  const { screen, type } = console(shell);
  type('show version\r');
  type('\r');
  assert.deepEqual(screen.lines, [
    'headend# show version',
    'you said show version',
    'headend#',
    'headend#',
  ]);
  assert.deepEqual(shell.log, ['show version']);
  assert.deepEqual(screen.cursor, { row: 3, column: 9 });
});

test('? answers at once, without Enter, and gives the line back', () => {
  const shell = makeShell();
  const { screen, type } = console(shell);
  type('show ?');
  assert.deepEqual(screen.lines, ['headend# show ?', 'help for "show "', 'headend# show']);
  assert.deepEqual(screen.cursor, { row: 2, column: 14 });
  assert.deepEqual(shell.log, []);
});

test('Tab completes as far as it is clear, rings, and lists at the second time', () => {
  const { screen, type } = console(makeShell());
  type('sh\t');
  assert.equal(screen.lines.at(-1), 'headend# show v');
  assert.deepEqual(screen.cursor, { row: 0, column: 15 });
  assert.equal(screen.bells, 0);
  type('\x02\x06\t');
  assert.equal(screen.bells, 1);
  type('\t');
  assert.deepEqual(screen.lines, [
    'headend# show v',
    'show version  show vpn-sessiondb',
    'headend# show v',
  ]);
  type('e\t');
  assert.equal(screen.lines.at(-1), 'headend# show version');
  type('xyz\t');
  assert.equal(screen.bells, 2);
  // Text behind the cursor stays.
  type('\x15\x19\x01exi\t');
  assert.equal(screen.lines.at(-1), 'headend# exit show version xyz');
});

test('a long answer is shown a page at a time: space, Enter, q', () => {
  const { screen, type } = console(makeShell());
  type('lines 30\r');
  assert.deepEqual(screen.lines.slice(-2), ['row 9', '--More--']);
  type('\r');
  assert.deepEqual(screen.lines.slice(-2), ['row 10', '--More--']);
  type('x');
  assert.deepEqual(screen.lines.slice(-2), ['row 10', '--More--']);
  type(' ');
  assert.deepEqual(screen.lines.slice(-2), ['row 19', '--More--']);
  type('q');
  assert.deepEqual(screen.lines.slice(-2), ['row 19', 'headend#']);
  type('lines 9\r');
  assert.deepEqual(screen.lines.slice(-2), ['row 9', 'headend#']);
  assert.equal(screen.lines.filter((l) => l.includes('More')).length, 0);
});

test('pages can be switched off, and rows that wrap count', () => {
  const off = console(makeShell({ pageRows: () => 0 }));
  off.type('lines 100\r');
  assert.equal(off.screen.lines.at(-1), 'headend#');
  const wrapping = console(makeShell({ execute: () => said(`${'x'.repeat(100)}\n`.repeat(4)) }));
  wrapping.type('go\r');
  assert.equal(wrapping.screen.lines.at(-1), '--More--');
  assert.equal(wrapping.screen.lines.length, 1 + 9 + 1);
});

test('where there is nothing to go back to, Ctrl-D says so and the terminal goes on', () => {
  const { screen, type, heard } = console(makeShell(), 40, 10, { stays: 'Ctrl-C ends headend' });
  type('\x04');
  assert.deepEqual(screen.lines, ['headend#', 'Ctrl-C ends headend', 'headend#']);
  type('show version\r');
  assert.equal(screen.lines.at(-2), 'you said show version');
  assert.deepEqual(heard, []);
});

test('Ctrl-C drops the line; on an empty line it interrupts; Ctrl-D and exit end the session', () => {
  const shell = makeShell();
  const { screen, type, heard } = console(shell);
  type('show\x03');
  assert.deepEqual(screen.lines, ['headend# show^C', 'headend#']);
  assert.deepEqual(heard, []);
  type('\x03');
  assert.deepEqual(heard, ['interrupted']);
  type('ab\x02\x04c\x04\r');
  assert.deepEqual(shell.log, ['ac']);
  type('exit\r');
  assert.deepEqual(heard, ['interrupted', 'ended']);
  type('more\r');
  assert.deepEqual(shell.log, ['ac', 'exit']);

  const other = console(makeShell());
  other.type('\x04');
  assert.deepEqual(other.heard, ['ended']);
});

test('Ctrl-Z says end, whatever was typed', () => {
  const shell = makeShell();
  const { type } = console(shell);
  type('hostname x\x1a');
  assert.deepEqual(shell.log, ['end']);
});

test('a command that takes long lets Ctrl-C through and keeps what is typed ahead', async () => {
  const aborted: string[] = [];
  const answers: ((reply: Reply) => void)[] = [];
  const shell = makeShell({
    execute: (line, signal) =>
      new Promise((resolve) => {
        answers.push(resolve);
        signal.addEventListener('abort', () => {
          aborted.push(line);
          resolve(said('% Interrupted'));
        });
      }),
  });
  const { screen, type } = console(shell);
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  type('ping one\rping two\r');
  assert.equal(answers.length, 1);
  answers[0]?.(said('first'));
  await settle();
  assert.equal(answers.length, 2);
  type('\x03');
  await settle();
  assert.deepEqual(aborted, ['ping two']);
  assert.deepEqual(screen.lines, [
    ...['headend# ping one', 'first', 'headend# ping two', '% Interrupted', 'headend#'],
  ]);
});

test('a command that fails says so, and the console goes on', async () => {
  const { screen, type } = console(makeShell());
  type('boom\r');
  assert.deepEqual(screen.lines.slice(-2), ['% The command failed: kaputt', 'headend#']);
  const rejecting = console(makeShell({ execute: () => Promise.reject(new Error('later')) }));
  rejecting.type('x\r');
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(rejecting.screen.lines.slice(-2), ['% The command failed: later', 'headend#']);
});

test('events appear above the line being typed, and wait while a page is read', () => {
  const { screen, type, terminal } = console(makeShell());
  type('show ver\x02\x02');
  terminal.print('login of alice\nfrom 192.0.2.1');
  assert.deepEqual(screen.lines, ['login of alice', 'from 192.0.2.1', 'headend# show ver']);
  assert.deepEqual(screen.cursor, { row: 2, column: 15 });
  type('\x03lines 30\r');
  terminal.print('held back');
  assert.equal(screen.lines.at(-1), '--More--');
  type('q');
  assert.deepEqual(screen.lines.slice(-3), ['row 9', 'held back', 'headend#']);
});

test('a line longer than the screen wraps, and is edited across rows', () => {
  const shell = makeShell();
  const { screen, type } = console(shell, 20);
  // The prompt has 9 columns; eleven characters fill the row to its end.
  type('abcdefghijk');
  assert.deepEqual(screen.lines, ['headend# abcdefghijk']);
  assert.deepEqual(screen.cursor, { row: 1, column: 0 });
  type('lmnopqrstuvwxyz0123456789');
  assert.deepEqual(screen.lines, ['headend# abcdefghijk', 'lmnopqrstuvwxyz01234', '56789']);
  type('\x01');
  assert.deepEqual(screen.cursor, { row: 0, column: 9 });
  type('X');
  assert.deepEqual(screen.lines.slice(0, 2), ['headend# Xabcdefghij', 'klmnopqrstuvwxyz0123']);
  type('\x15\x0b');
  assert.deepEqual(screen.lines, ['headend#']);
  type('0123456789 0123456789 ?');
  assert.deepEqual(screen.lines.at(0), 'headend# 0123456789');
  assert.deepEqual(screen.lines.at(1), '0123456789 ?');
  type('\x01\r');
  assert.equal(screen.lines.at(-1), 'headend#');
  assert.deepEqual(shell.log, ['0123456789 0123456789 ']);
});

test('a resized terminal draws the line for its new width', () => {
  let screen = new VirtualScreen(40);
  const terminal = new Terminal({
    shell: makeShell(),
    columns: 40,
    rows: 10,
    write: (text) => screen.write(text),
    ended: () => undefined,
  });
  terminal.start();
  terminal.input(toUtf8('abcdefghijklmnop'));
  // What a terminal shows after it laid the same text out for 20 columns by itself.
  screen = new VirtualScreen(20);
  screen.write('above\r\nheadend# abcdefghijklmnop');
  terminal.resize(20, 10);
  assert.deepEqual(screen.lines, ['above', 'headend# abcdefghijk', 'lmnop']);
  terminal.input(toUtf8('\x15'));
  assert.deepEqual(screen.lines, ['above', 'headend#']);
});

test('names of strangers cannot move the cursor or retitle the window', () => {
  const { screen, type, terminal } = console(
    makeShell({ execute: () => said('user \x1b]0;evil\x07\x1b[2J\r\u009b31m end') }),
  );
  type('x\r');
  terminal.print('a\x1b[Hb');
  assert.ok(screen.lines.some((l) => l.startsWith('user ?]0;evil??[2J??31m end')));
  assert.ok(screen.lines.some((l) => l === 'a?[Hb'));
  assert.equal(screen.bells, 0);
  assert.equal(safeText('a\tb\nc'), 'a        b\nc');
});

test('wide characters take two columns and never stand across the margin', () => {
  assert.equal(widthOf('aé中😀\u0301'), 6);
  assert.deepEqual(rowsOf('ab中中\n\nx', 5), ['ab中', '中', '', 'x']);
  assert.deepEqual(positionAfter('ab中中', 5), { row: 1, column: 2 });
});

test('whatever is typed, the screen shows the line and the cursor where the editor has them', () => {
  const prng = new Prng(5);
  const keys = [
    ...['a', 'b', ' ', '中', 'x', '\x01', '\x05', '\x02', '\x06', '\x7f', '\x17', '\x19'],
    ...['\x0b', '\x1b[A', '\x1b[B', '\x1b[1;5D', '\x1b[3~', '😀', 'some words', '\r'],
  ];
  for (let round = 0; round < 200; round += 1) {
    const columns = prng.between(12, 30);
    const { screen, type } = console(makeShell({ execute: () => said('') }), columns);
    const decoder = new KeyDecoder();
    const editor = new LineEditor();
    let above: string[] = [];
    for (let i = 0; i < 60; i += 1) {
      const typed = prng.pick(keys);
      type(typed);
      for (const key of decoder.decode(toUtf8(typed))) {
        if (key.kind === 'text') editor.insert(key.text);
        else if (key.name === 'enter') {
          above = screen.lines.slice(0, screen.cursor.row);
          editor.take();
        } else editor.press(key.name);
      }
      const expected = new VirtualScreen(columns);
      expected.write(`headend# ${editor.text}`);
      assert.deepEqual(screen.lines.slice(above.length), expected.lines);
      const cursor = positionAfter(`headend# ${editor.beforeCursor}`, columns);
      assert.deepEqual(screen.cursor, { row: above.length + cursor.row, column: cursor.column });
    }
  }
});
