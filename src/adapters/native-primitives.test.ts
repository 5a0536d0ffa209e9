import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toUtf8 } from '#base/bytes';
import { primitives } from '#crypto/primitives';
import { SecretKey } from '#crypto/secret-key';
import { primitivesCompliance } from '#crypto/testing/primitives-compliance';
import { loadLibcrypto } from './libcrypto.ts';
import { installNativePrimitives, NativePrimitives } from './native-primitives.ts';

const libcrypto = await loadLibcrypto();

if (libcrypto) primitivesCompliance('OpenSSL', new NativePrimitives(libcrypto));

test('keys, input and plaintext do not stay in the memory that C sees', {
  skip: libcrypto ? false : 'koffi cannot be loaded',
}, () => {
  assert.ok(libcrypto);
  let shared: Uint8Array = new Uint8Array(0);
  const watched = new NativePrimitives({
    ...libcrypto,
    scratch(octets) {
      const memory = libcrypto.scratch(octets);
      shared = memory.bytes;
      return memory;
    },
  });
  const key = new SecretKey(new Uint8Array(16).fill(7));
  const iv = new Uint8Array(16).fill(8);
  const octets = new Uint8Array(32).fill(9);
  const uses = [
    () => watched.digest('sha256', [octets]),
    () => watched.hmac('sha1', key, [octets, toUtf8('and more')]),
    () => watched.encryptCbc('aes-128-cbc', key, iv, octets),
    () => watched.decryptCbc('aes-128-cbc', key, iv, octets),
  ];
  for (const use of uses) {
    use();
    assert.ok(shared.length > 0 && shared.every((octet) => octet === 0));
  }
});

test('OpenSSL takes the place of node:crypto in this thread once, and stays', {
  skip: libcrypto ? false : 'koffi cannot be loaded',
}, () => {
  assert.ok(libcrypto && !(primitives() instanceof NativePrimitives));
  installNativePrimitives(libcrypto);
  const first = primitives();
  assert.ok(first instanceof NativePrimitives);
  installNativePrimitives(libcrypto);
  assert.equal(primitives(), first);
});
