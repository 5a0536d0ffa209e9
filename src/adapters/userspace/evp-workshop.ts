import { randomFillSync } from 'node:crypto';
import type { Arena } from '#base/arena';
import { assert } from '#base/assert';
import type { EspSuite } from '#crypto/esp-suites';
import type { OpenSsl } from '../openssl.ts';
import type { Sys } from './sys.ts';

/** IVs are drawn in advance, since asking for each costs more than the packet. */
const IV_POOL_OCTETS = 16_384;

/** Places in the scratch memory; each user writes before it reads. */
export const SCRATCH = {
  key: 0,
  nonce: 128,
  associatedData: 144,
  digest: 192,
  high: 256,
  octets: 320,
};

/** What the ciphers of one worker share. */
export class Workshop {
  readonly ssl: OpenSsl;
  readonly scratch: Arena;
  readonly #ivPool: Arena;
  #ivAt = IV_POOL_OCTETS;
  readonly #ciphers = new Map<string, number>();

  constructor(sys: Sys) {
    this.ssl = sys.openssl;
    this.scratch = sys.memory(SCRATCH.octets);
    this.#ivPool = sys.memory(IV_POOL_OCTETS);
  }

  /** The cipher of OpenSSL's name. */
  cipher(name: string): number {
    let cipher = this.#ciphers.get(name);
    if (cipher === undefined) {
      cipher = this.ssl.EVP_CIPHER_fetch(0, name, 0);
      assert(cipher !== 0, `OpenSSL has no ${name}`);
      this.#ciphers.set(name, cipher);
    }
    return cipher;
  }

  /** Lends `key` as memory that OpenSSL can read, for the time of one call. */
  withKey<T>(key: Uint8Array, use: (pointer: number) => T): T {
    this.scratch.bytes.set(key, SCRATCH.key);
    try {
      return use(this.scratch.pointer + SCRATCH.key);
    } finally {
      this.scratch.bytes.fill(0, SCRATCH.key, SCRATCH.key + key.length);
    }
  }

  /** Writes an IV that nobody can foresee. */
  writeIv(bytes: Uint8Array, at: number, octets: number): void {
    if (this.#ivAt + octets > IV_POOL_OCTETS) {
      randomFillSync(this.#ivPool.bytes);
      this.#ivAt = 0;
    }
    const pool = this.#ivPool.bytes;
    for (let i = 0; i < octets; i += 1) bytes[at + i] = pool[this.#ivAt + i] as number;
    this.#ivAt += octets;
  }

  /** Puts an upper half of a sequence number where OpenSSL can read it. */
  writeHigh(at: number, high: number): void {
    const { bytes } = this.scratch;
    bytes[at] = high >>> 24;
    bytes[at + 1] = high >>> 16;
    bytes[at + 2] = high >>> 8;
    bytes[at + 3] = high;
  }
}

/** A wrong offset would be a wild pointer in the hands of C. */
export function checkBounds(arena: Arena, from: number, octets: number): void {
  assert(
    arena.pointer !== 0 && from >= 0 && octets >= 0 && from + octets <= arena.bytes.length,
    'a packet beyond its arena',
  );
}

/** A context with its key set. */
export function cipherContext(
  shop: Workshop,
  suite: EspSuite,
  key: Uint8Array,
  seals: boolean,
): number {
  const { ssl } = shop;
  const cipher = shop.cipher(suite.algorithm as string);
  const context = ssl.EVP_CIPHER_CTX_new();
  assert(context !== 0, 'OpenSSL has no memory for a cipher');
  const init = seals ? ssl.EVP_EncryptInit_ex : ssl.EVP_DecryptInit_ex;
  const done = shop.withKey(key, (pointer) => init(context, cipher, 0, pointer, 0));
  if (done !== 1) ssl.EVP_CIPHER_CTX_free(context);
  assert(done === 1, `OpenSSL refuses the key of ${suite.name}`);
  ssl.EVP_CIPHER_CTX_set_padding(context, 0);
  return context;
}
