import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto';
import { concat } from '#base/bytes';
import type { Primitives } from './primitives.ts';

/** The primitives as node:crypto has them, which makes several objects for each operation. */
export const nodePrimitives: Primitives = {
  digest(name, parts) {
    const hash = createHash(name);
    for (const part of parts) hash.update(part);
    return new Uint8Array(hash.digest());
  },

  hmac(name, key, parts) {
    const hmac = createHmac(name, key.imported());
    for (const part of parts) hmac.update(part);
    return new Uint8Array(hmac.digest());
  },

  encryptCbc(name, key, iv, octets) {
    const cipher = createCipheriv(name, key.imported(), iv).setAutoPadding(false);
    octets.set(cipher.update(octets));
    // There is nothing left; it throws when the blocks were not whole.
    cipher.final();
  },

  decryptCbc(name, key, iv, ciphertext) {
    const decipher = createDecipheriv(name, key.imported(), iv).setAutoPadding(false);
    return concat(decipher.update(ciphertext), decipher.final());
  },
};
