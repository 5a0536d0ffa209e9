import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { toUtf8 } from '#base/bytes';
import { Prng } from '#base/prng';
import { Secret } from '#base/secret';
import { CredentialCache } from './credential-cache.ts';
import { PASSWORD_COST, type PasswordVerifier } from './credentials.ts';

const prng = new Prng(1);
const verifier = (): PasswordVerifier => ({
  ...PASSWORD_COST,
  salt: prng.bytes(16),
  hash: prng.bytes(32),
});
const kept = (v: PasswordVerifier) => ({ kind: 'verifier', verifier: v }) as const;
const right = toUtf8('correct horse');
const wrong = toUtf8('battery staple');
const answer = (accepted: boolean) => ({ kind: 'passwordVerified', accepted }) as const;

function login(
  cache: CredentialCache,
  user: string,
  password: Uint8Array,
  known: PasswordVerifier | undefined,
  accepted: boolean,
): { asked: boolean; good: boolean } {
  const check = cache.check(user, password, known && kept(known));
  if (check.kind === 'verified') return { asked: false, good: true };
  return { asked: true, good: cache.settle(check.pending, answer(accepted)) };
}

test('a password that was verified once is not asked for again', () => {
  const cache = new CredentialCache(10, prng);
  const v = verifier();
  assert.deepEqual(login(cache, 'alice', right, v, true), { asked: true, good: true });
  assert.deepEqual(login(cache, 'alice', right, v, true), { asked: false, good: true });
  // The verifier may be another object of the same content, as after a reload.
  assert.equal(login(cache, 'alice', right, { ...v, salt: v.salt.slice() }, true).asked, false);
});

test('a wrong password is asked for each time, and does not disturb the right one', () => {
  const cache = new CredentialCache(10, prng);
  const v = verifier();
  login(cache, 'alice', right, v, true);
  for (let i = 0; i < 3; i += 1)
    assert.deepEqual(login(cache, 'alice', wrong, v, false), { asked: true, good: false });
  assert.equal(login(cache, 'alice', right, v, true).asked, false);
  assert.equal(cache.size, 1);
});

test('an unknown user costs the same question as a known one, and never gets in', () => {
  const cache = new CredentialCache(10, prng);
  const known = cache.check('alice', wrong, kept(verifier()));
  const unknown = cache.check('nobody', wrong, undefined);
  assert.ok(known.kind === 'ask' && unknown.kind === 'ask');
  const shape = (v: PasswordVerifier) => [v.logN, v.r, v.p, v.salt.length, v.hash.length];
  assert.deepEqual(shape(unknown.question.verifier), shape(known.question.verifier));
  assert.equal(cache.settle(unknown.pending, answer(true)), false);
  assert.equal(cache.size, 0);
});

test('a changed password, a removed user and a forgotten one are asked for again', () => {
  const cache = new CredentialCache(10, prng);
  const v = verifier();
  login(cache, 'alice', right, v, true);
  assert.deepEqual(login(cache, 'alice', right, verifier(), false), { asked: true, good: false });
  assert.equal(cache.size, 0);

  login(cache, 'alice', right, v, true);
  assert.equal(login(cache, 'alice', right, undefined, true).good, false);
  assert.equal(cache.size, 0);

  login(cache, 'alice', right, v, true);
  cache.forget('alice');
  assert.equal(login(cache, 'alice', right, v, true).asked, true);
});

test('an answer that comes after the password was changed is good for the old verifier only', () => {
  const cache = new CredentialCache(10, prng);
  const check = cache.check('alice', right, kept(verifier()));
  assert.ok(check.kind === 'ask');
  assert.equal(cache.settle(check.pending, answer(true)), true);
  assert.equal(login(cache, 'alice', right, verifier(), false).asked, true);
});

