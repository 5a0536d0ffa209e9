import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoginLimiter } from './login-limiter.ts';

/** One wrong password of `address` at `now`; whether it was judged at all. */
function fail(limiter: LoginLimiter, address: string, now: number): boolean {
  if (limiter.begin(address, now).kind !== 'go') return false;
  limiter.done(address, false, now);
  return true;
}

test('five attempts at once, then one every twelve seconds', () => {
  const limiter = new LoginLimiter();
  const judged = Array.from({ length: 6 }, () => fail(limiter, '192.0.2.1', 0));
  assert.deepEqual(judged, [true, true, true, true, true, false]);
  assert.deepEqual(limiter.begin('192.0.2.1', 3000), { kind: 'wait', retryAfterSeconds: 9 });
  assert.ok(!fail(limiter, '192.0.2.1', 11_999));
  assert.ok(fail(limiter, '192.0.2.1', 12_000));
  assert.ok(!fail(limiter, '192.0.2.1', 12_000));
});

test('one source does not lock another out, but all of an IPv6 /64 is one source', () => {
  const limiter = new LoginLimiter();
  for (let i = 0; i < 5; i += 1) assert.ok(fail(limiter, '192.0.2.1', 0));
  assert.ok(fail(limiter, '192.0.2.2', 0));
  assert.ok(!fail(limiter, '::ffff:192.0.2.1', 0));
  for (let i = 0; i < 5; i += 1) assert.ok(fail(limiter, `2001:db8:1:2::${i}`, 0));
  assert.ok(!fail(limiter, '2001:db8:1:2:aaaa:bbbb:cccc:dddd', 0));
  assert.ok(fail(limiter, '2001:db8:1:3::1', 0));
});

test('a right password gives its attempt back', () => {
  const limiter = new LoginLimiter();
  for (let i = 0; i < 20; i += 1) {
    assert.equal(limiter.begin('192.0.2.1', 0).kind, 'go');
    limiter.done('192.0.2.1', true, 0);
  }
});

test('no more than eight passwords are judged at the same time', () => {
  const limiter = new LoginLimiter();
  for (let i = 0; i < 8; i += 1) assert.equal(limiter.begin(`192.0.2.${i}`, 0).kind, 'go');
  assert.deepEqual(limiter.begin('192.0.2.9', 0), { kind: 'wait', retryAfterSeconds: 1 });
  limiter.done('192.0.2.1', false, 0);
  assert.equal(limiter.begin('192.0.2.9', 0).kind, 'go');
});

test('a clock that steps back gives no attempts', () => {
  const limiter = new LoginLimiter();
  for (let i = 0; i < 5; i += 1) assert.ok(fail(limiter, '192.0.2.1', 100_000));
  assert.ok(!fail(limiter, '192.0.2.1', 0));
});
