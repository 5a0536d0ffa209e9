import {
  type CipherGCM,
  type CipherGCMTypes,
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type DecipherGCM,
  type KeyObject,
} from 'node:crypto';
import type { Arena } from '#base/arena';
import { concat, equalBytes } from '#base/bytes';
import type { RandomSource } from '#base/random';
import {
  ESP_HEADER_OCTETS,
  type EspCiphers,
  type EspOpener,
  type EspSealer,
  NOT_EXTENDED,
} from './esp-cipher.ts';
import type { EspSuite } from './esp-suites.ts';
import { HASHES } from './hashes.ts';
import { HeldKeys } from './held-keys.ts';

/**
 * ESP transforms through `node:crypto`: portable, and 10 times slower than the ones of the user-space
 * back end. `random` yields the IVs of CBC; the other ciphers count theirs.
 */
export function nodeEspCiphers(random: RandomSource): EspCiphers {
  const made = new Map<EspSuite, CombinedMode | CbcHmac>();
  const transform = (suite: EspSuite): CombinedMode | CbcHmac => {
    const before = made.get(suite);
    if (before) return before;
    const { integrityHash } = suite;
    const one =
      integrityHash === undefined
        ? new CombinedMode(suite)
        : new CbcHmac(suite, HASHES[integrityHash].digest, random);
    made.set(suite, one);
    return one;
  };
  return { sealer: transform, opener: transform };
}

/** The upper half of an extended sequence number in network order; nothing without one. */
function highOctets(sequenceHigh: number): Uint8Array {
  if (sequenceHigh === NOT_EXTENDED) return new Uint8Array(0);
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setUint32(0, sequenceHigh);
  return octets;
}

/** AES-GCM and ChaCha20-Poly1305; RFC 4106, RFC 7634. */
class CombinedMode implements EspSealer, EspOpener {
  readonly #suite: EspSuite;
  readonly #algorithm: CipherGCMTypes;
  readonly #keys = new HeldKeys<{ readonly key: KeyObject; readonly salt: Uint8Array }>();

  constructor(suite: EspSuite) {
    this.#suite = suite;
    // Node's types know the GCM interface by GCM names only; ChaCha20-Poly1305 has the same one.
    this.#algorithm = suite.algorithm as CipherGCMTypes;
  }

  hold(keyMaterial: Uint8Array): number {
    const { encryptionKeyOctets } = this.#suite;
    const key = createSecretKey(keyMaterial.subarray(0, encryptionKeyOctets));
    return this.#keys.hold({ key, salt: keyMaterial.slice(encryptionKeyOctets) });
  }