test('while its verifier is computed a password is good as typed, and a wrong one costs a question', () => {
  const cache = new CredentialCache(10, prng);
  const typed = { kind: 'clear', password: new Secret('correct horse') } as const;
  assert.deepEqual(cache.check('alice', right, typed), { kind: 'verified' });
  const check = cache.check('alice', wrong, typed);
  assert.ok(check.kind === 'ask');
  assert.equal(check.question.verifier.logN, PASSWORD_COST.logN);
  assert.equal(cache.settle(check.pending, answer(true)), false);
});

test('who logged in with a password as typed is known when its verifier is there', () => {
  const cache = new CredentialCache(10, prng);
  const password = new Secret('correct horse');
  const v = verifier();
  cache.check('alice', right, { kind: 'clear', password });
  cache.sealed('alice', new Secret('another'), v);
  cache.sealed('bob', password, v);
  cache.check('carl', right, { kind: 'clear', password });
  cache.sealed('carl', password, v);
  assert.equal(cache.check('carl', right, kept(v)).kind, 'verified');
  assert.equal(cache.check('carl', wrong, kept(v)).kind, 'ask');
  assert.equal(cache.check('alice', right, kept(v)).kind, 'ask', 'sealed was another password');
  assert.equal(cache.check('bob', right, kept(v)).kind, 'ask', 'never logged in');
  const fresh = verifier();
  assert.equal(cache.check('carl', right, kept(fresh)).kind, 'ask', 'the password was changed');
});

test('a password is the same as before by its verifier, as typed, and as the verifier computed for it', () => {
  const cache = new CredentialCache(10, prng);
  const typed = (text: string) => ({ kind: 'clear', password: new Secret(text) }) as const;
  const [v, other] = [verifier(), verifier()];
  const isSame = (...of: Parameters<CredentialCache['samePassword']>) => cache.samePassword(...of);
  assert.equal(isSame('alice', kept(v), kept({ ...v, hash: v.hash.slice() })), true);
  assert.equal(isSame('alice', kept(v), kept(other)), false);
  assert.equal(isSame('alice', typed('one'), typed('one')), true);
  assert.equal(isSame('alice', typed('one'), typed('two')), false);
  assert.equal(isSame('alice', typed('one'), kept(v)), false, 'not known to be of it');
  cache.sealed('alice', new Secret('one'), v);
  assert.equal(isSame('alice', typed('one'), kept(v)), true);
  assert.equal(isSame('alice', typed('two'), kept(v)), false);
  assert.equal(isSame('bob', typed('one'), kept(v)), false, 'sealed for somebody else');
  assert.equal(isSame('alice', kept(v), typed('one')), false);
});

test('the cache is bounded and forgets whom it has not seen for longest', () => {
  const cache = new CredentialCache(100, prng);
  const v = verifier();
  for (let i = 0; i < 1000; i += 1) {
    login(cache, `u${i}`, right, v, true);
    assert.equal(login(cache, 'u0', right, v, true).asked, false);
  }
  assert.equal(cache.size, 100);
  assert.equal(login(cache, 'u1', right, v, true).asked, true);
});

test('users of one password have nothing in common, nor has a name that runs into the password', () => {
  const cache = new CredentialCache(10, prng);
  const v = verifier();
  const tagOf = (user: string, password: string) => {
    const check = cache.check(user, toUtf8(password), kept(v));
    return check.kind === 'ask' ? check.pending.tag : undefined;
  };
  assert.notDeepEqual(tagOf('alice', 'pw'), tagOf('bob', 'pw'));
  assert.notDeepEqual(tagOf('ab', 'c'), tagOf('a', 'bc'));
});

test('the cache and what waits for an answer hold no password', () => {
  const cache = new CredentialCache(10, prng);
  const check = cache.check('alice', right, kept(verifier()));
  assert.ok(check.kind === 'ask');
  cache.settle(check.pending, answer(true));
  const shown = inspect([cache, check.pending], { depth: 9 });
  assert.doesNotMatch(shown, /correct|63, 6f|99, 111, 114/);
});
