import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bigintOctets } from '#crypto/der';
import { combine, keyPairFromSecret } from '#crypto/dh';
import { DH_GROUPS, type DhGroupName } from '#crypto/dh-groups';
import { MODP_PRIMES } from '#crypto/modp-primes';
import { loadLibcrypto } from './libcrypto.ts';
import { MachineRandom } from './machine-random.ts';
import { type NativeGroup, NativeGroups, type NativePair } from './native-groups.ts';

const libcrypto = await loadLibcrypto();
const skip = libcrypto ? false : 'koffi cannot be loaded';
const groups = libcrypto && new NativeGroups(libcrypto, new MachineRandom());

const names = (Object.keys(DH_GROUPS) as DhGroupName[]).filter((name) => name !== 'x25519');

const groupOf = (name: DhGroupName): NativeGroup => {
  const group = groups?.group(name);
  assert.ok(group);
  return group;
};

const pairOf = (group: NativeGroup): Promise<NativePair> =>
  new Promise((resolve, reject) =>
    group.pair((pair) => (pair ? resolve(pair) : reject(new Error('no pair')))),
  );

const shared = (group: NativeGroup, secret: Uint8Array, value: Uint8Array) =>
  new Promise<Uint8Array | undefined>((resolve) => group.combine(secret, value, resolve));

for (const name of names)
  test(`${name}: what OpenSSL's arithmetic gives is what its key exchange gives`, {
    skip,
  }, async () => {
    const group = groupOf(name);
    const { sharedOctets, publicOctets } = DH_GROUPS[name];
    for (let i = 1; i <= 8; i += 1) {
      const ours = await pairOf(group);
      assert.equal(ours.publicValue.length, publicOctets);
      const theirs = keyPairFromSecret(name, new Uint8Array(32).fill(17 * i));
      assert.ok(theirs.ok);
      const byNumbers = await shared(group, ours.secret, theirs.value.publicValue);
      const byKeys = combine(name, theirs.value.privateKey, ours.publicValue);
      assert.ok(byKeys.ok);
      assert.equal(byNumbers?.length, sharedOctets);
      assert.deepEqual(byNumbers, byKeys.value);
    }
  });

test('a public value that forces the secret or is none of the group is refused', {
  skip,
}, async () => {
  const modular = groupOf('modp1024');
  const { secret, publicValue } = await pairOf(modular);
  const zero = new Uint8Array(128);
  const one = Uint8Array.from([...new Uint8Array(127), 1]);
  const primeLessOne = bigintOctets(MODP_PRIMES.modp1024 - 1n);
  const forcing = [zero, one, primeLessOne, bigintOctets(MODP_PRIMES.modp1024)];
  for (const value of [...forcing, new Uint8Array(128).fill(255), publicValue.slice(1)])
    assert.equal(await shared(modular, secret, value), undefined);
  const two = Uint8Array.from([...new Uint8Array(127), 2]);
  for (const value of [two, bigintOctets(MODP_PRIMES.modp1024 - 2n)])
    assert.ok(await shared(modular, secret, value), 'and one beside these is not');
  const curve = groupOf('ecp256');
  const own = await pairOf(curve);
  for (const value of [new Uint8Array(64), new Uint8Array(64).fill(9), own.publicValue.slice(1)])
    assert.equal(await shared(curve, own.secret, value), undefined);
  assert.ok(await shared(curve, own.secret, own.publicValue), 'and an honest one is not');
});

test('many exchanges at once in a large group keep their numbers apart', { skip }, async () => {
  const group = groupOf('modp2048');
  const pairs = await Promise.all(Array.from({ length: 16 }, () => pairOf(group)));
  const secrets = await Promise.all(
    pairs.flatMap((a, i) => {
      const b = pairs[(i + 1) % pairs.length] as NativePair;
      return [shared(group, a.secret, b.publicValue), shared(group, b.secret, a.publicValue)];
    }),
  );
  for (let i = 0; i < secrets.length; i += 2) {
    assert.ok(secrets[i]);
    assert.deepEqual(secrets[i], secrets[i + 1]);
  }
});

test('more exchanges in a large group than koffi takes at once all come to an end', {
  skip,
}, async () => {
  const group = groupOf('modp1536');
  const [own, theirs] = await Promise.all([pairOf(group), pairOf(group)]);
  const one = await shared(group, own.secret, theirs.publicValue);
  assert.ok(one);
  const many = Array.from({ length: 600 }, () => shared(group, own.secret, theirs.publicValue));
  for (const other of await Promise.all(many)) assert.deepEqual(other, one);
});

test('what waits for the thread pool when the groups are closed never begins', {
  skip,
}, async () => {
  assert.ok(libcrypto);
  const closed = new NativeGroups(libcrypto, new MachineRandom());
  const group = closed.group('modp2048');
  assert.ok(group);
  let made = 0;
  const first = Array.from({ length: 32 }, () => pairOf(group));
  for (let i = 0; i < 100; i += 1)
    group.pair(() => {
      made += 1;
    });
  closed.close();
  await Promise.all(first);
  assert.equal(made, 0);
});
