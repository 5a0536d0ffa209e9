import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toUtf8 } from '#base/bytes';
import { Prng } from '#base/prng';
import { KeyDecoder } from './keys.ts';

/** Keys as short words: text as it is, pasted text in quotes, keys in angle brackets. */
function typed(...pieces: (string | Uint8Array)[]): string {
  const decoder = new KeyDecoder();
  return pieces
    .flatMap((piece) => decoder.decode(typeof piece === 'string' ? toUtf8(piece) : piece))
    .map((key) => (key.kind === 'key' ? `<${key.name}>` : key.literal ? `"${key.text}"` : key.text))
    .join('');
}

test('text, control keys and the sequences of cursor keys', () => {
  assert.equal(typed('sh ver\r'), 'sh ver<enter>');
  assert.equal(
    typed('?\t\x03\x04\x1a\x7f\x08'),
    [
      ...['<help>', '<tab>', '<interrupt>', '<endOfInput>', '<endMode>'],
      ...['<backspace>', '<backspace>'],
    ].join(''),
  );
  assert.equal(typed('\x1b[A\x1bOB\x1b[C\x1b[D'), '<previous><next><right><left>');
  assert.equal(typed('\x1b[3~\x1b[H\x1b[4~\x1b[1;5Cx'), '<delete><home><end><wordRight>x');
});

test('a sequence, a character or a line end may arrive in pieces', () => {
  assert.equal(typed('\x1b', '[', '1;', '5D', 'x'), '<wordLeft>x');
  const euro = toUtf8('é€');
  assert.equal(typed(...Array.from(euro, (b) => new Uint8Array([b]))), 'é€');
  assert.equal(typed('a\r', '\nb\r\rc\n'), 'a<enter>b<enter><enter>c<enter>');
});

test('what is pasted, and what follows Ctrl-V, is taken as it is', () => {
  assert.equal(typed('\x1b[200~what?\r\nb\tc\nd\x1b[201~?'), '"what?"<enter>"b c"<enter>"d"<help>');
  assert.equal(typed('\x1b[200~a\r', '\nb\x1b[2', '01~\t'), '"a"<enter>"b"<tab>');
  assert.equal(typed('\x16', '?x'), '"?"x');
});

test('unknown sequences and control characters disappear', () => {
  assert.equal(typed('\x1b[99;1~a\x1b[?25lb\x1bzc\x00\x1cd'), 'abcd');
});

test('no input makes the decoder throw, hang or keep more than a sequence', () => {
  const prng = new Prng(11);
  for (let i = 0; i < 20_000; i += 1) {
    const decoder = new KeyDecoder();
    const octets = prng.bytes(prng.between(0, 40));
    if (prng.chance(0.5)) octets[0] = 0x1b;
    const whole = decoder.decode(octets);
    // After enough plain letters, the last of them always comes through.
    const after = decoder.decode(toUtf8(`${'z'.repeat(40)}\x1b[201~q`));
    assert.ok(whole.length <= octets.length);
    assert.match(JSON.stringify(after.at(-1)), /q"/);
  }
});
