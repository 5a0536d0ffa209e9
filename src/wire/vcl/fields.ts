import { addressBytes, addressFromBytes, type IpAddress } from '#base/address';
import { assert } from '#base/assert';
import { equalBytes, fromHex, fromUtf8, toHex, toUtf8 } from '#base/bytes';
import type { Reader, Writer } from '../cursor.ts';
import type { Field } from '../schema.ts';
import { limits } from './numbers.ts';

/** A member, by the eight random octets that it keeps on its disk, in lower-case hexadecimal. */
export type MemberId = string & { readonly __memberId: unique symbol };

/**
 * One life of a member, by its 64-bit number in 16 lower-case hexadecimal digits, so that two compare
 * as strings do: of two incarnations of one member, the greater is the later.
 */
export type Incarnation = string & { readonly __incarnation: unique symbol };

/** Names whose octets are at hand: every datagram has the same few, of a full cluster twice over. Ours. */
const MOST_NAMES = 128;
const octetsOfNames = new Map<string, Uint8Array>();

/** The octets of a hexadecimal text, which are not written to. */
function octetsOf(name: string): Uint8Array | undefined {
  const known = octetsOfNames.get(name);
  if (known) return known;
  const octets = fromHex(name);
  if (octets === undefined) return undefined;
  if (octetsOfNames.size >= MOST_NAMES) octetsOfNames.clear();
  octetsOfNames.set(name, octets);
  return octets;
}

/** Octets that are compared and remembered, never computed with: as hexadecimal text. */
const hexText = <T extends string>(octets: number, octetsIn = fromHex): Field<T> => ({
  size: octets,
  read: (reader, name) => toHex(reader.bytes(octets, name)) as T,
  write(writer, value) {
    const read = octetsIn(value);
    assert(read?.length === octets, `${value} is not ${octets} octets`);
    writer.bytes(read);
  },
});

export const memberId: Field<MemberId> = hexText(8, octetsOf);
export const incarnation: Field<Incarnation> = hexText(8, octetsOf);
export const hex16: Field<string> = hexText(16);
export const hex6: Field<string> = hexText(6);
export const hex4: Field<string> = hexText(4);

/** 64 bits, of which we count with 53; nobody who counts from 1 gets further. */
export const u64: Field<number> = {
  size: 8,
  read(reader, name) {
    const at = reader.offset;
    const high = reader.u32(name);
    const low = reader.u32(name);
    if (high > 0x1fffff) reader.fail('unsupported', name, 'more than 53 bits', at);
    return high > 0x1fffff ? 0 : high * 0x1_0000_0000 + low;
  },
  write(writer, value) {
    assert(Number.isSafeInteger(value) && value >= 0, `not a count: ${value}`);
    writer.u32(Math.floor(value / 0x1_0000_0000));
    writer.u32(value % 0x1_0000_0000);
  },
};

/** The value of a TLV, which ends where the TLV does. */
export type TlvValue<T> = {
  read(reader: Reader): T;
  write(writer: Writer, value: T): void;
};

/** A field of fixed size as the whole value. */
export const whole = <T>(field: Field<T>): TlvValue<T> => ({
  read: (reader) => field.read(reader, 'value'),
  write: (writer, value) => field.write(writer, value),
});

/** UTF-8 of at most `octets`; what is not UTF-8 is malformed. */
export const text = (octets: number): TlvValue<string> => ({
  read(reader) {
    const bytes = reader.rest();
    const value = fromUtf8(bytes);
    if (bytes.length > octets) reader.fail('malformed', 'text', `longer than ${octets}`);
    else if (!equalBytes(toUtf8(value), bytes)) reader.fail('malformed', 'text', 'not UTF-8');
    return value;
  },
  write(writer, value) {
    const bytes = toUtf8(value);
    assert(bytes.length <= octets, `${bytes.length} octets of text where ${octets} may be`);
    writer.bytes(bytes);
  },
});

/** Text cut to what a TLV may hold, never within a character. */
export function fitting(value: string, octets: number): string {
  // No character has fewer octets than units of a string, so that a long text is not walked through.
  const cut = value.slice(0, octets + 1).toWellFormed();
  const written = toUtf8(cut);
  if (written.length <= octets && cut.length === value.length) return cut;
  let end = Math.min(octets, written.length);
  while (end > 0 && ((written[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return fromUtf8(written.subarray(0, end));
}

const readAddress = (reader: Reader, family: number): IpAddress => {
  if (family !== 4 && family !== 6) {
    reader.fail('unsupported', 'family', `${family} is neither 4 nor 6`);
    return '' as IpAddress;
  }
  const octets = reader.bytes(family === 4 ? 4 : 16, 'address');
  return reader.failed ? ('' as IpAddress) : addressFromBytes(octets);
};

/** Family, 4 or 6, then the octets. */
export const ipAddress: TlvValue<IpAddress> = {
  read: (reader) => readAddress(reader, reader.u8('family')),
  write(writer, value) {
    const octets = addressBytes(value);
    writer.u8(octets.length === 4 ? 4 : 6);
    writer.bytes(octets);
  },
};

/** Addresses that a member hands out to clients, both ends included; GEN-79. */
export type PoolRange = { readonly first: IpAddress; readonly last: IpAddress };

/** Family, then first and last address of it. */
export const poolRange: TlvValue<PoolRange> = {
  read(reader) {
    const family = reader.u8('family');
    return { first: readAddress(reader, family), last: readAddress(reader, family) };
  },
  write(writer, { first, last }) {
    const [a, b] = [addressBytes(first), addressBytes(last)];
    assert(a.length === b.length, `${first} and ${last} are of two families`);
    writer.u8(a.length === 4 ? 4 : 6);
    writer.bytes(a);
    writer.bytes(b);
  },
};

/** What the sender knows of another member. */
export type PeerEntry = {
  readonly member: MemberId;
  readonly incarnation: Incarnation;
  /** One of `conditions`. */
  readonly condition: number;
};

/** 17 octets for each member. */
export const peerList: TlvValue<readonly PeerEntry[]> = {
  read(reader) {
    const peers: PeerEntry[] = [];
    while (reader.remaining > 0 && !reader.failed) {
      if (peers.length === limits.peers) {
        reader.fail('malformed', 'peers', `more than ${limits.peers}`);
        break;
      }
      peers.push({
        member: memberId.read(reader, 'member'),
        incarnation: incarnation.read(reader, 'incarnation'),
        condition: reader.u8('condition'),
      });
    }
    return peers;
  },
  write(writer, peers) {
    assert(peers.length <= limits.peers, `${peers.length} peers`);
    for (const peer of peers) {
      memberId.write(writer, peer.member);
      incarnation.write(writer, peer.incarnation);
      writer.u8(peer.condition);
    }
  },
};

/** A reason as a number and a sentence. */
export type Reason = { readonly code: number; readonly text: string };

const reasonText = text(limits.reasonOctets);

export const reason: TlvValue<Reason> = {
  read: (reader) => ({ code: reader.u16('code'), text: reasonText.read(reader) }),
  write(writer, value) {
    writer.u16(value.code);
    reasonText.write(writer, value.text);
  },
};
