import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex, toUtf8 } from '#base/bytes';
import type { CredentialAnswer, PasswordVerifier } from '#session/credentials';
import { ScryptPool } from './scrypt.ts';

const ask = (pool: ScryptPool, password: string, verifier: PasswordVerifier) =>
  new Promise<CredentialAnswer>((resolve) =>
    pool.ask({ kind: 'verifyPassword', password: toUtf8(password), verifier }, resolve),
  );

/** RFC 7914 section 12, third vector. */
const rfcVector: PasswordVerifier = {
  logN: 14,
  r: 8,
  p: 1,
  salt: toUtf8('SodiumChloride'),
  hash: fromHex(
    '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2' +
      'd5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
  ) as Uint8Array,
};

test('RFC 7914: the published vector verifies, and no other password does', async () => {
  const pool = new ScryptPool(2, 10);
  assert.equal((await ask(pool, 'pleaseletmein', rfcVector)).accepted, true);
  assert.equal((await ask(pool, 'pleaseletmeout', rfcVector)).accepted, false);
});

test('a new verifier verifies its password, and two of one password differ', async () => {
  const pool = new ScryptPool(2, 10);
  const [a, b] = await Promise.all([pool.hash(toUtf8('pw')), pool.hash(toUtf8('pw'))]);
  assert.ok(a && b, 'both are computed');
  assert.notDeepEqual(a.salt, b.salt);
  assert.notDeepEqual(a.hash, b.hash);
  assert.equal((await ask(pool, 'pw', a)).accepted, true);
  assert.equal((await ask(pool, '', a)).accepted, false);
});

test('a question that finds the queue full is answered at once, as overloaded', async () => {
  const pool = new ScryptPool(1, 2);
  const answers: CredentialAnswer[] = [];
  const all = Array.from({ length: 6 }, () =>
    ask(pool, 'pleaseletmein', rfcVector).then((answer) => void answers.push(answer)),
  );
  assert.equal(answers.length, 0);
  await Promise.all(all);
  assert.deepEqual(
    answers.map((answer) => answer.overloaded === true),
    [true, true, true, false, false, false],
  );
  assert.ok(answers.slice(0, 3).every((answer) => !answer.accepted));
  assert.equal((await ask(pool, 'pleaseletmein', rfcVector)).accepted, true);
});

test('who waits for an answer goes before verifiers that are computed for later', async () => {
  const pool = new ScryptPool(1, 2);
  const order: string[] = [];
  const hashes = ['a', 'b', 'c'].map((word) =>
    pool.hash(toUtf8(word)).then(() => void order.push(word)),
  );
  const question = ask(pool, 'pleaseletmein', rfcVector);
  assert.equal((await question).accepted, true, 'hashes do not fill the queue of questions');
  order.push('answer');
  await Promise.all(hashes);
  assert.deepEqual(order, ['a', 'answer', 'b', 'c']);
});

test('after the end nothing begins that had not begun', async () => {
  const pool = new ScryptPool(1, 2);
  let hashed = 0;
  const count = () => {
    hashed += 1;
  };
  const begun = pool.hash(toUtf8('a')).then(count);
  void pool.hash(toUtf8('b')).then(count);
  pool.close();
  await begun;
  assert.equal((await ask(pool, 'pleaseletmein', rfcVector)).accepted, true);
  assert.equal(hashed, 1);
});

test('a verifier that cannot be computed refuses the login and stops nothing', async () => {
  const pool = new ScryptPool(1, 10);
  for (const bad of [
    { ...rfcVector, logN: 40 },
    { ...rfcVector, logN: 0 },
    { ...rfcVector, logN: 1.5 },
    { ...rfcVector, r: 0 },
    { ...rfcVector, p: -1 },
    { ...rfcVector, hash: new Uint8Array(0) },
  ])
    assert.equal((await ask(pool, 'pleaseletmein', bad)).accepted, false);
  assert.equal((await ask(pool, 'pleaseletmein', rfcVector)).accepted, true);
});
