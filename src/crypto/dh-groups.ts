/** A Diffie-Hellman group of IKE. */
export type DhGroup = {
  readonly name: DhGroupName;
  /** Number in phase-1 attribute 4, phase-2 attribute 3 and the `group` command; RFC 2409, 3526, 5903. */
  readonly number: number;
  readonly kind: 'modp' | 'ecp' | 'x25519';
  /** Octets of a KE payload's public value. */
  readonly publicOctets: number;
  /** Octets of the shared secret g^xy, left-padded. */
  readonly sharedOctets: number;
  /** Octets of randomness that make a private value. */
  readonly secretOctets: number;
  /** How views and messages write it. */
  readonly label: string;
  /** Refused unless `legacy-crypto` permits it. */
  readonly legacy: boolean;
};

// Short exponents of at least twice the group's strength, as RFC 3526 section 8 advises: they make
// an exponentiation several times cheaper than exponents of full length. A prime of 1024 bits is worth
// 80 bits and one of 2048 bits 112 (NIST SP 800-57), which 192 and 256 bits of exponent exceed.
const modp = <N extends string>(
  name: N,
  number: number,
  bits: number,
  secretOctets: number,
  legacy: boolean,
) =>
  ({
    name,
    number,
    kind: 'modp',
    publicOctets: bits / 8,
    sharedOctets: bits / 8,
    secretOctets,
    label: `MODP-${bits}`,
    legacy,
  }) as const;

const ecp = <N extends string>(name: N, number: number, bits: number) =>
  ({
    name,
    number,
    kind: 'ecp',
    publicOctets: 2 * Math.ceil(bits / 8),
    sharedOctets: Math.ceil(bits / 8),
    // Eight octets more than the order make the remainder of the division unbiased (FIPS 186-5 A.2.1).
    secretOctets: Math.ceil(bits / 8) + 8,
    label: `ECP-${bits}`,
    legacy: false,
  }) as const;

const TABLE = {
  modp768: modp('modp768', 1, 768, 24, true),
  modp1024: modp('modp1024', 2, 1024, 24, true),
  modp1536: modp('modp1536', 5, 1536, 32, true),
  modp2048: modp('modp2048', 14, 2048, 32, false),
  modp3072: modp('modp3072', 15, 3072, 52, false),
  modp4096: modp('modp4096', 16, 4096, 60, false),
  ecp256: ecp('ecp256', 19, 256),
  ecp384: ecp('ecp384', 20, 384),
  ecp521: ecp('ecp521', 21, 521),
  x25519: {
    name: 'x25519',
    number: 31,
    kind: 'x25519',
    publicOctets: 32,
    sharedOctets: 32,
    secretOctets: 32,
    label: 'X25519',
    legacy: false,
  },
} as const;

export type DhGroupName = keyof typeof TABLE;

/** Every group, by name. */
export const DH_GROUPS: Readonly<Record<DhGroupName, DhGroup>> = TABLE;

const BY_NUMBER = new Map<number, DhGroup>(Object.values(DH_GROUPS).map((g) => [g.number, g]));

/** The group of a number; undefined for a number we do not know. */
export const dhGroupOfNumber = (number: number): DhGroup | undefined => BY_NUMBER.get(number);
