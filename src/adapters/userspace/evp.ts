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
import { checkBounds, cipherContext, SCRATCH, Workshop } from './evp-workshop.ts';
import type { Sys } from './sys.ts';

/** `EVP_CTRL_AEAD_GET_TAG` and `EVP_CTRL_AEAD_SET_TAG` of openssl/evp.h. */
const GET_TAG = 0x10;
const SET_TAG = 0x11;

/** The largest digest, all of which OpenSSL writes. */
const DIGEST_ROOM = 64;
/** In front of the IV in the nonce; RFC 4106 section 4, RFC 7634 section 2. */
const SALT_OCTETS = 4;

/**
 * ESP transforms through OpenSSL's EVP interface, called in the node binary itself: one context per
 * SA and direction whose key is set once, with the first packet, so that a packet costs five calls and
 * no allocation, and an SA that carries none costs none of the memory of C. Works on arenas of `Sys` only.
 */
export function evpCiphers(sys: Sys): EspCiphers {
  const shop = new Workshop(sys);
  const transform = (seals: boolean) => (suite: EspSuite, keyMaterial: Uint8Array) =>
    suite.integrityHash === undefined
      ? new CombinedMode(shop, suite, keyMaterial, seals)
      : new CbcHmac(shop, suite, HASHES[suite.integrityHash].digest, keyMaterial, seals);
  return { sealer: transform(true), opener: transform(false) };
}

/** AES-GCM and ChaCha20-Poly1305; RFC 4106, RFC 7634. */
class CombinedMode implements EspSealer, EspOpener {
  readonly #shop: Workshop;
  readonly #suite: EspSuite;
  readonly #seals: boolean;
  /** The key until there is a context, then the salt; undefined after the end. */
  #keys: Uint8Array | undefined;
  /**
   * Undefined before the first packet. An address beside 0 in one field would make V8 keep it as a
   * double there, and allocate a number each time a packet reads it.
   */
  #context: number | undefined;

