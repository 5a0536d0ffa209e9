import { writeUint16 } from '#dataplane/octets';
import { finishHeaderChecksum, type Ipv4Header } from './packet.ts';

const MORE_FRAGMENTS = 0x2000;

/**
 * Cuts a packet into fragments of at most `mtu` octets, which may itself be one; RFC 791 section 3.2.
 * The header has no options, so every fragment carries it whole.
 */
export function fragmentPacket(b: Uint8Array, header: Ipv4Header, mtu: number): Uint8Array[] {
  const { headerOctets, totalOctets } = header;
  const room = Math.floor((mtu - headerOctets) / 8) * 8;
  const fragments: Uint8Array[] = [];
  for (let at = headerOctets; at < totalOctets; at += room) {
    const end = Math.min(at + room, totalOctets);
    const fragment = new Uint8Array(headerOctets + end - at);
    fragment.set(b.subarray(0, headerOctets));
    fragment.set(b.subarray(at, end), headerOctets);
    const isLast = end === totalOctets && !header.moreFragments;
    const offset = (header.fragmentOffset + at - headerOctets) / 8;
    writeUint16(fragment, 2, fragment.length);
    writeUint16(fragment, 6, (isLast ? 0 : MORE_FRAGMENTS) | offset);
    finishHeaderChecksum(fragment, headerOctets);
    fragments.push(fragment);
  }
  return fragments;
}
