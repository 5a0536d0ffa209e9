import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';
import { concat } from '#base/bytes';
import { err, ok, type Result } from '#base/result';
import {
  bigintOctets,
  bigintOf,
  bitString,
  elements,
  integer,
  objectIdentifier,
  octetString,
  sequence,
} from './der.ts';
import { DH_GROUPS, type DhGroup, type DhGroupName } from './dh-groups.ts';
import { MODP_PRIMES, type ModpGroupName } from './modp-primes.ts';

/** Our half of an exchange: what the KE payload carries, and an opaque key that prints nothing. */
export type DhKeyPair = { readonly publicValue: Uint8Array; readonly privateKey: KeyObject };

const EC_PUBLIC_KEY = objectIdentifier('2a8648ce3d0201');
/** Object identifier and order of each curve; RFC 5480, RFC 5903. */
const CURVES = {
  ecp256: {
    identifier: objectIdentifier('2a8648ce3d030107'),
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  },
  ecp384: {
    identifier: objectIdentifier('2b81040022'),
    order:
      0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
  ecp521: {
    identifier: objectIdentifier('2b81040023'),
    order: BigInt(
      '0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff' +
        'fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409',
    ),
  },
} as const;

type EcpGroupName = keyof typeof CURVES;

const X25519_ALGORITHM = sequence(objectIdentifier('2b656e'));
const VERSION_0 = integer(0n);
const VERSION_1 = integer(1n);

/** AlgorithmIdentifier of PKCS #3 Diffie-Hellman; OpenSSL knows the group by its prime. */
const modpAlgorithm = onceEach((name: ModpGroupName) =>
  sequence(
    objectIdentifier('2a864886f70d010301'),
    sequence(integer(MODP_PRIMES[name]), integer(2n)),
  ),
);
const ecpAlgorithm = onceEach((name: EcpGroupName) =>
  sequence(EC_PUBLIC_KEY, CURVES[name].identifier),
);

/** Writing a prime costs more than the import of the key around it, so each is written once. */
function onceEach<N extends string>(encode: (name: N) => Uint8Array): (name: N) => Uint8Array {
  const known = new Map<N, Uint8Array>();
  return (name) => {
    const algorithm = known.get(name) ?? encode(name);
    known.set(name, algorithm);
    return algorithm;
  };
}

// createDiffieHellman and getDiffieHellman test the prime anew, which blocks for 20 ms to 1.5 s;
// keys imported as DER are recognized as the named groups that they are.
const importPrivate = (algorithm: Uint8Array, key: Uint8Array): KeyObject =>
  createPrivateKey({
    key: Buffer.from(sequence(VERSION_0, algorithm, octetString(key))),
    format: 'der',
    type: 'pkcs8',
  });

const importPublic = (algorithm: Uint8Array, value: Uint8Array): KeyObject =>
  createPublicKey({
    key: Buffer.from(sequence(algorithm, bitString(value))),
    format: 'der',
    type: 'spki',
  });

/** The octets inside the BIT STRING of a SubjectPublicKeyInfo, without its count of unused bits. */
function publicBits(privateKey: KeyObject): Uint8Array {
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const [info] = elements(new Uint8Array(der));
  const [, bits] = elements(info?.contents ?? der);
  return (bits?.contents ?? der).subarray(1);
}

/** An uncompressed point begins with 4, which the KE payload leaves out; RFC 5903 section 7. */
const UNCOMPRESSED = new Uint8Array([4]);

function modpPairOf(name: DhGroupName, privateKey: KeyObject): DhKeyPair {
  const [value] = elements(publicBits(privateKey));
  const octets = bigintOctets(
    bigintOf(value?.contents ?? UNCOMPRESSED),
    DH_GROUPS[name].publicOctets,
  );
  return { privateKey, publicValue: octets };
}

function modpKeyPair(group: DhGroup, secret: Uint8Array): DhKeyPair | undefined {
  const exponent = bigintOf(secret);
  const prime = MODP_PRIMES[group.name as ModpGroupName];
  if (exponent < 2n || exponent >= prime - 1n) return undefined;
  const algorithm = modpAlgorithm(group.name as ModpGroupName);
  return modpPairOf(group.name, importPrivate(algorithm, integer(exponent)));
}

function ecpKeyPair(group: DhGroup, secret: Uint8Array): DhKeyPair | undefined {
  const name = group.name as EcpGroupName;
  const scalar = bigintOf(secret) % CURVES[name].order;
  if (scalar === 0n) return undefined;
  const key = octetString(bigintOctets(scalar, group.sharedOctets));
  const privateKey = importPrivate(ecpAlgorithm(name), sequence(VERSION_1, key));
  return { privateKey, publicValue: publicBits(privateKey).slice(UNCOMPRESSED.length) };
}

function x25519KeyPair(_: DhGroup, secret: Uint8Array): DhKeyPair | undefined {
  if (secret.length !== 32) return undefined;
  const privateKey = importPrivate(X25519_ALGORITHM, octetString(secret));
  return { privateKey, publicValue: publicBits(privateKey).slice() };
}

const KEY_PAIRS = { modp: modpKeyPair, ecp: ecpKeyPair, x25519: x25519KeyPair };

/**
 * The key pair of a secret that the caller drew: `secretOctets` of the group at random. The same
 * secret always gives the same pair. Fails only for a degenerate secret, such as zero.
 */
export function keyPairFromSecret(
  name: DhGroupName,
  secret: Uint8Array,
): Result<DhKeyPair, string> {
  const group = DH_GROUPS[name];
  const pair = KEY_PAIRS[group.kind](group, secret);
  return pair ? ok(pair) : err(`the secret is not usable in ${group.label}`);
}

/** The peer's value as a key; undefined for a value that no honest peer sends. */
function peerKey(group: DhGroup, value: Uint8Array): KeyObject | undefined {
  if (group.kind === 'modp') {
    const name = group.name as ModpGroupName;
    const y = bigintOf(value);
    // 0, 1 and p-1 would force the shared secret.
    if (y < 2n || y > MODP_PRIMES[name] - 2n) return undefined;
    return importPublic(modpAlgorithm(name), integer(y));
  }
  if (group.kind === 'x25519') return importPublic(X25519_ALGORITHM, value);
  return importPublic(ecpAlgorithm(group.name as EcpGroupName), concat(UNCOMPRESSED, value));
}

/**
 * The peer's public value as a key. Refuses values of the wrong length, outside the group, or off the
 * curve.
 */
export function peerPublicKey(name: DhGroupName, value: Uint8Array): Result<KeyObject, string> {
  const group = DH_GROUPS[name];
  if (value.length !== group.publicOctets)
    return err(`${group.label} wants ${group.publicOctets} octets, the peer sent ${value.length}`);
  try {
    const key = peerKey(group, value);
    return key ? ok(key) : err(refusedValue(group));
  } catch {
    // OpenSSL throws for points off the curve.
    return err(refusedValue(group));
  }
}

const refusedValue = (group: DhGroup): string =>
  `the peer's public value is not one of ${group.label}`;

/** What the exponentiation gave, left-padded to the size of the group; refuses a secret everybody knows. */
export function paddedSecret(name: DhGroupName, secret: Uint8Array): Result<Uint8Array, string> {
  const group = DH_GROUPS[name];
  if (secret.every((octet) => octet === 0)) return err(refusedValue(group));
  return ok(concat(new Uint8Array(Math.max(0, group.sharedOctets - secret.length)), secret));
}

/**
 * The shared secret g^xy, left-padded to the size of the group (for an elliptic curve, the x
 * coordinate: RFC 5903 section 7). Refuses what `peerPublicKey` and `paddedSecret` refuse.
 */
export function combine(
  name: DhGroupName,
  privateKey: KeyObject,
  peerPublic: Uint8Array,
): Result<Uint8Array, string> {
  const publicKey = peerPublicKey(name, peerPublic);
  if (!publicKey.ok) return publicKey;
  try {
    const secret = diffieHellman({ privateKey, publicKey: publicKey.value });
    return paddedSecret(name, new Uint8Array(secret));
  } catch {
    // OpenSSL throws for low-order points.
    return err(refusedValue(DH_GROUPS[name]));
  }
}

/** Both at once, for a responder: a pair of our own from `secret`, and the shared secret. */
export function agree(
  name: DhGroupName,
  secret: Uint8Array,
  peerPublic: Uint8Array,
): Result<{ readonly publicValue: Uint8Array; readonly sharedSecret: Uint8Array }, string> {
  const pair = keyPairFromSecret(name, secret);
  if (!pair.ok) return pair;
  const sharedSecret = combine(name, pair.value.privateKey, peerPublic);
  if (!sharedSecret.ok) return sharedSecret;
  return ok({ publicValue: pair.value.publicValue, sharedSecret: sharedSecret.value });
}
