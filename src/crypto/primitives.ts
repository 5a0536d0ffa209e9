import { nodePrimitives } from './node-primitives.ts';
import type { SecretKey } from './secret-key.ts';

/**
 * What messages are hashed and encrypted with, by OpenSSL's names of digests and ciphers. All are
 * functions of their arguments, so that two implementations differ in what they cost only.
 */
export type Primitives = {
  /** The digest of `parts` one after the other. */
  digest(name: string, parts: readonly Uint8Array[]): Uint8Array;
  /** HMAC of `parts` one after the other; RFC 2104. */
  hmac(name: string, key: SecretKey, parts: readonly Uint8Array[]): Uint8Array;
  /** CBC encryption in place, of whole blocks. */
  encryptCbc(name: string, key: SecretKey, iv: Uint8Array, octets: Uint8Array): void;
  /** CBC decryption of whole blocks, at least one, without removing padding. */
  decryptCbc(name: string, key: SecretKey, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array;
};

let inUse: Primitives = nodePrimitives;

/** The primitives of this thread: those of node:crypto until it has been given others. */
export const primitives = (): Primitives => inUse;

/** From now on this thread uses `given`, which has passed `testing/primitives-compliance.ts`. */
export function installPrimitives(given: Primitives): void {
  inUse = given;
}
