import { randomFillSync } from 'node:crypto';
import type { Arena } from '#base/arena';
import { assert } from '#base/assert';
import {
  ESP_HEADER_OCTETS,
  type EspCiphers,
  type EspOpener,
  type EspSealer,
  espFrameOctets,
  NOT_EXTENDED,
} from '#crypto/esp-cipher';
import type { EspSuite } from '#crypto/esp-suites';
import { HASHES } from '#crypto/hashes';
import type { OpenSsl, Sys } from './sys.ts';

/** `EVP_CTRL_AEAD_GET_TAG` and `EVP_CTRL_AEAD_SET_TAG` of openssl/evp.h. */
const GET_TAG = 0x10;
const SET_TAG = 0x11;

/** IVs are drawn in advance, since asking for each costs more than the packet. */
const IV_POOL_OCTETS = 16_384;

/** Places in the scratch memory; each user writes before it reads. */
const SCRATCH = { key: 0, nonce: 128, associatedData: 144, digest: 192, high: 256, octets: 320 };
const DIGEST_ROOM = 64;
/** Octets of ISAKMP-independent AEAD nonces: salt and IV; RFC 4106 section 4, RFC 7634 section 2. */
const SALT_OCTETS = 4;

/** What the ciphers of one worker share. */
class Workshop {
  readonly ssl: OpenSsl;
  readonly scratch: Arena;
  readonly #ivPool: Arena;
  #ivAt = IV_POOL_OCTETS;
  readonly #ciphers = new Map<string, number>();

