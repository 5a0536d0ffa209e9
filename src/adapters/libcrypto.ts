import { type OpenSsl, openssl } from './openssl.ts';

/**
 * OpenSSL's libcrypto, as the node binary exports it: ciphers and digests, numbers (BIGNUM) and points
 * of elliptic curves. Pointers are plain numbers; what a function expects stands in OpenSSL's manual.
 */
export type Libcrypto = OpenSsl & {
  BN_new(): number;
  BN_clear(number: number): void;
  BN_clear_free(number: number): void;
  BN_bin2bn(octets: number, count: number, into: number): number;
  BN_bn2binpad(number: number, octets: number, count: number): number;
  BN_set_word(number: number, word: number): number;
  BN_priv_rand_range(number: number, range: number): number;
  BN_CTX_new(): number;
  BN_CTX_free(context: number): void;
  BN_MONT_CTX_new(): number;
  BN_MONT_CTX_set(montgomery: number, modulus: number, context: number): number;
  BN_mod_exp_mont_consttime: Power;
  EC_GROUP_new_by_curve_name(identifier: number): number;
  EC_GROUP_get0_order(group: number): number;
  EC_POINT_new(group: number): number;
  /** `ofGenerator` times the generator, plus `factor` times `point`; 0 leaves a term out. */
  EC_POINT_mul(
    group: number,
    result: number,
    ofGenerator: number,
    point: number,
    factor: number,
    context: number,
  ): number;
  EC_POINT_oct2point(
    group: number,
    point: number,
    octets: number,
    count: number,
    context: number,
  ): number;
  EC_POINT_point2oct(
    group: number,
    point: number,
    form: number,
    octets: number,
    count: number,
    context: number,
  ): number;
  ERR_clear_error(): void;
  /** Octets that C can read and write, and their address. */
  scratch(octets: number): { readonly bytes: Uint8Array; readonly pointer: number };
};

type PowerArguments = readonly [
  result: number,
  base: number,
  exponent: number,
  modulus: number,
  context: number,
  montgomery: number,
];

/** An exponentiation in a time that does not depend on the exponent; `async` runs on the thread pool. */
type Power = {
  (...args: PowerArguments): number;
  async(...args: [...PowerArguments, (error: Error | null, done: number) => void]): void;
};

type Library = ReturnType<typeof import('koffi')['load']>;

const P = 'uintptr_t';

function arithmetic(lib: Library): Omit<Libcrypto, 'scratch' | keyof OpenSsl> {
  const six = [P, P, P, P, P, P];
  return {
    BN_new: lib.func('BN_new', P, []),
    BN_clear: lib.func('BN_clear', 'void', [P]),
    BN_clear_free: lib.func('BN_clear_free', 'void', [P]),
    BN_bin2bn: lib.func('BN_bin2bn', P, [P, 'int', P]),
    BN_bn2binpad: lib.func('BN_bn2binpad', 'int', [P, P, 'int']),
    BN_set_word: lib.func('BN_set_word', 'int', [P, 'ulong']),
    BN_priv_rand_range: lib.func('BN_priv_rand_range', 'int', [P, P]),
    BN_CTX_new: lib.func('BN_CTX_new', P, []),
    BN_CTX_free: lib.func('BN_CTX_free', 'void', [P]),
    BN_MONT_CTX_new: lib.func('BN_MONT_CTX_new', P, []),
    BN_MONT_CTX_set: lib.func('BN_MONT_CTX_set', 'int', [P, P, P]),
    BN_mod_exp_mont_consttime: lib.func('BN_mod_exp_mont_consttime', 'int', six) as Power,
    EC_GROUP_new_by_curve_name: lib.func('EC_GROUP_new_by_curve_name', P, ['int']),
    EC_GROUP_get0_order: lib.func('EC_GROUP_get0_order', P, [P]),
    EC_POINT_new: lib.func('EC_POINT_new', P, [P]),
    EC_POINT_mul: lib.func('EC_POINT_mul', 'int', six),
    EC_POINT_oct2point: lib.func('EC_POINT_oct2point', 'int', [P, P, P, 'size_t', P]),
    EC_POINT_point2oct: lib.func('EC_POINT_point2oct', 'size_t', [P, P, 'int', P, 'size_t', P]),
    ERR_clear_error: lib.func('ERR_clear_error', 'void', []),
  };
}

/** Finds the functions in the running program; undefined where koffi cannot be loaded. */
export async function loadLibcrypto(): Promise<Libcrypto | undefined> {
  try {
    const koffi = (await import('koffi')).default;
    // Nothing but the program itself: the system's libcrypto would mix with the one inside node.
    const lib = koffi.load(null);
    return {
      ...openssl(lib),
      ...arithmetic(lib),
      scratch: (octets) => {
        // Shared memory is not moved, so its address stays.
        const bytes = new Uint8Array(new SharedArrayBuffer(octets));
        return { bytes, pointer: Number(koffi.address(bytes)) };
      },
    };
  } catch {
    return undefined;
  }
}
