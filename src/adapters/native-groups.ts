import { assert } from '#base/assert';
import type { RandomSource } from '#base/random';
import { bigintOctets } from '#crypto/der';
import { DH_GROUPS, type DhGroup, type DhGroupName } from '#crypto/dh-groups';
import { MODP_PRIMES, type ModpGroupName } from '#crypto/modp-primes';
import type { Libcrypto } from './libcrypto.ts';
import { WaitingLine } from './waiting-line.ts';

/** A shared secret, or undefined when the peer's public value is not one of the group. */
type Combined = (secret: Uint8Array | undefined) => void;

/** Our half of an exchange; `secret` is the number in octets, to be wiped by whoever has it. */
export type NativePair = { readonly publicValue: Uint8Array; readonly secret: Uint8Array };

/** One Diffie-Hellman group. Both call back once, before or after they return. */
export type NativeGroup = {
  /** A new pair; undefined when OpenSSL has no memory for it. */
  pair(done: (pair: NativePair | undefined) => void): void;
  /** Reads `secret` before it returns. */
  combine(secret: Uint8Array, peerPublic: Uint8Array, done: Combined): void;
};

/** For the numbers of the largest group, and the secret number beside them. */
const NUMBER_OCTETS = 1024;
/** Above this size an exponentiation goes to the thread pool; below it the way there costs as much. */
const LARGEST_AT_ONCE_OCTETS = 128;
/** So many keep every thread of the pool at work; koffi throws when it has 256 of them. */
const ASIDE_MOST = 32;

type Scratch = ReturnType<Libcrypto['scratch']>;

/** What all groups share. */
type Means = {
  readonly ssl: Libcrypto;
  readonly scratch: Scratch;
  readonly random: RandomSource;
  /** For the thread pool. `KeyAgreement` bounds how many wait. */
  readonly line: WaitingLine;
};

/** Puts octets where C reads them and makes them a number, `into` an existing one unless that is 0. */
function numberOf(ssl: Libcrypto, scratch: Scratch, octets: Uint8Array, into: number): number {
  scratch.bytes.set(octets, 0);
  const number = ssl.BN_bin2bn(scratch.pointer, octets.length, into);
  scratch.bytes.fill(0, 0, octets.length);
  assert(number !== 0, 'OpenSSL has no memory for a number');
  return number;
}

/** The first octets of the scratch memory, which is wiped. */
function taken(scratch: Scratch, from: number, octets: number): Uint8Array {
  const copy = new Uint8Array(octets);
  copy.set(scratch.bytes.subarray(from, from + octets));
  scratch.bytes.fill(0, from, from + octets);
  return copy;
}

const isAboveOne = (number: Uint8Array): boolean =>
  number.some((octet, index) => octet > (index === number.length - 1 ? 1 : 0));

/** Compares two numbers of as many octets. */
function isBelow(a: Uint8Array, b: Uint8Array): boolean {
  const first = a.findIndex((octet, index) => octet !== b[index]);
  return first >= 0 && (a[first] as number) < (b[first] as number);
}

/** Exponentiation modulo a prime; RFC 2409 section 6, RFC 3526. */
class ModularGroup implements NativeGroup {
  readonly #ssl: Libcrypto;
  readonly #scratch: Scratch;
  readonly #random: RandomSource;
  readonly #line: WaitingLine;
  readonly #group: DhGroup;
  /** The prime less one, in octets. */
  readonly #primeLessOne: Uint8Array;
  readonly #modulus: number;
  readonly #generator: number;
  readonly #montgomery: number;
  /** For exponentiations at once, one after the other. */
  readonly #context: number;
  readonly #result: number;

