/** What shares UDP port 4500, and how it is told apart; RFC 3948 section 2. */

/** The non-ESP marker is where ESP has its SPI, and no SPI is zero. */
export const NON_ESP_MARKER_OCTETS = 4;

/** A NAT keepalive; RFC 3948 section 2.3. */
const KEEPALIVE_OCTET = 0xff;
/** SPI and sequence number; RFC 4303 section 2. */
const LEAST_ESP_OCTETS = 8;

/** What a datagram on port 4500 is; `isakmp` starts after the marker, `esp` at the start. */
export type Encapsulated = 'isakmp' | 'esp' | 'keepalive' | 'invalid';

/** Classifies a UDP payload received on port 4500, by its first octets and its length only. */
export function classifyEncapsulated(datagram: Uint8Array): Encapsulated {
  if (datagram.length === 1 && datagram[0] === KEEPALIVE_OCTET) return 'keepalive';
  if (datagram.length <= NON_ESP_MARKER_OCTETS) return 'invalid';
  for (let i = 0; i < NON_ESP_MARKER_OCTETS; i += 1)
    if (datagram[i] !== 0) return datagram.length < LEAST_ESP_OCTETS ? 'invalid' : 'esp';
  return 'isakmp';
}

/** An ISAKMP message with the marker before it. */
export function addNonEspMarker(message: Uint8Array): Uint8Array {
  const datagram = new Uint8Array(NON_ESP_MARKER_OCTETS + message.length);
  datagram.set(message, NON_ESP_MARKER_OCTETS);
  return datagram;
}

/** The ISAKMP message (a view) of a datagram that `classifyEncapsulated` calls `isakmp`. */
export const removeNonEspMarker = (datagram: Uint8Array): Uint8Array =>
  datagram.subarray(NON_ESP_MARKER_OCTETS);

/** The payload of a NAT keepalive. */
export const natKeepalive = (): Uint8Array => Uint8Array.of(KEEPALIVE_OCTET);
