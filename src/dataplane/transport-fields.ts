import { tcpFlags } from '#wire/tcp';

/** Offsets in an IPv4 header; RFC 791 section 3.1. */
export const IPV4 = {
  totalLength: 2,
  identification: 4,
  fragment: 6,
  protocol: 9,
  checksum: 10,
  addresses: 12,
} as const;
/** Offsets in an IPv6 header; RFC 8200 section 3. */
export const IPV6 = { payloadLength: 4, nextHeader: 6, addresses: 8 } as const;
/** Offsets in a TCP header; RFC 9293 section 3.1. */
export const TCP = { sequence: 4, dataOffset: 12, flags: 13, checksum: 16 } as const;
/** Offsets in a UDP header; RFC 768. */
export const UDP = { length: 4, checksum: 6 } as const;

/** Flags that belong to the end of a train of segments. */
export const LAST_ONLY = tcpFlags.psh | tcpFlags.fin;
