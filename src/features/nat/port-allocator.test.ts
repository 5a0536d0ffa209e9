import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '#base/prng';
import { PortAllocator, poolOf, portPools } from './port-allocator.ts';

test('NAT-33: local ports below 1024 get small ports in sequence, the others 1025 and upward', () => {
  const ports = new PortAllocator();
  assert.deepEqual(
    [500, 500, 500, 500].map((local) => ports.allocate(local)),
    [1, 2, 3, 4],
  );
  assert.deepEqual(
    [4500, 4500, 65535].map((local) => ports.allocate(local)),
    [1025, 1026, 1027],
  );
  assert.deepEqual(
    [512, 1023].map((local) => ports.allocate(local)),
    [512, 513],
  );
});

test('a pool gives each of its ports once, then none until one comes back', () => {
  for (const pool of portPools) {
    const ports = new PortAllocator();
    const given = new Set<number>();
    for (;;) {
      const port = ports.allocate(pool.high);
      if (port === undefined) break;
      assert.ok(port >= pool.low && port <= pool.high);
      assert.ok(!given.has(port));
      given.add(port);
    }
    assert.equal(given.size, pool.high - pool.low + 1);
    ports.release(pool.low + 100);
    assert.equal(ports.allocate(pool.high), pool.low + 100);
    assert.equal(ports.allocate(pool.high), undefined);
  }
});

test('a port that was given back is not given out again before the sequence wraps', () => {
  const ports = new PortAllocator();
  assert.equal(ports.allocate(4500), 1025);
  ports.release(1025);
  assert.equal(ports.allocate(4500), 1026);
});

test('giving a port back twice changes nothing', () => {
  const ports = new PortAllocator();
  assert.equal(ports.allocate(500), 1);
  ports.release(1);
  ports.release(1);
  const rest = new Set<number | undefined>();
  for (let n = 0; n < 511; n += 1) rest.add(ports.allocate(500));
  assert.equal(rest.size, 511);
  assert.equal(ports.allocate(500), undefined);
});

test('random use never gives one port to two owners', () => {
  for (let seed = 0; seed < 20; seed += 1) {
    const random = new Prng(seed);
    const ports = new PortAllocator();
    const held = new Set<number>();
    for (let n = 0; n < 5_000; n += 1) {
      const local = random.pick([1, 500, 511, 512, 1023, 1024, 4500, 65535]);
      const port = ports.allocate(local);
      if (port !== undefined) {
        assert.ok(!held.has(port), `seed ${seed}`);
        assert.equal(poolOf(port), poolOf(local));
        held.add(port);
      }
      if (random.chance(0.7) && held.size > 0) {
        const victim = random.pick([...held].slice(0, 50));
        ports.release(victim);
        held.delete(victim);
      }
    }
  }
});
