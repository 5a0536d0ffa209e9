import { assert } from '#base/assert';
import type { Codec } from '../codec.ts';
import { Reader, Writer } from '../cursor.ts';
import { type Struct, struct, u8, u16, u32 } from '../schema.ts';
import {
  hex6,
  hex16,
  incarnation,
  ipAddress,
  memberId,
  peerList,
  poolRange,
  reason,
  type TlvValue,
  text,
  u64,
  whole,
} from './fields.ts';
import { limits, sessionLimits } from './numbers.ts';
import { sessionPart, sessionQuestion, sessionRow, sessionSummary } from './sessions.ts';

/** Sessions of one kind: how many there are, how many of them sleep, how many there may be. */
const Load = struct('vcl.load', { protocol: u8, active: u32, inactive: u32, max: u32 });
const Percent = struct('vcl.percent', { percent: u8, algorithm: u8 });
const KnownMaster = struct('vcl.knownMaster', { member: memberId, incarnation, term: u64 });
const Timers = struct('vcl.timers', { helloMs: u32, deadCount: u8 });

const structure = <T>(of: Struct<T>): TlvValue<T> => ({ read: of.read, write: of.write });

/** A TLV of a message: its number, how often it may stand there, and what it holds. */
type Row<T> = { readonly type: number; readonly most: number; readonly value: TlvValue<T> };
const once = <T>(type: number, value: TlvValue<T>) => ({ type, most: 1 as const, value });
const many = <T>(type: number, most: number, value: TlvValue<T>) => ({
  type,
  most: most as number & { readonly __many: true },
  value,
});

/** Every TLV, in the order in which they are sent. */
const TLVS = {
  hostName: once(0x01, text(limits.nameOctets)),
  model: once(0x02, text(limits.nameOctets)),
  role: once(0x03, whole(u8)),
  priority: once(0x04, whole(u8)),
  term: once(0x05, whole(u64)),
  publicAddresses: many(0x06, limits.addresses, ipAddress),
  privateAddresses: many(0x07, limits.addresses, ipAddress),
  natAddresses: many(0x08, limits.addresses, ipAddress),
  fqdn: once(0x09, text(limits.fqdnOctets)),
  loads: many(0x0a, limits.loads, structure(Load)),
  percent: once(0x0b, structure(Percent)),
  stateBits: once(0x0c, whole(u16)),
  joinedMs: once(0x0d, whole(u64)),
  knownMaster: once(0x0e, structure(KnownMaster)),
  peers: once(0x0f, peerList),
  digest: once(0x10, whole(hex16)),
  nonce: once(0x11, whole(hex16)),
  timers: once(0x12, structure(Timers)),
  hardwareAddress: once(0x13, whole(hex6)),
  reason: once(0x14, reason),
  softwareVersion: once(0x15, text(limits.nameOctets)),
  pools: many(0x16, limits.pools, poolRange),
  sessionQuestion: once(0x17, sessionQuestion),
  sessionPart: once(0x18, sessionPart),
  sessionSummary: once(0x19, sessionSummary),
  sessions: many(0x1a, sessionLimits.rows, sessionRow),
} as const;

type Table = typeof TLVS;

/** The TLVs of a message by name: one that may stand there once is its value, others are lists. */
export type Fields = {
  readonly [K in keyof Table]?: Table[K] extends { most: 1; value: TlvValue<infer T> }
    ? T
    : Table[K] extends { value: TlvValue<infer T> }
      ? readonly T[]
      : never;
};

/** A TLV that we do not know and need not; members of another version send such. */
export type UnknownTlv = { readonly type: number; readonly data: Uint8Array };

/** What a datagram protects. */
export type Message = Fields & {
  /** One of `messageTypes`. */
  readonly type: number;
  readonly unknown?: readonly UnknownTlv[];
};

const MUST_UNDERSTAND = 0x8000;

const ROWS = Object.entries(TLVS) as readonly (readonly [keyof Fields, Row<unknown>])[];
const BY_TYPE = new Map(ROWS.map(([name, row]) => [row.type, { name, ...row }]));

type Draft = { [name: string]: unknown };

/** Reads one TLV into the message; `reader` stands before it. */
function readTlv(reader: Reader, draft: Draft): void {
  const at = reader.offset;
  const typed = reader.u16('type');
  const type = typed & ~MUST_UNDERSTAND;
  const row = BY_TYPE.get(type);
  const part = reader.part(reader.u16('length'), `vcl.${row?.name ?? `tlv${type}`}`);
  if (reader.failed) return;
  if (row === undefined) {
    if (typed & MUST_UNDERSTAND) {
      reader.fail('unsupported', 'type', `TLV ${type} must be understood and is not`, at);
      return;
    }
    readUnknown(reader, draft, { type, data: part.rest() });
    return;
  }
  const value = row.value.read(part);
  part.expectEnd();
  reader.adopt(part);
  const before = draft[row.name];
  if (row.most === 1) {
    if (before !== undefined) reader.fail('malformed', row.name, 'stands there twice', at);
    draft[row.name] = value;
    return;
  }
  const list = (before ?? []) as unknown[];
  if (list.length === row.most) reader.fail('malformed', row.name, `more than ${row.most}`, at);
  else draft[row.name] = [...list, value];
}

function readUnknown(reader: Reader, draft: Draft, tlv: UnknownTlv): void {
  const list = (draft.unknown ?? []) as UnknownTlv[];
  if (list.length === limits.unknown)
    reader.fail('malformed', 'unknown', `more than ${limits.unknown}`);
  else draft.unknown = [...list, tlv];
}

function writeTlv(writer: Writer, type: number, write: () => void): void {
  writer.u16(type);
  const lengthAt = writer.length;
  writer.u16(0);
  write();
  writer.setU16(lengthAt, writer.length - lengthAt - 2);
}

/**
 * The inside of a datagram: a type and TLVs. TLVs may come in any order and are written by number.
 * What must be understood and is not makes the message unsupported; anything else unknown is kept.
 */
export const Message: Codec<Message> = {
  decode(octets, offset = 0) {
    const reader = new Reader(octets, 'vcl.message', offset);
    const draft: Draft = { type: reader.u8('type') };
    reader.zeros(3, 'reserved');
    while (reader.remaining > 0 && !reader.failed) readTlv(reader, draft);
    return reader.finish(draft as unknown as Message);
  },
  encode(message) {
    const writer = new Writer(256);
    writer.u8(message.type);
    writer.zeros(3);
    for (const [name, row] of ROWS) {
      const value = message[name];
      if (value === undefined) continue;
      const values = row.most === 1 ? [value] : (value as readonly unknown[]);
      assert(values.length <= row.most, `${values.length} of ${name}`);
      for (const one of values) writeTlv(writer, row.type, () => row.value.write(writer, one));
    }
    for (const { type, data } of message.unknown ?? [])
      writeTlv(writer, type, () => writer.bytes(data));
    return writer.finish();
  },
};
