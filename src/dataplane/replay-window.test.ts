import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '#base/prng';
import { REPLAY_WINDOW, ReplayWindow, windowWords } from './replay-window.ts';

/** The rules of RFC 4303 section 3.4.3 word for word, with a set for memory. */
class Reference {
  readonly #size: number;
  readonly #seen = new Set<number>();
  #top = 0;

  constructor(size: number) {
    this.#size = size;
  }

  admits(sequence: number): boolean {
    if (sequence === 0 || this.#seen.has(sequence)) return false;
    return sequence > this.#top || this.#top - sequence < this.#size;
  }

  record(sequence: number): boolean {
    const advanced = sequence > this.#top;
    if (advanced) this.#top = sequence;
    this.#seen.add(sequence);
    return advanced;
  }
}

/** A window that lies among ones and nines, none of which it may read. */
function windowOf(size: number, extended: boolean): ReplayWindow {
  const window = new ReplayWindow();
  const words = windowWords(size);
  const bits = new Int32Array(words + 16).fill(-1).fill(0, 8, 8 + words);
  window.lieAt(size, extended, bits, 8, new Float64Array([999, 0, 999]), 1);
  return window;
}

const accept = (window: ReplayWindow, sequence: number): boolean => {
  if (!window.admits(sequence)) return false;
  window.record(sequence);
  return true;
};

test('the window agrees with the rules of RFC 4303, whatever the order', () => {
  for (const size of [REPLAY_WINDOW.least, 33, 64, 100, 1024, REPLAY_WINDOW.most]) {
    const random = new Prng(size);
    const window = windowOf(size, false);
    const reference = new Reference(size);
    let around = 0;
    for (let i = 0; i < 20_000; i += 1) {
      around += random.chance(0.01) ? random.between(0, 3 * size) : random.between(0, 2);
      const sequence = Math.max(0, around - random.between(0, size + 40));
      assert.equal(window.admits(sequence), reference.admits(sequence), `${size}: ${sequence}`);
      if (window.admits(sequence) && random.chance(0.9))
        assert.equal(window.record(sequence), reference.record(sequence));
    }
  }
});

test('number 0 is refused, the left edge is the last to be admitted', () => {
  const window = windowOf(64, false);
  assert.equal(window.admits(0), false);
  assert.ok(accept(window, 100));
  assert.equal(window.admits(100), false);
  assert.equal(window.admits(36), false);
  assert.equal(window.admits(37), true);
  assert.ok(accept(window, 0xffffffff));
  assert.equal(window.admits(0xffffffff), false);
  assert.equal(window.admits(0xffffffff - 64), false);
});

test('a leap over the whole ring forgets what was seen', () => {
  const window = windowOf(64, false);
  for (let s = 1; s <= 64; s += 1) assert.ok(accept(window, s));
  assert.ok(accept(window, 10_000_000));
  for (let s = 10_000_000 - 63; s < 10_000_000; s += 1) assert.ok(accept(window, s));
  for (let s = 10_000_000 - 64; s <= 10_000_000; s += 1) assert.ok(!accept(window, s));
});

test('extended numbers: the upper half is inferred around each wrap of the lower', () => {
  const window = windowOf(64, true);
  assert.equal(window.whole(5), 5);
  assert.ok(window.whole(0xffffffff) < 0);
  assert.ok(!window.admits(window.whole(0xffffffff)));
  assert.ok(accept(window, 2 ** 32 - 10));
  assert.equal(window.whole(0xffffffff), 2 ** 32 - 1);
  assert.equal(window.whole(3), 2 ** 32 + 3);
  assert.ok(accept(window, 2 ** 32 + 3));
  assert.equal(window.whole(0xfffffff0), 2 ** 32 - 16);
  assert.ok(accept(window, 2 ** 32 - 16));
  assert.ok(!accept(window, 2 ** 32 - 10));
  assert.ok(accept(window, 2 ** 32));
  assert.equal(window.top, 2 ** 32 + 3);
});

test('extended numbers follow a sender across several wraps', () => {
  const random = new Prng(7);
  const window = windowOf(1024, true);
  let sent = 1;
  for (let i = 0; i < 50_000; i += 1) {
    sent += random.between(1, 400_000);
    const sequence = sent - random.between(0, 300);
    if (sequence <= 0) continue;
    const inferred = window.whole(sequence >>> 0);
    assert.equal(inferred, sequence);
    if (window.admits(inferred)) window.record(inferred);
  }
  assert.ok(window.top > 2 * 2 ** 32);
});

test('a resumed window takes everything up to its start as seen', () => {
  const window = windowOf(64, false);
  window.resume(1000);
  for (let s = 900; s <= 1000; s += 1) assert.ok(!accept(window, s));
  for (let s = 1001; s <= 1100; s += 1) assert.ok(accept(window, s));
  for (let s = 900; s <= 1100; s += 1) assert.ok(!accept(window, s));
});