  constructor({ ssl, scratch, random, line }: Means, group: DhGroup) {
    this.#ssl = ssl;
    this.#scratch = scratch;
    this.#random = random;
    this.#line = line;
    this.#group = group;
    const prime = bigintOctets(MODP_PRIMES[group.name as ModpGroupName]);
    this.#primeLessOne = bigintOctets(MODP_PRIMES[group.name as ModpGroupName] - 1n);
    this.#modulus = numberOf(ssl, scratch, prime, 0);
    this.#generator = ssl.BN_new();
    ssl.BN_set_word(this.#generator, 2);
    this.#result = ssl.BN_new();
    this.#context = ssl.BN_CTX_new();
    this.#montgomery = ssl.BN_MONT_CTX_new();
    const set = ssl.BN_MONT_CTX_set(this.#montgomery, this.#modulus, this.#context);
    assert(set === 1, `OpenSSL refuses the prime of ${group.label}`);
  }

  pair(done: (pair: NativePair | undefined) => void): void {
    const secret = this.#random.bytes(this.#group.secretOctets);
    this.#power(this.#generator, secret, (publicValue) =>
      done(publicValue && { publicValue, secret }),
    );
  }

  combine(secret: Uint8Array, peerPublic: Uint8Array, done: Combined): void {
    // 0, 1 and p-1 would force the shared secret.
    const isOne = isAboveOne(peerPublic) && isBelow(peerPublic, this.#primeLessOne);
    if (peerPublic.length !== this.#group.publicOctets || !isOne) {
      done(undefined);
      return;
    }
    const base = numberOf(this.#ssl, this.#scratch, peerPublic, 0);
    this.#power(base, secret, (shared) => {
      this.#ssl.BN_clear_free(base);
      done(shared);
    });
  }

  #power(base: number, secret: Uint8Array, done: Combined): void {
    if (this.#group.publicOctets > LARGEST_AT_ONCE_OCTETS) this.#powerAside(base, secret, done);
    else done(this.#powerAtOnce(base, secret));
  }

  #powerAtOnce(base: number, secret: Uint8Array): Uint8Array | undefined {
    const ssl = this.#ssl;
    const exponent = numberOf(ssl, this.#scratch, secret, 0);
    const done = ssl.BN_mod_exp_mont_consttime(
      this.#result,
      base,
      exponent,
      this.#modulus,
      this.#context,
      this.#montgomery,
    );
    ssl.BN_clear_free(exponent);
    return done === 1 ? this.#octetsOf(this.#result) : undefined;
  }

  /** The same on the thread pool, with a context and numbers of its own, which it frees. */
  #powerAside(base: number, secret: Uint8Array, done: Combined): void {
    const exponent = numberOf(this.#ssl, this.#scratch, secret, 0);
    this.#line.enter((leave) =>
      this.#begin(base, exponent, (power) => {
        leave();
        done(power);
      }),
    );
  }

  #begin(base: number, exponent: number, done: Combined): void {
    const ssl = this.#ssl;
    const [context, result] = [ssl.BN_CTX_new(), ssl.BN_new()];
    ssl.BN_mod_exp_mont_consttime.async(
      result,
      base,
      exponent,
      this.#modulus,
      context,
      this.#montgomery,
      (error, computed) => {
        const octets = !error && computed === 1 ? this.#octetsOf(result) : undefined;
        for (const number of [exponent, result]) ssl.BN_clear_free(number);
        ssl.BN_CTX_free(context);
        done(octets);
      },
    );
  }

  #octetsOf(number: number): Uint8Array | undefined {
    const { publicOctets } = this.#group;
    const written = this.#ssl.BN_bn2binpad(number, this.#scratch.pointer, publicOctets);
    return written === publicOctets ? taken(this.#scratch, 0, publicOctets) : undefined;
  }
}

/** Numbers that OpenSSL has for the curves (obj_mac.h): NID_X9_62_prime256v1 and its sisters. */
const CURVE_IDENTIFIERS: Partial<Record<DhGroupName, number>> = {
  ecp256: 415,
  ecp384: 715,
  ecp521: 716,
};
/** POINT_CONVERSION_UNCOMPRESSED, which is also the first octet of such a point; RFC 5903 leaves it out. */
const UNCOMPRESSED = 4;

/** A prime curve; RFC 5903. */
class Curve implements NativeGroup {
  readonly #ssl: Libcrypto;
  readonly #scratch: Scratch;
  readonly #group: DhGroup;
  readonly #curve: number;
  readonly #point: number;
  readonly #peer: number;
  readonly #scalar: number;
  readonly #context: number;

