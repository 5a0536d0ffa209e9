import type { IpAddress } from '#base/address';
import { equalBytes } from '#base/bytes';
import type { SecretKey } from '#crypto/secret-key';
import { callTag } from '#protocol/vcl/keys';
import { Call } from '#wire/vcl/call';
import type { Incarnation } from '#wire/vcl/fields';
import type { Difference } from './differences.ts';

/** By what a member calls, and judges the calls of others. */
export type CallTerms = {
  readonly key: SecretKey;
  /** The cluster, as in the headers of VCL1. */
  readonly clusterTag: string;
};

/** What a call proves of its sender. */
export type Judgement =
  | { readonly kind: 'member'; readonly incarnation: Incarnation }
  | { readonly kind: 'different'; readonly difference: Difference }
  | { readonly kind: 'unreadable' };

/** The octets by which a member says from its private address that it is there. */
export function callOctets(
  { key, clusterTag }: CallTerms,
  incarnation: Incarnation,
  own: IpAddress,
): Uint8Array {
  const call = { clusterTag, incarnation };
  return Call.encode({ ...call, tag: callTag(key, call, own) });
}

/** Whether a call that came from `from` is one of a member, and what keeps it apart if not. */
export function judgeCall(
  { key, clusterTag }: CallTerms,
  octets: Uint8Array,
  from: IpAddress,
): Judgement {
  const decoded = Call.decode(octets);
  if (!decoded.ok) return { kind: 'unreadable' };
  const call = decoded.value;
  if (call.clusterTag !== clusterTag) return { kind: 'different', difference: 'cluster' };
  return equalBytes(call.tag, callTag(key, call, from))
    ? { kind: 'member', incarnation: call.incarnation }
    : { kind: 'different', difference: 'key' };
}
