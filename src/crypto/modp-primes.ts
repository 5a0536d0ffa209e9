import type { DhGroupName } from './dh-groups.ts';

/** The constant that RFC 2409 section 6 and RFC 3526 add to the digits of pi, by size in bits. */
const GROUPS = {
  modp768: { bits: 768, constant: 149686 },
  modp1024: { bits: 1024, constant: 129093 },
  modp1536: { bits: 1536, constant: 741804 },
  modp2048: { bits: 2048, constant: 124476 },
  modp3072: { bits: 3072, constant: 1690314 },
  modp4096: { bits: 4096, constant: 240904 },
} as const;

export type ModpGroupName = keyof typeof GROUPS & DhGroupName;

/** `floor(2^bits * pi)` by Machin's formula, with guard bits against the rounding of the series. */
function piTimesPowerOfTwo(bits: number): bigint {
  const guardBits = 64n;
  const one = 1n << (BigInt(bits) + guardBits);
  const arcusTangentOfInverse = (x: bigint): bigint => {
    let power = one / x;
    let sum = power;
    for (let n = 3n, sign = -1n; power !== 0n; n += 2n, sign = -sign) {
      power /= x * x;
      sum += (sign * power) / n;
    }
    return sum;
  };
  return (4n * (4n * arcusTangentOfInverse(5n) - arcusTangentOfInverse(239n))) >> guardBits;
}

/** The most significant digits serve every group, so that the series is summed once. */
const PI_BITS = 4096 - 130;
const PI = piTimesPowerOfTwo(PI_BITS);

function primeOf({ bits, constant }: { bits: number; constant: number }): bigint {
  const n = BigInt(bits);
  const pi = PI >> BigInt(PI_BITS - (bits - 130));
  return (1n << n) - (1n << (n - 64n)) - 1n + ((pi + BigInt(constant)) << 64n);
}

/** The safe primes `2^n - 2^(n-64) - 1 + 2^64 * (floor(2^(n-130) pi) + c)`; the generator is 2. */
export const MODP_PRIMES: Readonly<Record<ModpGroupName, bigint>> = {
  modp768: primeOf(GROUPS.modp768),
  modp1024: primeOf(GROUPS.modp1024),
  modp1536: primeOf(GROUPS.modp1536),
  modp2048: primeOf(GROUPS.modp2048),
  modp3072: primeOf(GROUPS.modp3072),
  modp4096: primeOf(GROUPS.modp4096),
};
