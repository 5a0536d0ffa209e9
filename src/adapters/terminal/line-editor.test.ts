import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeyName } from './keys.ts';
import { LineEditor } from './line-editor.ts';

/** The line after some keys, the cursor shown as a bar. */
function line(editor: LineEditor, ...keys: KeyName[]): string {
  for (const key of keys) editor.press(key);
  return `${editor.beforeCursor}|${editor.text.slice(editor.cursor)}`;
}

function editorWith(text: string): LineEditor {
  const editor = new LineEditor();
  editor.insert(text);
  return editor;
}

test('the cursor moves by characters, words and to the ends, and text goes in where it stands', () => {
  const editor = editorWith('show version');
  assert.equal(line(editor, 'left', 'left'), 'show versi|on');
  assert.equal(line(editor, 'wordLeft'), 'show |version');
  assert.equal(line(editor, 'wordLeft', 'wordLeft'), '|show version');
  assert.equal(line(editor, 'wordRight'), 'show| version');
  editor.insert('ing');
  assert.equal(line(editor, 'end', 'right'), 'showing version|');
  assert.equal(line(editor, 'home', 'left', 'delete'), '|howing version');
});

test('what is cut comes back with yank', () => {
  const editor = editorWith('show crypto isakmp sa');
  assert.equal(line(editor, 'killWord', 'killWord'), 'show crypto |');
  assert.equal(line(editor, 'yank', 'home', 'killToEnd'), '|');
  assert.equal(line(editor, 'yank', 'left', 'killToStart'), '| ');
  assert.equal(line(editor, 'yank'), 'show crypto isakmp| ');
});

test('characters of two units are one character', () => {
  const editor = editorWith('a😀b');
  assert.equal(line(editor, 'left', 'left'), 'a|😀b');
  assert.equal(line(editor, 'delete'), 'a|b');
  editor.insert('😀');
  assert.equal(line(editor, 'backspace'), 'a|b');
});

test('the history is walked up and down, and the unfinished line waits at its end', () => {
  const editor = editorWith('one');
  assert.equal(editor.take(), 'one');
  for (const text of ['two', 'two', '  ']) {
    editor.insert(text);
    editor.take();
  }
  editor.insert('unfin');
  assert.equal(line(editor, 'previous'), 'two|');
  assert.equal(line(editor, 'previous', 'previous'), 'one|');
  assert.equal(line(editor, 'next', 'next', 'next'), 'unfin|');
  editor.clear();
  assert.equal(line(editor, 'previous'), 'two|');
});

test('the history and the line are bounded', () => {
  const editor = new LineEditor();
  for (let i = 0; i < 2000; i += 1) {
    editor.insert(`line ${i}`);
    editor.take();
  }
  for (let i = 0; i < 3000; i += 1) editor.press('previous');
  assert.equal(editor.text, 'line 1500');
  editor.insert('x'.repeat(100_000));
  assert.equal(editor.text.length, 4096);
});