  forget(keys: number): void {
    this.#keys.get(keys).salt.fill(0);
    this.#keys.forget(keys);
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
    const out = target.bytes;
    const iv = packet + ESP_HEADER_OCTETS;
    // A sequence number is never sealed twice, so it serves as the IV that must never repeat.
    out.set(sequenceHigh === NOT_EXTENDED ? new Uint8Array(4) : highOctets(sequenceHigh), iv);
    out.copyWithin(iv + 4, packet + 4, packet + 8);
    const { key, salt } = this.#keys.get(keys);
    const cipher = createCipheriv(this.#algorithm, key, this.#nonce(salt, out, iv), {
      authTagLength: this.#suite.icvOctets,
    }) as CipherGCM;
    cipher.setAAD(this.#associatedData(out, packet, sequenceHigh));
    const body = iv + this.#suite.ivOctets;
    out.set(cipher.update(source.bytes.subarray(from, from + octets)), body);
    cipher.final();
    out.set(cipher.getAuthTag(), body + octets);
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
    const input = source.bytes;
    const iv = packet + ESP_HEADER_OCTETS;
    const icv = packet + octets - this.#suite.icvOctets;
    const { key, salt } = this.#keys.get(keys);
    const decipher = createDecipheriv(this.#algorithm, key, this.#nonce(salt, input, iv), {
      authTagLength: this.#suite.icvOctets,
    }) as DecipherGCM;
    decipher.setAAD(this.#associatedData(input, packet, sequenceHigh));
    decipher.setAuthTag(input.subarray(icv, packet + octets));
    const plain = decipher.update(input.subarray(iv + this.#suite.ivOctets, icv));
    try {
      decipher.final();
    } catch {
      return false;
    }
    target.bytes.set(plain, to);
    return true;
  }

  #nonce(salt: Uint8Array, bytes: Uint8Array, iv: number): Uint8Array {
    return concat(salt, bytes.subarray(iv, iv + this.#suite.ivOctets));
  }

  #associatedData(bytes: Uint8Array, packet: number, sequenceHigh: number): Uint8Array {
    return concat(
      bytes.subarray(packet, packet + 4),
      highOctets(sequenceHigh),
      bytes.subarray(packet + 4, packet + 8),
    );
  }
}

/** CBC or NULL encryption with an HMAC over everything before it; RFC 2451, 3602, 2410, 4868. */
class CbcHmac implements EspSealer, EspOpener {
  readonly #suite: EspSuite;
  readonly #digest: string;
  readonly #random: RandomSource;
  readonly #keys = new HeldKeys<{
    readonly encryption: KeyObject;
    readonly integrity: KeyObject;
  }>();

  constructor(suite: EspSuite, digest: string, random: RandomSource) {
    this.#suite = suite;
    this.#digest = digest;
    this.#random = random;
  }

  hold(keyMaterial: Uint8Array): number {
    const { encryptionKeyOctets, singleDes } = this.#suite;
    const key = keyMaterial.subarray(0, encryptionKeyOctets);
    return this.#keys.hold({
      encryption: createSecretKey(singleDes ? concat(key, key, key) : key),
      integrity: createSecretKey(keyMaterial.subarray(encryptionKeyOctets)),
    });
  }

  forget(keys: number): void {
    this.#keys.forget(keys);
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
    const { algorithm, ivOctets } = this.#suite;
    const out = target.bytes;
    const body = packet + ESP_HEADER_OCTETS + ivOctets;
    const plain = source.bytes.subarray(from, from + octets);
    if (algorithm === undefined) out.set(plain, body);
    else {
      // CBC needs IVs that nobody can foresee; a counter would not do. RFC 3602 section 3.
      const iv = this.#random.bytes(ivOctets);
      out.set(iv, packet + ESP_HEADER_OCTETS);
      const cipher = createCipheriv(algorithm, this.#keys.get(keys).encryption, iv).setAutoPadding(
        false,
      );
      out.set(cipher.update(plain), body);
    }
    out.set(this.#icv(keys, out, packet, body + octets, sequenceHigh), body + octets);
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
    const { algorithm, ivOctets, icvOctets } = this.#suite;
    const input = source.bytes;
    const end = packet + octets;
    const icv = end - icvOctets;
    if (!equalBytes(this.#icv(keys, input, packet, icv, sequenceHigh), input.subarray(icv, end)))
      return false;
    const body = packet + ESP_HEADER_OCTETS + ivOctets;
    const sealed = input.subarray(body, icv);
    if (algorithm === undefined) target.bytes.set(sealed, to);
    else {
      const iv = input.subarray(body - ivOctets, body);
      const decipher = createDecipheriv(
        algorithm,
        this.#keys.get(keys).encryption,
        iv,
      ).setAutoPadding(false);
      target.bytes.set(decipher.update(sealed), to);
    }
    return true;
  }

  #icv(
    keys: number,
    bytes: Uint8Array,
    packet: number,
    end: number,
    sequenceHigh: number,
  ): Uint8Array {
    const hmac = createHmac(this.#digest, this.#keys.get(keys).integrity);
    hmac.update(bytes.subarray(packet, end)).update(highOctets(sequenceHigh));
    return hmac.digest().subarray(0, this.#suite.icvOctets);
  }
}
