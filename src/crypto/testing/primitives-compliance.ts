import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { fromHex, toHex, toUtf8 } from '#base/bytes';
import { Prng } from '#base/prng';
import { HASHES } from '../hashes.ts';
import { ISAKMP_CIPHERS } from '../isakmp-ciphers.ts';
import { nodePrimitives } from '../node-primitives.ts';
import type { Primitives } from '../primitives.ts';
import { SecretKey } from '../secret-key.ts';

const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array;

/** Lengths around the blocks of digests and ciphers, and one above what any datagram has. */
const LENGTHS = [0, 1, 15, 16, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 1000, 70_000];

/** RFC 1321 appendix A.5 and FIPS 180-4, of "abc". */
const DIGESTS_OF_ABC: Record<string, string> = {
  md5: '900150983cd24fb0d6963f7d28e17f72',
  sha1: 'a9993e364706816aba3e25717850c26c9cd0d89d',
  sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  sha384:
    'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7',
  sha512:
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
};

/** A key of 0xaa that is longer than a block; RFC 2202 and RFC 4231, test case 6. */
const LONG_KEYS: readonly (readonly [name: string, octets: number, answer: string])[] = [
  ['md5', 80, '6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd'],
  ['sha1', 80, 'aa4ae5e15272d00e95705637ce8a3b55ed402112'],
  ['sha256', 131, '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54'],
];

/** Laws of every implementation of the primitives. */
export function primitivesCompliance(name: string, under: Primitives): void {
  test(`${name}: digests and HMACs of the specifications`, () => {
    const parts = [toUtf8('a'), new Uint8Array(0), toUtf8('bc')];
    for (const [digest, answer] of Object.entries(DIGESTS_OF_ABC))
      assert.equal(toHex(under.digest(digest, parts)), answer);
    const text = toUtf8('Test Using Larger Than Block-Size Key - Hash Key First');
    for (const [digest, octets, answer] of LONG_KEYS)
      assert.equal(
        toHex(under.hmac(digest, new SecretKey(new Uint8Array(octets).fill(0xaa)), [text])),
        answer,
      );
  });

  test(`${name}: digests and HMACs of every length, one after the other in one memory`, () => {
    const random = new Prng(21);
    for (const { digest } of Object.values(HASHES))
      for (const length of LENGTHS) {
        const octets = random.bytes(length);
        const cut = length >> 1;
        const parts = [octets.subarray(0, cut), octets.subarray(cut)];
        const plain = createHash(digest).update(octets).digest('hex');
        assert.equal(toHex(under.digest(digest, parts)), plain);
        const key = random.bytes(length % 200);
        const keyed = createHmac(digest, key).update(octets).digest('hex');
        assert.equal(toHex(under.hmac(digest, new SecretKey(key), parts)), keyed);
      }
  });

  test(`${name}: AES-CBC of RFC 3602 section 4, case 2`, () => {
    const key = new SecretKey(hex('c286696d887c9aa0611bbb3e2025a45a'));
    const iv = hex('562e17996d093d28ddb3ba695a2e6f58');
    const octets = new Uint8Array(32).map((_, i) => i);
    under.encryptCbc('aes-128-cbc', key, iv, octets);
    const answer = 'd296cd94c2cccf8a3a863028b5e1dc0a7586602d253cfff91b8266bea6d61ab1';
    assert.equal(toHex(octets), answer);
    under.decryptCbc('aes-128-cbc', key, iv, octets);
    assert.equal(toHex(octets), answer, 'a ciphertext is left as it is');
  });

  test(`${name}: every cipher, both ways, with keys that change`, () => {
    const random = new Prng(22);
    for (const { algorithm, blockOctets, keyOctets, name: cipher } of Object.values(ISAKMP_CIPHERS))
      for (const blocks of [1, 2, 7, 60, 5000]) {
        const key = new SecretKey(random.bytes(cipher === 'des' ? 24 : keyOctets));
        const iv = random.bytes(blockOctets);
        const plain = random.bytes(blocks * blockOctets);
        const [ours, theirs] = [plain.slice(), plain.slice()];
        under.encryptCbc(algorithm, key, iv, ours);
        nodePrimitives.encryptCbc(algorithm, key, iv, theirs);
        assert.deepEqual(ours, theirs);
        assert.deepEqual(under.decryptCbc(algorithm, key, iv, ours), plain);
      }
  });

  test(`${name}: a key, a vector or blocks of another length are refused`, () => {
    const key = new SecretKey(new Uint8Array(16));
    const block = new Uint8Array(16);
    for (const [wrongKey, iv, octets] of [
      [new SecretKey(new Uint8Array(15)), block, block],
      [new SecretKey(new Uint8Array(32)), block, block],
      [key, new Uint8Array(8), block],
      [key, block, new Uint8Array(17)],
    ] as const) {
      assert.throws(() => under.encryptCbc('aes-128-cbc', wrongKey, iv, octets.slice()));
      assert.throws(() => under.decryptCbc('aes-128-cbc', wrongKey, iv, octets));
    }
    assert.throws(() => under.digest('md-none', [block]));
  });

  test(`${name}: a key that was used prints nothing of itself, and is a copy`, () => {
    const octets = toUtf8('a key of letters');
    const key = new SecretKey(octets);
    const before = under.hmac('sha1', key, []);
    octets.fill(0);
    assert.deepEqual(under.hmac('sha1', key, []), before);
    const printed = `${key} ${JSON.stringify({ key })} ${inspect({ key }, { depth: 9 })}`;
    assert.doesNotMatch(printed, /letters|97|61/);
  });
}
