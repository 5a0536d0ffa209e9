import { assert } from '#base/assert';
import { nodePrimitives } from '#crypto/node-primitives';
import { installPrimitives, type Primitives } from '#crypto/primitives';
import type { SecretKey } from '#crypto/secret-key';
import type { Libcrypto } from './libcrypto.ts';

/** Places in the memory that C reads and writes; results come first. */
const RESULT_AT = 0;
const IV_AT = 64;
const INPUT_AT = 96;
/** Longer input, which no login has, is left to node:crypto. */
const MEMORY_OCTETS = 16 * 1024;

type Digest = { readonly pointer: number; readonly octets: number; readonly hmac: number };

/** A cipher and a context for each direction, which keeps the key that it was used with last. */
type Cipher = {
  readonly keyOctets: number;
  readonly ivOctets: number;
  readonly encrypts: number;
  readonly decrypts: number;
};

/**
 * The primitives of OpenSSL, called directly with contexts that stay: node:crypto makes an object in
 * JavaScript, one in C++ and one in C for each operation, which cost several times the operation.
 * Keys, input and plaintext are wiped from the memory shared with C after each call.
 */
export class NativePrimitives implements Primitives {
  readonly #ssl: Libcrypto;
  readonly #memory: Uint8Array;
  readonly #pointer: number;
  readonly #digests = new Map<string, Digest>();
  readonly #ciphers = new Map<string, Cipher>();

  constructor(ssl: Libcrypto) {
    this.#ssl = ssl;
    const { bytes, pointer } = ssl.scratch(MEMORY_OCTETS);
    this.#memory = bytes;
    this.#pointer = pointer;
  }

