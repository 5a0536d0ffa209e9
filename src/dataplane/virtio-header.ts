import { readUint16 } from './octets.ts';

/**
 * What a TUN interface with IFF_VNET_HDR puts before every packet: how to finish its checksum, and how
 * to cut it up when it stands for many. Virtio 1.2 section 5.1.6, in the machine's byte order:
 * flags, segmentation type, header length, segment size, checksum start and offset.
 */
export const VIRTIO_HEADER_OCTETS = 10;

/** The checksum field holds the sum of the pseudo header only. */
export const NEEDS_CHECKSUM = 1;

export const SEGMENTATION = { none: 0, tcp4: 1, tcp6: 4, udp: 5, congestionBit: 0x80 } as const;

/** Fields of 16 bits, little-endian on the machines we run on. */
const FIELD = { headerOctets: 2, segmentOctets: 4, checksumStart: 6, checksumOffset: 8 } as const;

/** Reads a field of 16 bits of the header at `at`. */
export function virtioField(bytes: Uint8Array, at: number, field: keyof typeof FIELD): number {
  const value = readUint16(bytes, at + FIELD[field]);
  return ((value & 0xff) << 8) | (value >>> 8);
}

/** Writes a whole header at `at`. */
export function writeVirtioHeader(
  bytes: Uint8Array,
  at: number,
  flags: number,
  segmentation: number,
  headerOctets: number,
  segmentOctets: number,
  checksumStart: number,
  checksumOffset: number,
): void {
  bytes[at] = flags;
  bytes[at + 1] = segmentation;
  bytes[at + 2] = headerOctets;
  bytes[at + 3] = headerOctets >>> 8;
  bytes[at + 4] = segmentOctets;
  bytes[at + 5] = segmentOctets >>> 8;
  bytes[at + 6] = checksumStart;
  bytes[at + 7] = checksumStart >>> 8;
  bytes[at + 8] = checksumOffset;
  bytes[at + 9] = checksumOffset >>> 8;
}
