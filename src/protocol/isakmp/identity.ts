import { addressBytes, addressFromBytes, familyOf, type IpAddress } from '#base/address';
import { fromUtf8, toUtf8 } from '#base/bytes';
import { contains, hostPrefix, lengthOfMask, maskOf, type Prefix, prefixOf } from '#base/prefix';
import { err, ok, type Result } from '#base/result';
import { idTypes, nameOf } from '#wire/isakmp/numbers';
import type { Identification } from '#wire/isakmp/payload';
import { ISAKMP_PORT, ISAKMP_PROTOCOL, PRINTABLE_MOST } from './constants.ts';
import type { PhaseOneIdentity } from './policy.ts';

/** Reads a phase-1 identity; types that nobody looks up are kept as octets. */
export function phaseOneIdentity(id: Identification): PhaseOneIdentity {
  const { idType, data } = id;
  if (idType === idTypes.keyId) return { kind: 'keyId', bytes: data };
  if (idType === idTypes.fqdn) return { kind: 'fqdn', name: fromUtf8(data) };
  if (idType === idTypes.userFqdn) return { kind: 'userFqdn', name: fromUtf8(data) };
  const isAddress =
    (idType === idTypes.ipv4Addr && data.length === 4) ||
    (idType === idTypes.ipv6Addr && data.length === 16);
  if (isAddress) return { kind: 'address', address: addressFromBytes(data) };
  return { kind: 'other', idType, bytes: data };
}

/** The identification payload of a phase-1 identity. */
export function identification(identity: PhaseOneIdentity): Identification {
  const common = { type: 'id', protocol: ISAKMP_PROTOCOL, port: ISAKMP_PORT } as const;
  switch (identity.kind) {
    case 'keyId':
      return { ...common, idType: idTypes.keyId, data: identity.bytes };
    case 'fqdn':
      return { ...common, idType: idTypes.fqdn, data: toUtf8(identity.name) };
    case 'userFqdn':
      return { ...common, idType: idTypes.userFqdn, data: toUtf8(identity.name) };
    case 'address':
      return {
        ...common,
        idType: addressIdType(identity.address),
        data: addressBytes(identity.address),
      };
    case 'other':
      return { ...common, idType: identity.idType, data: identity.bytes };
  }
}

const addressIdType = (address: IpAddress): number =>
  familyOf(address) === 4 ? idTypes.ipv4Addr : idTypes.ipv6Addr;

/** Text of a peer for logs and views: bounded, and without characters that would break a line. */
export const printable = (text: string): string =>
  text.slice(0, PRINTABLE_MOST).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');

/** What to call a peer in events before its group is known. */
export function identityText(identity: PhaseOneIdentity): string {
  switch (identity.kind) {
    case 'keyId':
      return printable(fromUtf8(identity.bytes));
    case 'fqdn':
    case 'userFqdn':
      return printable(identity.name);
    case 'address':
      return identity.address;
    case 'other':
      return `${nameOf(idTypes, identity.idType)} of ${identity.bytes.length} octets`;
  }
}

/** The network that a phase-2 identification names; RFC 2407 section 4.6.2. */
export function selectorOf(id: Identification): Result<Prefix, string> {
  if (id.protocol !== 0 || id.port !== 0)
    return err(`protocol ${id.protocol} port ${id.port} instead of any`);
  const { idType, data } = id;
  const wrongLength = err(`${nameOf(idTypes, idType)} with ${data.length} octets`);
  switch (idType) {
    case idTypes.ipv4Addr:
    case idTypes.ipv6Addr:
      if (data.length !== (idType === idTypes.ipv4Addr ? 4 : 16)) return wrongLength;
      return ok(hostPrefix(addressFromBytes(data)));
    case idTypes.ipv4AddrSubnet:
    case idTypes.ipv6AddrSubnet: {
      const half = idType === idTypes.ipv4AddrSubnet ? 4 : 16;
      if (data.length !== 2 * half) return wrongLength;
      const length = maskLength(data.subarray(half));
      if (!length.ok) return length;
      return ok(prefixOf(addressFromBytes(data.subarray(0, half)), length.value));
    }
    default:
      return err(`${nameOf(idTypes, idType)} is not a network`);
  }
}

function maskLength(mask: Uint8Array): Result<number, string> {
  if (mask.length === 4) return lengthOfMask(addressFromBytes(mask));
  let length = 0;
  while (length < 128 && bit(mask, length)) length += 1;
  for (let i = length; i < 128; i += 1) if (bit(mask, i)) return err('the mask has holes');
  return ok(length);
}

const bit = (octets: Uint8Array, index: number): boolean =>
  (((octets[index >> 3] as number) >> (7 - (index & 7))) & 1) === 1;

/** The phase-2 identification of a network: an address where it is one. */
export function selectorIdentification(prefix: Prefix): Identification {
  const octets = addressBytes(prefix.address);
  const any = { type: 'id', protocol: 0, port: 0 } as const;
  if (prefix.length === 8 * octets.length)
    return { ...any, idType: addressIdType(prefix.address), data: octets };
  const v4 = octets.length === 4;
  const data = new Uint8Array(2 * octets.length);
  data.set(octets);
  data.set(v4 ? addressBytes(maskOf(prefix.length)) : mask6(prefix.length), octets.length);
  return { ...any, idType: v4 ? idTypes.ipv4AddrSubnet : idTypes.ipv6AddrSubnet, data };
}

const mask6 = (length: number): Uint8Array =>
  new Uint8Array(16).map((_, i) => 0xff00 >> Math.max(0, Math.min(8, length - 8 * i)));

/** Whether every address of `inner` lies in `outer`. */
export const within = (inner: Prefix, outer: Prefix): boolean =>
  inner.length >= outer.length && contains(outer, inner.address);