  digest(name: string, parts: readonly Uint8Array[]): Uint8Array {
    const end = this.#write(INPUT_AT, parts);
    if (end === undefined) return nodePrimitives.digest(name, parts);
    const { pointer, octets } = this.#digest(name);
    const [input, result] = [this.#pointer + INPUT_AT, this.#pointer + RESULT_AT];
    const done = this.#ssl.EVP_Digest(input, end - INPUT_AT, result, 0, pointer, 0);
    assert(done === 1, `OpenSSL did not compute ${name}`);
    return this.#result(octets, end);
  }

  hmac(name: string, key: SecretKey, parts: readonly Uint8Array[]): Uint8Array {
    const octets = key.reveal();
    const data = INPUT_AT + octets.length;
    const end = this.#write(data, parts);
    if (end === undefined) return nodePrimitives.hmac(name, key, parts);
    this.#memory.set(octets, INPUT_AT);
    const digest = this.#digest(name);
    const ssl = this.#ssl;
    ssl.HMAC_Init_ex(digest.hmac, this.#pointer + INPUT_AT, octets.length, digest.pointer, 0);
    ssl.HMAC_Update(digest.hmac, this.#pointer + data, end - data);
    const done = ssl.HMAC_Final(digest.hmac, this.#pointer + RESULT_AT, 0);
    assert(done === 1, `OpenSSL did not compute HMAC with ${name}`);
    return this.#result(digest.octets, end);
  }

  encryptCbc(name: string, key: SecretKey, iv: Uint8Array, octets: Uint8Array): void {
    const at = INPUT_AT + key.reveal().length;
    const end = this.#write(at, [octets]);
    if (end === undefined) {
      nodePrimitives.encryptCbc(name, key, iv, octets);
      return;
    }
    const cipher = this.#keyed(name, key, iv, octets.length);
    const ssl = this.#ssl;
    const [keyAt, ivAt] = [this.#pointer + INPUT_AT, this.#pointer + IV_AT];
    ssl.EVP_EncryptInit_ex(cipher.encrypts, 0, 0, keyAt, ivAt);
    const place = this.#pointer + at;
    const done = ssl.EVP_Cipher(cipher.encrypts, place, place, octets.length);
    assert(done > 0, `OpenSSL did not encrypt with ${name}`);
    octets.set(this.#memory.subarray(at, end));
    this.#memory.fill(0, IV_AT, end);
  }

  decryptCbc(name: string, key: SecretKey, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array {
    const at = INPUT_AT + key.reveal().length;
    const end = this.#write(at, [ciphertext]);
    if (end === undefined) return nodePrimitives.decryptCbc(name, key, iv, ciphertext);
    const cipher = this.#keyed(name, key, iv, ciphertext.length);
    const ssl = this.#ssl;
    const [keyAt, ivAt] = [this.#pointer + INPUT_AT, this.#pointer + IV_AT];
    ssl.EVP_DecryptInit_ex(cipher.decrypts, 0, 0, keyAt, ivAt);
    const place = this.#pointer + at;
    const done = ssl.EVP_Cipher(cipher.decrypts, place, place, ciphertext.length);
    assert(done > 0, `OpenSSL did not decrypt with ${name}`);
    const plaintext = new Uint8Array(ciphertext.length);
    plaintext.set(this.#memory.subarray(at, end));
    this.#memory.fill(0, IV_AT, end);
    return plaintext;
  }

  /** Puts `parts` one after the other; where they end, or undefined when there is no room for them. */
  #write(from: number, parts: readonly Uint8Array[]): number | undefined {
    let at = from;
    for (const part of parts) {
      if (at + part.length > MEMORY_OCTETS) return undefined;
      this.#memory.set(part, at);
      at += part.length;
    }
    return at;
  }

  /** Copies the result, and wipes everything up to `end`. */
  #result(octets: number, end: number): Uint8Array {
    const copy = new Uint8Array(octets);
    const memory = this.#memory;
    for (let i = 0; i < octets; i += 1) copy[i] = memory[RESULT_AT + i] as number;
    memory.fill(0, RESULT_AT, end);
    return copy;
  }

  /** The cipher, with key and vector written; C would read on behind one that is too short. */
  #keyed(name: string, key: SecretKey, iv: Uint8Array, octets: number): Cipher {
    const cipher = this.#ciphers.get(name) ?? this.#newCipher(name);
    const keyOctets = key.reveal();
    const fits = keyOctets.length === cipher.keyOctets && iv.length === cipher.ivOctets;
    assert(
      fits && octets % cipher.ivOctets === 0,
      `key, vector or blocks are not those of ${name}`,
    );
    this.#memory.set(keyOctets, INPUT_AT);
    this.#memory.set(iv, IV_AT);
    return cipher;
  }

  #digest(name: string): Digest {
    const known = this.#digests.get(name);
    if (known) return known;
    const ssl = this.#ssl;
    const pointer = ssl.EVP_MD_fetch(0, name, 0);
    assert(pointer !== 0, `OpenSSL has no ${name}`);
    const digest = { pointer, octets: ssl.EVP_MD_get_size(pointer), hmac: ssl.HMAC_CTX_new() };
    assert(digest.hmac !== 0, 'OpenSSL has no memory for an HMAC');
    this.#digests.set(name, digest);
    return digest;
  }

  #newCipher(name: string): Cipher {
    const ssl = this.#ssl;
    const pointer = ssl.EVP_CIPHER_fetch(0, name, 0);
    assert(pointer !== 0, `OpenSSL has no ${name}`);
    const context = (init: Libcrypto['EVP_EncryptInit_ex']) => {
      const made = ssl.EVP_CIPHER_CTX_new();
      assert(
        made !== 0 && init(made, pointer, 0, 0, 0) === 1,
        'OpenSSL has no memory for a cipher',
      );
      ssl.EVP_CIPHER_CTX_set_padding(made, 0);
      return made;
    };
    const cipher = {
      keyOctets: ssl.EVP_CIPHER_get_key_length(pointer),
      ivOctets: ssl.EVP_CIPHER_get_iv_length(pointer),
      encrypts: context(ssl.EVP_EncryptInit_ex),
      decrypts: context(ssl.EVP_DecryptInit_ex),
    };
    this.#ciphers.set(name, cipher);
    return cipher;
  }
}

let installed = false;

/** Has this thread use OpenSSL directly from now on. */
export function installNativePrimitives(ssl: Libcrypto): void {
  if (installed) return;
  installed = true;
  installPrimitives(new NativePrimitives(ssl));
}
