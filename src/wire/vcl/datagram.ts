import { assert } from '#base/assert';
import { type Fault, fault, type Result } from '#base/result';
import type { Codec } from '../codec.ts';
import { bytes, struct, u8, zeros } from '../schema.ts';
import { hex4, type Incarnation, incarnation, type MemberId, memberId, u64 } from './fields.ts';
import { LONGEST_DATAGRAM, suites, VERSION } from './numbers.ts';

const FixedHeader = struct('vcl.header', {
  magic: bytes(4),
  version: u8,
  suite: u8,
  keyId: u8,
  flags: u8,
  clusterTag: hex4,
  reserved: zeros(4),
  member: memberId,
  incarnation,
  sequence: u64,
});

const MAGIC = Uint8Array.of(0x56, 0x43, 0x4c, 0x31);

/** The octets before the message, in clear and all of them authenticated. */
export type Header = {
  /** One of `suites`. */
  readonly suite: number;
  /** Which of the cluster's keys; they rotate. */
  readonly keyId: number;
  /** Bits of `headerFlags`. */
  readonly flags: number;
  /** The cluster by the first four octets of a digest, in hexadecimal: no secret, and no proof. */
  readonly clusterTag: string;
  readonly member: MemberId;
  readonly incarnation: Incarnation;
  /** Counts the datagrams of an incarnation from 1. */
  readonly sequence: number;
};

/** A datagram whose tag was not looked at: nothing in it is known to be true. */
export type Datagram = {
  readonly header: Header;
  /** What the tag protects besides the header: a `Message` in clear under the suites that are built. */
  readonly body: Uint8Array;
  /** 16 octets; none under suite 0. */
  readonly tag: Uint8Array;
};

/** Whether octets begin as a datagram of VCL1 does, whatever else is wrong with them. */
export const isVcl1 = (octets: Uint8Array): boolean =>
  MAGIC.every((octet, i) => octets[i] === octet);

export const HEADER_OCTETS = FixedHeader.size;
export const TAG_OCTETS = 16;
/** A message has a type and three octets of zero. */
const SHORTEST_BODY = 4;

const tagOctets = (suite: number): number => (suite === suites.none ? 0 : TAG_OCTETS);

/** The octets of a header; they precede the body, and the tag is made over both. */
export const encodeHeader = (header: Header): Uint8Array =>
  FixedHeader.encode({ magic: MAGIC, version: VERSION, ...header });

/**
 * Reads a datagram that fills `octets` from `offset` on. Another protocol version is `unsupported`
 * at `vcl.header.version`, so that it can be told from damage and from a suite we do not have.
 */
function decode(octets: Uint8Array, offset = 0): Result<Datagram, Fault> {
  const length = octets.length - offset;
  if (length > LONGEST_DATAGRAM)
    return fault(
      'malformed',
      'vcl.datagram',
      offset,
      `${length} octets, ${LONGEST_DATAGRAM} at most`,
    );
  const decoded = FixedHeader.decode(octets, offset);
  if (!decoded.ok) return decoded;
  const { magic, version, ...header } = decoded.value;
  if (magic.some((octet, i) => octet !== MAGIC[i]))
    return fault('malformed', 'vcl.header.magic', offset, 'not VCL1');
  if (version !== VERSION)
    return fault('unsupported', 'vcl.header.version', offset + 4, `version ${version}`);
  if (header.suite > suites.hmacSha256)
    return fault('unsupported', 'vcl.header.suite', offset + 5, `suite ${header.suite}`);
  if (header.sequence === 0)
    return fault('malformed', 'vcl.header.sequence', offset + 32, 'counts from 1');
  const tag = octets.length - tagOctets(header.suite);
  const body = offset + HEADER_OCTETS;
  if (tag - body < SHORTEST_BODY)
    return fault(
      'truncated',
      'vcl.body',
      Math.min(body, octets.length),
      'need a message and a tag',
    );
  return {
    ok: true,
    value: { header, body: octets.subarray(body, tag), tag: octets.subarray(tag) },
  };
}

/** A datagram of VCL1 as it travels in UDP. */
export const Datagram: Codec<Datagram> = {
  decode,
  encode({ header, body, tag }) {
    assert(tag.length === tagOctets(header.suite), `a tag of ${tag.length} octets`);
    const octets = new Uint8Array(HEADER_OCTETS + body.length + tag.length);
    assert(octets.length <= LONGEST_DATAGRAM, `a datagram of ${octets.length} octets`);
    octets.set(encodeHeader(header));
    octets.set(body, HEADER_OCTETS);
    octets.set(tag, HEADER_OCTETS + body.length);
    return octets;
  },
};
