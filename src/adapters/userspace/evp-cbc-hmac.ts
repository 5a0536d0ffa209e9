import type { Arena } from '#base/arena';
import { assert } from '#base/assert';
import {
  ESP_HEADER_OCTETS,
  type EspOpener,
  type EspSealer,
  espFrameOctets,
  NOT_EXTENDED,
} from '#crypto/esp-cipher';
import type { EspSuite } from '#crypto/esp-suites';
import { HASHES, type HashName } from '#crypto/hashes';
import { Contexts } from './evp-contexts.ts';
import { KeyRows } from './evp-keys.ts';
import { checkBounds, SCRATCH, type Workshop } from './evp-workshop.ts';

/** The largest digest, all of which OpenSSL writes. */
const DIGEST_ROOM = 64;

/** CBC or NULL encryption with an HMAC over everything before it; RFC 2451, 3602, 2410, 4868. */
export class CbcHmac implements EspSealer, EspOpener {
  readonly #shop: Workshop;
  readonly #suite: EspSuite;
  readonly #digest: number;
  readonly #seals: boolean;
  /** The key of the cipher, as OpenSSL takes it, and behind it that of the HMAC. */
  readonly #rows: KeyRows;
  readonly #cipherKeyOctets: number;
  /** Undefined for NULL encryption. */
  readonly #ciphers: Contexts | undefined;
  readonly #hmacs: Contexts;

  constructor(shop: Workshop, suite: EspSuite, hash: HashName, seals: boolean) {
    const { ssl } = shop;
    this.#shop = shop;
    this.#suite = suite;
    // One that was fetched takes a key in half the time of one that is only named.
    this.#digest = ssl.EVP_MD_fetch(0, HASHES[hash].digest, 0);
    assert(this.#digest !== 0, `OpenSSL has no ${hash}`);
    this.#seals = seals;
    this.#cipherKeyOctets = (suite.singleDes ? 3 : 1) * suite.encryptionKeyOctets;
    this.#rows = new KeyRows(shop.sys, this.#cipherKeyOctets + suite.integrityKeyOctets);
    this.#ciphers =
      suite.algorithm === undefined
        ? undefined
        : new Contexts(shop.cipherContexts(suite.algorithm, seals));
    this.#hmacs = new Contexts({ make: ssl.HMAC_CTX_new, free: ssl.HMAC_CTX_free });
  }

  hold(keyMaterial: Uint8Array): number {
    if (!this.#suite.singleDes) return this.#rows.take(keyMaterial);
    const key = keyMaterial.subarray(0, this.#suite.encryptionKeyOctets);
    return this.#rows.take(key, key, keyMaterial);
  }

  forget(keys: number): void {
    this.#ciphers?.forget(keys);
    this.#hmacs.forget(keys);
    this.#rows.giveBack(keys);
  }

  seal(
    keys: number,
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
    if (this.#ciphers === undefined) copy(source, from, octets, target, body);
    else {
      this.#shop.writeIv(target.bytes, iv, ivOctets);
      const cipher = this.#cipher(keys, this.#ciphers, target.pointer + iv);
      const { ssl } = this.#shop;
      const done = ssl.EVP_Cipher(cipher, target.pointer + body, source.pointer + from, octets);
      assert(done > 0, 'OpenSSL did not seal a packet');
    }
    // The whole digest is written; what is more than the ICV is not part of the packet.
    const end = body + octets;
    this.#authenticate(keys, target, packet, end, sequenceHigh, target.pointer + end);
  }

  open(
    keys: number,
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
    this.#authenticate(keys, source, packet, icv, sequenceHigh, scratch.pointer + SCRATCH.digest);
    let difference = 0;
    for (let i = 0; i < icvOctets; i += 1)
      difference |=
        (source.bytes[icv + i] as number) ^ (scratch.bytes[SCRATCH.digest + i] as number);
    if (difference !== 0) return false;
    if (this.#ciphers === undefined) copy(source, body, length, target, to);
    else {
      const cipher = this.#cipher(keys, this.#ciphers, source.pointer + body - ivOctets);
      ssl.EVP_Cipher(cipher, target.pointer + to, source.pointer + body, length);
    }
    return true;
  }

  /** The cipher with these keys and the IV at `iv`. */
  #cipher(keys: number, ciphers: Contexts, iv: number): number {
    const { ssl } = this.#shop;
    const init = this.#seals ? ssl.EVP_EncryptInit_ex : ssl.EVP_DecryptInit_ex;
    const cipher = ciphers.take(keys);
    const key = ciphers.needsKey ? this.#rows.pointer(keys) : 0;
    this.#check(keys, init(cipher, 0, 0, key, iv));
    return cipher;
  }

  /** Writes the digest of what lies between `from` and `end`, by the HMAC of these keys, to `output`. */
  #authenticate(
    keys: number,
    arena: Arena,
    from: number,
    end: number,
    sequenceHigh: number,
    output: number,
  ): void {
    const { ssl, scratch } = this.#shop;
    const hmac = this.#hmacs.take(keys);
    if (!this.#hmacs.needsKey) ssl.HMAC_Init_ex(hmac, 0, 0, 0, 0);
    else {
      const key = this.#rows.pointer(keys) + this.#cipherKeyOctets;
      const { integrityKeyOctets } = this.#suite;
      this.#check(keys, ssl.HMAC_Init_ex(hmac, key, integrityKeyOctets, this.#digest, 0));
    }
    ssl.HMAC_Update(hmac, arena.pointer + from, end - from);
    if (sequenceHigh !== NOT_EXTENDED) {
      this.#shop.writeHigh(SCRATCH.high, sequenceHigh);
      ssl.HMAC_Update(hmac, scratch.pointer + SCRATCH.high, 4);
    }
    ssl.HMAC_Final(hmac, output, 0);
  }

  #check(keys: number, done: number): void {
    if (done === 1) return;
    this.#ciphers?.forget(keys);
    this.#hmacs.forget(keys);
    assert(false, `OpenSSL refuses the keys of ${this.#suite.name}`);
  }
}

function copy(source: Arena, from: number, octets: number, target: Arena, to: number): void {
  target.bytes.set(source.bytes.subarray(from, from + octets), to);
}
