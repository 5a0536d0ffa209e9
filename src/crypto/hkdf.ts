import { concat } from '#base/bytes';
import type { HashName } from './hashes.ts';
import { prf } from './prf.ts';
import { type SecretKey, secretKey } from './secret-key.ts';

/**
 * Key derivation of RFC 5869 section 2: `octets` of key material from `inputKey`, bound to `salt` and
 * `info`. The input key stays an opaque object.
 */
export function hkdf(
  hash: HashName,
  inputKey: Uint8Array,
  salt: Uint8Array,
  info: Uint8Array,
  octets: number,
): Uint8Array {
  return hkdfExpand(hash, hkdfExtract(hash, inputKey, salt), info, octets);
}

/** The pseudorandom key of section 2.2, which serves any number of expansions. */
export const hkdfExtract = (hash: HashName, inputKey: Uint8Array, salt: Uint8Array): SecretKey =>
  secretKey(prf(hash, secretKey(salt), inputKey));

/** Section 2.3; at most 255 blocks of the hash. */
export function hkdfExpand(
  hash: HashName,
  key: SecretKey,
  info: Uint8Array,
  octets: number,
): Uint8Array {
  const blocks: Uint8Array[] = [];
  let block: Uint8Array = new Uint8Array(0);
  for (let count = 1, length = 0; length < octets; count += 1, length += block.length) {
    block = prf(hash, key, block, info, Uint8Array.of(count));
    blocks.push(block);
  }
  return concat(...blocks).slice(0, octets);
}
