import { randomFillSync } from 'node:crypto';
import type { Arena } from '#base/arena';
import { assert } from '#base/assert';
import type { OpenSsl } from '../openssl.ts';
import type { ContextKind } from './evp-contexts.ts';
import type { Sys } from './sys.ts';

/** IVs are drawn in advance, since asking for each costs more than the packet. */
const IV_POOL_OCTETS = 16_384;

/** Places in the scratch memory; each user writes before it reads. */
export const SCRATCH = {
  associatedData: 0,
  digest: 64,
  high: 128,
  octets: 192,
};

/** What the ciphers of one worker share. */
export class Workshop {
  readonly sys: Sys;
  readonly ssl: OpenSsl;
  readonly scratch: Arena;
  readonly #ivPool: Arena;
  #ivAt = IV_POOL_OCTETS;

  constructor(sys: Sys) {
    this.sys = sys;
    this.ssl = sys.openssl;
    this.scratch = sys.memory(SCRATCH.octets);
    this.#ivPool = sys.memory(IV_POOL_OCTETS);
  }

  /** Contexts of the cipher of OpenSSL's name, which still need a key. */
  cipherContexts(name: string, seals: boolean): ContextKind {
    const { ssl } = this;
    const cipher = ssl.EVP_CIPHER_fetch(0, name, 0);
    assert(cipher !== 0, `OpenSSL has no ${name}`);
    const init = seals ? ssl.EVP_EncryptInit_ex : ssl.EVP_DecryptInit_ex;
    return {
      make: () => {
        const context = ssl.EVP_CIPHER_CTX_new();
        assert(
          context === 0 || init(context, cipher, 0, 0, 0) === 1,
          `OpenSSL does not begin ${name}`,
        );
        if (context !== 0) ssl.EVP_CIPHER_CTX_set_padding(context, 0);
        return context;
      },
      free: ssl.EVP_CIPHER_CTX_free,
    };
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