  constructor(shop: Workshop, suite: EspSuite, keyMaterial: Uint8Array, seals: boolean) {
    this.#shop = shop;
    this.#suite = suite;
    this.#seals = seals;
    this.#keys = keyMaterial.slice();
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
    const context = this.#context ?? this.#begin();
    const body = iv + ivOctets;
    ssl.EVP_EncryptInit_ex(context, 0, 0, 0, this.#nonce(out, iv));
    this.#associate(context, target, packet, sequenceHigh);
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
    const context = this.#context ?? this.#begin();
    const nonce = this.#nonce(source.bytes, packet + ESP_HEADER_OCTETS);
    ssl.EVP_DecryptInit_ex(context, 0, 0, 0, nonce);
    ssl.EVP_CIPHER_CTX_ctrl(context, SET_TAG, icvOctets, source.pointer + body + length);
    this.#associate(context, source, packet, sequenceHigh);
    ssl.EVP_Cipher(context, target.pointer + to, source.pointer + body, length);
    return ssl.EVP_Cipher(context, 0, 0, 0) >= 0;
  }

  close(): void {
    this.#keys?.fill(0);
    this.#keys = undefined;
    if (this.#context !== undefined) this.#shop.ssl.EVP_CIPHER_CTX_free(this.#context);
    this.#context = undefined;
  }

  /** Gives the key to OpenSSL. */
  #begin(): number {
    assert(this.#keys, 'a cipher used after its end');
    const { encryptionKeyOctets } = this.#suite;
    const key = this.#keys.subarray(0, encryptionKeyOctets);
    const context = cipherContext(this.#shop, this.#suite, key, this.#seals);
    this.#context = context;
    const salt = this.#keys.slice(encryptionKeyOctets);
    this.#keys.fill(0);
    this.#keys = salt;
    return context;
  }

  /** Salt and IV, where OpenSSL can read them. */
  #nonce(bytes: Uint8Array, iv: number): number {
    const { scratch } = this.#shop;
    const at = SCRATCH.nonce;
    const salt = this.#keys as Uint8Array;
    for (let i = 0; i < SALT_OCTETS; i += 1) scratch.bytes[at + i] = salt[i] as number;
    for (let i = 0; i < this.#suite.ivOctets; i += 1)
      scratch.bytes[at + SALT_OCTETS + i] = bytes[iv + i] as number;
    return scratch.pointer + at;
  }

  /** Feeds SPI and sequence number, the upper half between them if there is one. */
  #associate(context: number, arena: Arena, packet: number, sequenceHigh: number): void {
    const { ssl, scratch } = this.#shop;
    if (sequenceHigh === NOT_EXTENDED) {
      ssl.EVP_Cipher(context, 0, arena.pointer + packet, ESP_HEADER_OCTETS);
      return;
    }
    const at = SCRATCH.associatedData;
    for (let i = 0; i < 4; i += 1) {
      scratch.bytes[at + i] = arena.bytes[packet + i] as number;
      scratch.bytes[at + 8 + i] = arena.bytes[packet + 4 + i] as number;
    }
    this.#shop.writeHigh(at + 4, sequenceHigh);
    ssl.EVP_Cipher(context, 0, scratch.pointer + at, 12);
  }
}

/** CBC or NULL encryption with an HMAC over everything before it; RFC 2451, 3602, 2410, 4868. */
class CbcHmac implements EspSealer, EspOpener {
  readonly #shop: Workshop;
  readonly #suite: EspSuite;
  readonly #digestName: string;
  readonly #seals: boolean;
  /** Until there are contexts. */
  #keys: Uint8Array | undefined;
  /** Undefined for NULL encryption, and before the first packet. */
  #cipher: number | undefined;
  #hmac: number | undefined;

  constructor(
    shop: Workshop,
    suite: EspSuite,
    digestName: string,
    keyMaterial: Uint8Array,
    seals: boolean,
  ) {
    this.#shop = shop;
    this.#suite = suite;
    this.#digestName = digestName;
    this.#seals = seals;
    this.#keys = keyMaterial.slice();
  }

  /** Gives the keys to OpenSSL. */
  #begin(): number {
    const keys = this.#keys;
    assert(keys, 'a cipher used after its end');
    const shop = this.#shop;
    const suite = this.#suite;
    const { ssl } = shop;
    const key = keys.subarray(0, suite.encryptionKeyOctets);
    const thrice = new Uint8Array(suite.singleDes ? 3 * key.length : key.length);
    for (let at = 0; at < thrice.length; at += key.length) thrice.set(key, at);
    this.#cipher =
      suite.algorithm === undefined ? undefined : cipherContext(shop, suite, thrice, this.#seals);
    thrice.fill(0);
    const integrityKey = keys.subarray(suite.encryptionKeyOctets);
    const digest = ssl.EVP_get_digestbyname(this.#digestName);
    const hmac = ssl.HMAC_CTX_new();
    assert(hmac !== 0, 'OpenSSL has no memory for an HMAC');
    const done = shop.withKey(integrityKey, (pointer) =>
      ssl.HMAC_Init_ex(hmac, pointer, integrityKey.length, digest, 0),
    );
    this.#hmac = hmac;
    if (done !== 1) this.close();
    assert(done === 1, `OpenSSL refuses the integrity key of ${suite.name}`);
    keys.fill(0);
    this.#keys = undefined;
    return hmac;
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
    const hmac = this.#hmac ?? this.#begin();
    const cipher = this.#cipher;
    if (cipher === undefined) copy(source, from, octets, target, body);
    else {
      const { ssl } = this.#shop;
      this.#shop.writeIv(target.bytes, iv, ivOctets);
      ssl.EVP_EncryptInit_ex(cipher, 0, 0, 0, target.pointer + iv);
      const done = ssl.EVP_Cipher(cipher, target.pointer + body, source.pointer + from, octets);
      assert(done > 0, 'OpenSSL did not seal a packet');
    }
    // The whole digest is written; what is more than the ICV is not part of the packet.
    this.#digest(hmac, target, packet, body + octets, sequenceHigh, target.pointer + body + octets);
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
    const hmac = this.#hmac ?? this.#begin();
    const icv = body + length;
    this.#digest(hmac, source, packet, icv, sequenceHigh, scratch.pointer + SCRATCH.digest);
    let difference = 0;
    for (let i = 0; i < icvOctets; i += 1)
      difference |=
        (source.bytes[icv + i] as number) ^ (scratch.bytes[SCRATCH.digest + i] as number);
    if (difference !== 0) return false;
    const cipher = this.#cipher;
    if (cipher === undefined) copy(source, body, length, target, to);
    else {
      ssl.EVP_DecryptInit_ex(cipher, 0, 0, 0, source.pointer + body - ivOctets);
      ssl.EVP_Cipher(cipher, target.pointer + to, source.pointer + body, length);
    }
    return true;
  }

  close(): void {
    const { ssl } = this.#shop;
    this.#keys?.fill(0);
    this.#keys = undefined;
    if (this.#cipher !== undefined) ssl.EVP_CIPHER_CTX_free(this.#cipher);
    if (this.#hmac !== undefined) ssl.HMAC_CTX_free(this.#hmac);
    this.#cipher = undefined;
    this.#hmac = undefined;
  }

  #digest(
    hmac: number,
    arena: Arena,
    from: number,
    end: number,
    sequenceHigh: number,
    output: number,
  ): void {
    const { ssl, scratch } = this.#shop;
    ssl.HMAC_Init_ex(hmac, 0, 0, 0, 0);
    ssl.HMAC_Update(hmac, arena.pointer + from, end - from);
    if (sequenceHigh !== NOT_EXTENDED) {
      this.#shop.writeHigh(SCRATCH.high, sequenceHigh);
      ssl.HMAC_Update(hmac, scratch.pointer + SCRATCH.high, 4);
    }
    ssl.HMAC_Final(hmac, output, 0);
  }
}

function copy(source: Arena, from: number, octets: number, target: Arena, to: number): void {
  target.bytes.set(source.bytes.subarray(from, from + octets), to);
}