  constructor({ ssl, scratch }: Means, group: DhGroup, identifier: number) {
    this.#ssl = ssl;
    this.#scratch = scratch;
    this.#group = group;
    this.#curve = ssl.EC_GROUP_new_by_curve_name(identifier);
    assert(this.#curve !== 0, `OpenSSL has no curve for ${group.label}`);
    this.#point = ssl.EC_POINT_new(this.#curve);
    this.#peer = ssl.EC_POINT_new(this.#curve);
    this.#scalar = ssl.BN_new();
    this.#context = ssl.BN_CTX_new();
  }

  pair(done: (pair: NativePair | undefined) => void): void {
    const ssl = this.#ssl;
    const { sharedOctets } = this.#group;
    if (ssl.BN_priv_rand_range(this.#scalar, ssl.EC_GROUP_get0_order(this.#curve)) !== 1) {
      done(undefined);
      return;
    }
    ssl.BN_bn2binpad(this.#scalar, this.#scratch.pointer, sharedOctets);
    const secret = taken(this.#scratch, 0, sharedOctets);
    const publicValue = this.#multiple(this.#scalar, 0);
    done(publicValue && { publicValue, secret });
  }

  combine(secret: Uint8Array, peerPublic: Uint8Array, done: Combined): void {
    const ssl = this.#ssl;
    const { publicOctets, sharedOctets } = this.#group;
    if (peerPublic.length !== publicOctets) {
      done(undefined);
      return;
    }
    const { bytes, pointer } = this.#scratch;
    bytes[0] = UNCOMPRESSED;
    bytes.set(peerPublic, 1);
    // Refuses a point that is not on the curve.
    const read = ssl.EC_POINT_oct2point(
      this.#curve,
      this.#peer,
      pointer,
      1 + publicOctets,
      this.#context,
    );
    if (read !== 1) {
      ssl.ERR_clear_error();
      done(undefined);
      return;
    }
    numberOf(ssl, this.#scratch, secret, this.#scalar);
    done(this.#multiple(0, this.#scalar)?.slice(0, sharedOctets));
  }

  /** A multiple of the generator or of the peer's point, without its first octet; wipes the scalar. */
  #multiple(ofGenerator: number, ofPeer: number): Uint8Array | undefined {
    const ssl = this.#ssl;
    const octets = 1 + this.#group.publicOctets;
    const done = ssl.EC_POINT_mul(
      this.#curve,
      this.#point,
      ofGenerator,
      ofPeer === 0 ? 0 : this.#peer,
      ofPeer,
      this.#context,
    );
    ssl.BN_clear(this.#scalar);
    if (done !== 1) return undefined;
    const written = ssl.EC_POINT_point2oct(
      this.#curve,
      this.#point,
      UNCOMPRESSED,
      this.#scratch.pointer,
      octets,
      this.#context,
    );
    // The point at infinity has one octet only.
    return written === octets ? taken(this.#scratch, 0, octets).subarray(1) : undefined;
  }
}

/** Groups as they are asked for; the others are left to node:crypto. */
export class NativeGroups {
  readonly #means: Means;
  readonly #groups = new Map<DhGroupName, NativeGroup | undefined>();

  constructor(ssl: Libcrypto, random: RandomSource) {
    const scratch = ssl.scratch(NUMBER_OCTETS);
    this.#means = { ssl, scratch, random, line: new WaitingLine(ASIDE_MOST) };
  }

  group(name: DhGroupName): NativeGroup | undefined {
    if (!this.#groups.has(name)) this.#groups.set(name, this.#make(DH_GROUPS[name]));
    return this.#groups.get(name);
  }

  /** What has not begun never will. */
  close(): void {
    this.#means.line.close();
  }

  #make(group: DhGroup): NativeGroup | undefined {
    if (group.kind === 'modp') return new ModularGroup(this.#means, group);
    const curve = CURVE_IDENTIFIERS[group.name];
    return curve === undefined ? undefined : new Curve(this.#means, group, curve);
  }
}
