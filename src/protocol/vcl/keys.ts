import { addressBytes, type IpAddress } from '#base/address';
import { concat, fromHex, toHex, toUtf8 } from '#base/bytes';
import { digest } from '#crypto/hashes';
import { hkdfExpand, hkdfExtract } from '#crypto/hkdf';
import { prf } from '#crypto/prf';
import { type SecretKey, secretKey } from '#crypto/secret-key';
import { CALL_TAG_OCTETS, type Call, signedPart } from '#wire/vcl/call';
import { type Header, TAG_OCTETS } from '#wire/vcl/datagram';
import type { Incarnation, MemberId } from '#wire/vcl/fields';

/** The key schedule of VCL1: a word of a person becomes a key for each life of each member. */

/** The cluster by what all members must have alike: addresses and port. */
export const clusterId = (addresses: readonly IpAddress[], port: number): string =>
  `${addresses.join(',')}|${port}`;

const labelled = (label: string, cluster: string): Uint8Array =>
  digest('sha2-256', toUtf8(label), toUtf8(cluster));

/** First four octets of a digest of the cluster's identity, in hexadecimal, as every header carries it. */
export const clusterTag = (cluster: string): string =>
  toHex(labelled('vpn-cluster/1 tag', cluster)).slice(0, 8);

/**
 * What scrypt is to compute from the cluster key, on the thread pool: people choose words such as
 * "123456789", so that stretching matters. RFC 7914; needs 128 · r · (N + p + 2) octets, 33 MiB.
 */
export const stretching = (cluster: string) =>
  ({
    salt: labelled('vpn-cluster/1 salt', cluster),
    logN: 15,
    r: 8,
    p: 1,
    octets: 32,
  }) as const;

/** A key that the cluster was given, stretched. */
export type ClusterKey = {
  /** 0 to 255; of two keys that are both known, the greater is the newer. */
  readonly id: number;
  /** The pseudorandom key from which those of the members are made; it prints nothing of itself. */
  readonly extracted: SecretKey;
};

/** Makes a cluster key of the 32 octets that scrypt yielded. */
export const clusterKey = (id: number, stretched: Uint8Array): ClusterKey => ({
  id,
  extracted: hkdfExtract('sha2-256', stretched, toUtf8('vpn-cluster/1')),
});

const octets = (hex: string): Uint8Array => fromHex(hex) as Uint8Array;

/** The key under which one incarnation of one member sends: no other sender ever uses it. */
export function senderKeyOctets(
  key: ClusterKey,
  suite: number,
  member: MemberId,
  incarnation: Incarnation,
): Uint8Array {
  const label = concat(toUtf8('key'), Uint8Array.of(suite, key.id));
  const info = concat(label, octets(member), octets(incarnation));
  return hkdfExpand('sha2-256', key.extracted, info, 32);
}

/** What members of a cluster with encryption find each other and negotiate by. */
export type EncryptionKeys = {
  /** Authenticates calls. */
  readonly call: SecretKey;
  /** The pre-shared key of phase 1 between any two members, as stretched as those of VCL1. */
  readonly preShared: SecretKey;
};

/** Both follow from the cluster key, each for its own use. */
export function encryptionKeys({ id, extracted }: ClusterKey): EncryptionKeys {
  const derived = (use: string) =>
    secretKey(hkdfExpand('sha2-256', extracted, concat(toUtf8(use), Uint8Array.of(id)), 32));
  return { call: derived('call'), preShared: derived('ipsec') };
}

/** The tag of a call; `from` is the private address that it is sent from. */
export const callTag = (key: SecretKey, call: Omit<Call, 'tag'>, from: IpAddress): Uint8Array =>
  prf('sha2-256', key, signedPart(call), addressBytes(from)).slice(0, CALL_TAG_OCTETS);

/** The keys of senders, made once each: one costs as much as authenticating three datagrams. */
export class SenderKeys {
  readonly #keys: readonly ClusterKey[];
  readonly #made = new Map<string, SecretKey>();

  /** `keys` are accepted; of those, the sender uses the one that the header names. */
  constructor(keys: readonly ClusterKey[]) {
    this.#keys = keys;
  }

  /** Whether the cluster has a key at all; without one, it is not authenticated. */
  get authenticates(): boolean {
    return this.#keys.length > 0;
  }

  /** The tag of a datagram; undefined when no key has the header's number. */
  tag(header: Header, encodedHeader: Uint8Array, body: Uint8Array): Uint8Array | undefined {
    const key = this.#senderKey(header);
    return key && prf('sha2-256', key, encodedHeader, body).slice(0, TAG_OCTETS);
  }

  #senderKey({ suite, keyId, member, incarnation }: Header): SecretKey | undefined {
    const name = `${suite}/${keyId}/${member}/${incarnation}`;
    const made = this.#made.get(name);
    if (made) return made;
    const key = this.#keys.find((k) => k.id === keyId);
    if (!key) return undefined;
    // Strangers can name as many senders as they like.
    if (this.#made.size >= MOST_SENDER_KEYS) this.#made.clear();
    const senderKey = secretKey(senderKeyOctets(key, suite, member, incarnation));
    this.#made.set(name, senderKey);
    return senderKey;
  }
}

/** Ours: the keys of a full cluster twice over, both of a rotation, and room for strangers. */
const MOST_SENDER_KEYS = 256;