  constructor(sys: Sys) {
    this.ssl = sys.openssl;
    this.scratch = sys.arena(SCRATCH.octets);
    this.#ivPool = sys.arena(IV_POOL_OCTETS);
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

/**
 * ESP transforms through OpenSSL's EVP interface, called in the node binary itself: one context per
 * SA and direction whose key is set once, so that a packet costs five calls and no allocation. Works
 * on arenas of `Sys` only.
 */
export function evpCiphers(sys: Sys): EspCiphers {
  const shop = new Workshop(sys);
  const transform = (seals: boolean) => (suite: EspSuite, keyMaterial: Uint8Array) =>
    suite.integrityHash === undefined
      ? new CombinedMode(shop, suite, keyMaterial, seals)
      : new CbcHmac(shop, suite, HASHES[suite.integrityHash].digest, keyMaterial, seals);
  return { sealer: transform(true), opener: transform(false) };
}

/** A wrong offset would be a wild pointer in the hands of C. */
function checkBounds(arena: Arena, from: number, octets: number): void {
  assert(
    arena.pointer !== 0 && from >= 0 && octets >= 0 && from + octets <= arena.bytes.length,
    'a packet beyond its arena',
  );
}

/** A context with its key set. */
function cipherContext(shop: Workshop, suite: EspSuite, key: Uint8Array, seals: boolean): number {
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

/** AES-GCM and ChaCha20-Poly1305; RFC 4106, RFC 7634. */
class CombinedMode implements EspSealer, EspOpener {
  readonly #shop: Workshop;
  readonly #suite: EspSuite;
  readonly #salt: Uint8Array;
  #context: number;

  constructor(shop: Workshop, suite: EspSuite, keyMaterial: Uint8Array, seals: boolean) {
    this.#shop = shop;
    this.#suite = suite;
    this.#salt = keyMaterial.slice(suite.encryptionKeyOctets);
    const key = keyMaterial.subarray(0, suite.encryptionKeyOctets);
    this.#context = cipherContext(shop, suite, key, seals);
  }

  seal(
    source: Arena,
    from: number,
    octets: number,
    target: Arena,
    packet: number,
    sequenceHigh: number,
  ): void {
    const { ivOctets, icvOctets } = this.#suite;
    checkBounds(source, from, octets);
    checkBounds(target, packet, octets + espFrameOctets(this.#suite));
    const out = target.bytes;
    const iv = packet + ESP_HEADER_OCTETS;
    const high = sequenceHigh === NOT_EXTENDED ? 0 : sequenceHigh;
    // A sequence number is never sealed twice, so it serves as the IV that must never repeat.
    out[iv] = high >>> 24;
    out[iv + 1] = high >>> 16;
    out[iv + 2] = high >>> 8;
    out[iv + 3] = high;
    for (let i = 0; i < 4; i += 1) out[iv + 4 + i] = out[packet + 4 + i] as number;

    const { ssl } = this.#shop;
    const context = this.#context;
    assert(context !== 0, 'a cipher used after its end');
    const body = iv + ivOctets;
    ssl.EVP_EncryptInit_ex(context, 0, 0, 0, this.#nonce(out, iv));
    this.#associate(target, packet, sequenceHigh);
    ssl.EVP_Cipher(context, target.pointer + body, source.pointer + from, octets);
    ssl.EVP_Cipher(context, 0, 0, 0);
    const done = ssl.EVP_CIPHER_CTX_ctrl(
      context,
      GET_TAG,
      icvOctets,
      target.pointer + body + octets,
    );
    assert(done === 1, 'OpenSSL did not seal a packet');
  }

  open(
    source: Arena,
    packet: number,
    octets: number,
    target: Arena,
    to: number,
    sequenceHigh: number,
  ): boolean {
    const { ivOctets, icvOctets } = this.#suite;
    const body = packet + ESP_HEADER_OCTETS + ivOctets;
    const length = octets - espFrameOctets(this.#suite);
    checkBounds(source, packet, octets);
    checkBounds(target, to, length);
    const { ssl } = this.#shop;
    const context = this.#context;
    assert(context !== 0, 'a cipher used after its end');
    const nonce = this.#nonce(source.bytes, packet + ESP_HEADER_OCTETS);
    ssl.EVP_DecryptInit_ex(context, 0, 0, 0, nonce);
    ssl.EVP_CIPHER_CTX_ctrl(context, SET_TAG, icvOctets, source.pointer + body + length);
    this.#associate(source, packet, sequenceHigh);
    ssl.EVP_Cipher(context, target.pointer + to, source.pointer + body, length);
    return ssl.EVP_Cipher(context, 0, 0, 0) >= 0;
  }

  close(): void {
    this.#salt.fill(0);
    this.#shop.ssl.EVP_CIPHER_CTX_free(this.#context);
    this.#context = 0;
  }

  /** Salt and IV, where OpenSSL can read them. */
  #nonce(bytes: Uint8Array, iv: number): number {
    const { scratch } = this.#shop;
    const at = SCRATCH.nonce;
    for (let i = 0; i < SALT_OCTETS; i += 1) scratch.bytes[at + i] = this.#salt[i] as number;
    for (let i = 0; i < this.#suite.ivOctets; i += 1)
      scratch.bytes[at + SALT_OCTETS + i] = bytes[iv + i] as number;
    return scratch.pointer + at;
  }

  /** Feeds SPI and sequence number, the upper half between them if there is one. */
  #associate(arena: Arena, packet: number, sequenceHigh: number): void {
    const { ssl, scratch } = this.#shop;
    if (sequenceHigh === NOT_EXTENDED) {
      ssl.EVP_Cipher(this.#context, 0, arena.pointer + packet, ESP_HEADER_OCTETS);
      return;
    }
    const at = SCRATCH.associatedData;
    for (let i = 0; i < 4; i += 1) {
      scratch.bytes[at + i] = arena.bytes[packet + i] as number;
      scratch.bytes[at + 8 + i] = arena.bytes[packet + 4 + i] as number;
    }
    this.#shop.writeHigh(at + 4, sequenceHigh);
    ssl.EVP_Cipher(this.#context, 0, scratch.pointer + at, 12);
  }
}

/** CBC or NULL encryption with an HMAC over everything before it; RFC 2451, 3602, 2410, 4868. */
class CbcHmac implements EspSealer, EspOpener {
  readonly #shop: Workshop;
  readonly #suite: EspSuite;
  /** 0 for NULL encryption. */
  #cipher: number;
  #hmac: number;

  constructor(
    shop: Workshop,
    suite: EspSuite,
    digestName: string,
    keyMaterial: Uint8Array,
    seals: boolean,
  ) {
    const { ssl } = shop;
    this.#shop = shop;
    this.#suite = suite;
    const key = keyMaterial.subarray(0, suite.encryptionKeyOctets);
    const thrice = new Uint8Array(suite.singleDes ? 3 * key.length : key.length);
    for (let at = 0; at < thrice.length; at += key.length) thrice.set(key, at);
    this.#cipher = suite.algorithm === undefined ? 0 : cipherContext(shop, suite, thrice, seals);
    thrice.fill(0);
    const integrityKey = keyMaterial.subarray(suite.encryptionKeyOctets);
    const digest = ssl.EVP_get_digestbyname(digestName);
    this.#hmac = ssl.HMAC_CTX_new();
    const done = shop.withKey(integrityKey, (pointer) =>
      ssl.HMAC_Init_ex(this.#hmac, pointer, integrityKey.length, digest, 0),
    );
    if (done !== 1) this.close();
    assert(done === 1, `OpenSSL refuses the integrity key of ${suite.name}`);
  }

  seal(
    source: Arena,
    from: number,
    octets: number,
    target: Arena,
    packet: number,
    sequenceHigh: number,
  ): void {
    const { ivOctets } = this.#suite;
    const iv = packet + ESP_HEADER_OCTETS;
    const body = iv + ivOctets;
    checkBounds(source, from, octets);
    checkBounds(target, packet, ESP_HEADER_OCTETS + ivOctets + octets + DIGEST_ROOM);
    if (this.#cipher === 0) copy(source, from, octets, target, body);
    else {
      const { ssl } = this.#shop;
      this.#shop.writeIv(target.bytes, iv, ivOctets);
      ssl.EVP_EncryptInit_ex(this.#cipher, 0, 0, 0, target.pointer + iv);
      ssl.EVP_Cipher(this.#cipher, target.pointer + body, source.pointer + from, octets);
    }
    // The whole digest is written; what is more than the ICV is not part of the packet.
    this.#digest(target, packet, body + octets, sequenceHigh, target.pointer + body + octets);
  }

  open(
    source: Arena,
    packet: number,
    octets: number,
    target: Arena,
    to: number,
    sequenceHigh: number,
  ): boolean {
    const { ivOctets, icvOctets } = this.#suite;
    const { ssl, scratch } = this.#shop;
    const body = packet + ESP_HEADER_OCTETS + ivOctets;
    const length = octets - espFrameOctets(this.#suite);
    checkBounds(source, packet, octets);
    checkBounds(target, to, length);
    const icv = body + length;
    this.#digest(source, packet, icv, sequenceHigh, scratch.pointer + SCRATCH.digest);
    let difference = 0;
    for (let i = 0; i < icvOctets; i += 1)
      difference |=
        (source.bytes[icv + i] as number) ^ (scratch.bytes[SCRATCH.digest + i] as number);
    if (difference !== 0) return false;
    if (this.#cipher === 0) copy(source, body, length, target, to);
    else {
      ssl.EVP_DecryptInit_ex(this.#cipher, 0, 0, 0, source.pointer + body - ivOctets);
      ssl.EVP_Cipher(this.#cipher, target.pointer + to, source.pointer + body, length);
    }
    return true;
  }

  close(): void {
    if (this.#cipher !== 0) this.#shop.ssl.EVP_CIPHER_CTX_free(this.#cipher);
    this.#shop.ssl.HMAC_CTX_free(this.#hmac);
    this.#cipher = 0;
    this.#hmac = 0;
  }

  #digest(arena: Arena, from: number, end: number, sequenceHigh: number, output: number): void {
    assert(this.#hmac !== 0, 'a cipher used after its end');
    const { ssl, scratch } = this.#shop;
    ssl.HMAC_Init_ex(this.#hmac, 0, 0, 0, 0);
    ssl.HMAC_Update(this.#hmac, arena.pointer + from, end - from);
    if (sequenceHigh !== NOT_EXTENDED) {
      this.#shop.writeHigh(SCRATCH.high, sequenceHigh);
      ssl.HMAC_Update(this.#hmac, scratch.pointer + SCRATCH.high, 4);
    }
    ssl.HMAC_Final(this.#hmac, output, 0);
  }
}

function copy(source: Arena, from: number, octets: number, target: Arena, to: number): void {
  target.bytes.set(source.bytes.subarray(from, from + octets), to);
}
