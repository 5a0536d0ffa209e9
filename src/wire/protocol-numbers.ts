/** Protocol numbers of the IPv4 header and next-header numbers of IPv6 and ESP, as assigned by IANA. */
export const ipProtocols = {
  icmp: 1,
  ipv4: 4,
  tcp: 6,
  udp: 17,
  ipv6: 41,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  /** A dummy packet of ESP, discarded after its integrity check; RFC 4303 section 2.6. */
  noNextHeader: 59,
} as const;
