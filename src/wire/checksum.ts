import { addressBytes, type IpAddress } from '#base/address';

/** Source and destination of a packet, which the checksums of its transport cover; RFC 9293 section 3.1. */
export type AddressPair = { readonly source: IpAddress; readonly destination: IpAddress };

/** Adds the carries of a one's complement sum back in, down to 16 bits. */
function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return folded;
}

/**
 * One's complement sum of the 16-bit words from `start` to `end`, an odd last octet padded with
 * zero, added to `initial`; RFC 1071. Not yet complemented.
 */
export function sumOf(octets: Uint8Array, start = 0, end = octets.length, initial = 0): number {
  let sum = initial;
  let at = start;
  for (; at + 1 < end; at += 2) sum += ((octets[at] as number) << 8) | (octets[at + 1] as number);
  if (at < end) sum += (octets[at] as number) << 8;
  return fold(sum);
}

/** The Internet checksum of octets in which the checksum field is zero. */
export const checksumOf = (
  octets: Uint8Array,
  start = 0,
  end = octets.length,
  initial = 0,
): number => ~sumOf(octets, start, end, initial) & 0xffff;

/** Whether octets that contain their checksum are intact. */
export const isIntact = (
  octets: Uint8Array,
  start = 0,
  end = octets.length,
  initial = 0,
): boolean => sumOf(octets, start, end, initial) === 0xffff;

/** Sum of the pseudo header of IPv4 (RFC 9293 section 3.1) or IPv6 (RFC 8200 section 8.1). */
export const pseudoHeaderSum = (ends: AddressPair, protocol: number, length: number): number =>
  fold(
    sumOf(addressBytes(ends.source)) + sumOf(addressBytes(ends.destination)) + protocol + length,
  );

/**
 * The checksum after the octets `before` became `after`, both of the same even length and starting at
 * an even offset of what the checksum covers; RFC 1624 equation 3.
 */
export function updatedChecksum(checksum: number, before: Uint8Array, after: Uint8Array): number {
  const sum = (~checksum & 0xffff) + (~sumOf(before) & 0xffff) + sumOf(after);
  return ~fold(sum) & 0xffff;
}
