import { concat } from '#base/bytes';
import { HASHES, type HashName } from './hashes.ts';
import { primitives } from './primitives.ts';
import type { SecretKey } from './secret-key.ts';

/** `prf(key, parts…)`: HMAC with the negotiated hash; RFC 2409 section 4, RFC 2104. */
export const prf = (hash: HashName, key: SecretKey, ...parts: readonly Uint8Array[]): Uint8Array =>
  primitives().hmac(HASHES[hash].digest, key, parts);

/**
 * At least `octets` octets of the chain `K1 = prf(key, first)`, `Ki = prf(key, Ki-1 | rest)`, cut to
 * length. RFC 2409 expands a short SKEYID_e with an empty `rest` (appendix B), and KEYMAT with its
 * own input as `rest` (section 5.5).
 */
export function expand(
  hash: HashName,
  key: SecretKey,
  octets: number,
  first: Uint8Array,
  rest: Uint8Array,
): Uint8Array {
  const blocks: Uint8Array[] = [];
  let length = 0;
  let block = prf(hash, key, first);
  for (;;) {
    blocks.push(block);
    length += block.length;
    if (length >= octets) return concat(...blocks).slice(0, octets);
    block = prf(hash, key, block, rest);
  }
}
