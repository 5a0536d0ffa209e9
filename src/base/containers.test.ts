import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeadlineHeap } from './deadline-heap.ts';
import { instant } from './instant.ts';
import { LruMap } from './lru-map.ts';
import { Prng } from './prng.ts';
import { Ring } from './ring.ts';

test('the deadline heap agrees with a sorted list under any sequence of changes', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const random = new Prng(seed);
    const heap = new DeadlineHeap<number>();
    const model = new Map<number, number>();
    for (let i = 0; i < 2000; i += 1) {
      const key = random.between(0, 99);
      if (random.chance(0.3)) {
        heap.set(key, undefined);
        model.delete(key);
      } else if (random.chance(0.8)) {
        const at = random.between(0, 1000);
        heap.set(key, instant(at));
        model.set(key, at);
      } else {
        const now = random.between(0, 200);
        for (
          let due = heap.takeDue(instant(now));
          due !== undefined;
          due = heap.takeDue(instant(now))
        ) {
          assert.ok((model.get(due) ?? Number.POSITIVE_INFINITY) <= now, `seed ${seed}`);
          model.delete(due);
        }
      }
      const earliest = model.size === 0 ? undefined : Math.min(...model.values());
      assert.equal(heap.earliest(), earliest, `seed ${seed} step ${i}`);
      assert.equal(heap.size, model.size);
    }
  }
});

test('an LRU map forgets what was unused for longest', () => {
  const map = new LruMap<string, number>(2);
  assert.equal(map.set('a', 1), undefined);
  assert.equal(map.set('b', 2), undefined);
  assert.equal(map.get('a'), 1);
  assert.deepEqual(map.set('c', 3), { key: 'b', value: 2 });
  assert.equal(map.get('b'), undefined);
  assert.equal(map.size, 2);
  assert.equal(map.delete('a'), true);
  assert.deepEqual([...map.entries()], [['c', 3]]);
});

test('a ring keeps the newest items', () => {
  const ring = new Ring<number>(3);
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((n) => ring.push(n)),
    [undefined, undefined, undefined, 1, 2],
  );
  assert.deepEqual([...ring], [3, 4, 5]);
  assert.deepEqual([...ring.last(2)], [4, 5]);
  assert.deepEqual([...ring.last(9)], [3, 4, 5]);
});

test('one seed gives one sequence, neighbouring seeds differ, values stay in range', () => {
  assert.deepEqual(new Prng(5).bytes(16), new Prng(5).bytes(16));
  assert.notDeepEqual(new Prng(5).bytes(16), new Prng(6).bytes(16));
  const random = new Prng(1);
  const seen = new Set<number>();
  for (let i = 0; i < 500; i += 1) seen.add(random.between(3, 7));
  assert.deepEqual([...seen].sort(), [3, 4, 5, 6, 7]);
});
