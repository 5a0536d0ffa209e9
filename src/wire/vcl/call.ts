import { type Fault, fault, type Result } from '#base/result';
import type { Codec } from '../codec.ts';
import { bytes, struct, u8, zeros } from '../schema.ts';
import { hex4, type Incarnation, incarnation } from './fields.ts';
import { VERSION } from './numbers.ts';

const Layout = struct('vcl.call', {
  magic: bytes(4),
  version: u8,
  reserved: zeros(3),
  clusterTag: hex4,
  incarnation,
  tag: bytes(16),
});

const MAGIC = Uint8Array.of(0x56, 0x43, 0x4c, 0x43);

/**
 * What a member of a cluster with encryption says in clear so that the others find it: that it is there,
 * and in which life. Everything else travels in IPsec.
 */
export type Call = {
  /** The cluster, as in the header of a datagram. */
  readonly clusterTag: string;
  readonly incarnation: Incarnation;
  /** 16 octets, over what precedes them and the address that the call comes from. */
  readonly tag: Uint8Array;
};

export const CALL_OCTETS = Layout.size;
export const CALL_TAG_OCTETS = 16;

/** Whether a datagram of the cluster port is a call rather than VCL1, by its first four octets. */
export const isCall = (octets: Uint8Array): boolean =>
  MAGIC.every((octet, i) => octets[i] === octet);

/** The octets that the tag is made over, besides the address. */
export const signedPart = (call: Omit<Call, 'tag'>): Uint8Array =>
  Call.encode({ ...call, tag: new Uint8Array(CALL_TAG_OCTETS) }).slice(0, -CALL_TAG_OCTETS);

function decode(octets: Uint8Array, offset = 0): Result<Call, Fault> {
  const decoded = Layout.decode(octets, offset);
  if (!decoded.ok) return decoded;
  const { magic, version, ...call } = decoded.value;
  if (magic.some((octet, i) => octet !== MAGIC[i]))
    return fault('malformed', 'vcl.call.magic', offset, 'no call');
  if (version !== VERSION)
    return fault('unsupported', 'vcl.call.version', offset + 4, `version ${version}`);
  return { ok: true, value: call };
}

export const Call: Codec<Call> = {
  decode,
  encode: (call) => Layout.encode({ magic: MAGIC, version: VERSION, ...call }),
};
