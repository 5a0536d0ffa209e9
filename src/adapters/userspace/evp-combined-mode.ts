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
import { Contexts } from './evp-contexts.ts';
import { KeyRows } from './evp-keys.ts';
import { checkBounds, SCRATCH, type Workshop } from './evp-workshop.ts';

/** `EVP_CTRL_AEAD_GET_TAG` and `EVP_CTRL_AEAD_SET_TAG` of openssl/evp.h. */
const GET_TAG = 0x10;
const SET_TAG = 0x11;

/** AES-GCM and ChaCha20-Poly1305; RFC 4106, RFC 7634. */
export class CombinedMode implements EspSealer, EspOpener {
  readonly #shop: Workshop;
  readonly #suite: EspSuite;
  /** Key and salt, and behind them room for the IV: salt and IV are the nonce. */
  readonly #rows: KeyRows;
  readonly #contexts: Contexts;

  constructor(shop: Workshop, suite: EspSuite, algorithm: string, seals: boolean) {
    this.#shop = shop;
    this.#suite = suite;
    this.#rows = new KeyRows(shop.sys, suite.keyMaterialOctets + suite.ivOctets);
    this.#contexts = new Contexts(shop.cipherContexts(algorithm, seals));
  }

  hold(keyMaterial: Uint8Array): number {
    return this.#rows.take(keyMaterial);
  }

  forget(keys: number): void {
    this.#contexts.forget(keys);
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
    const context = this.#contexts.take(keys);
    const body = iv + ivOctets;
    const key = this.#contexts.needsKey ? this.#rows.pointer(keys) : 0;
    this.#check(keys, ssl.EVP_EncryptInit_ex(context, 0, 0, key, this.#nonce(keys, out, iv)));
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
    keys: number,
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
    const context = this.#contexts.take(keys);
    const key = this.#contexts.needsKey ? this.#rows.pointer(keys) : 0;
    const nonce = this.#nonce(keys, source.bytes, packet + ESP_HEADER_OCTETS);
    this.#check(keys, ssl.EVP_DecryptInit_ex(context, 0, 0, key, nonce));
    ssl.EVP_CIPHER_CTX_ctrl(context, SET_TAG, icvOctets, source.pointer + body + length);
    this.#associate(context, source, packet, sequenceHigh);
    ssl.EVP_Cipher(context, target.pointer + to, source.pointer + body, length);
    return ssl.EVP_Cipher(context, 0, 0, 0) >= 0;
  }

  #check(keys: number, done: number): void {
    if (done !== 1) this.#contexts.forget(keys);
    assert(done === 1, `OpenSSL refuses the key of ${this.#suite.name}`);
  }

  /** Puts the IV behind the salt; where the nonce lies. */
  #nonce(keys: number, bytes: Uint8Array, iv: number): number {
    const { keyMaterialOctets, encryptionKeyOctets, ivOctets } = this.#suite;
    const row = this.#rows.arena(keys);
    const at = this.#rows.offset(keys);
    for (let i = 0; i < ivOctets; i += 1)
      row.bytes[at + keyMaterialOctets + i] = bytes[iv + i] as number;
    return row.pointer + at + encryptionKeyOctets;
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
