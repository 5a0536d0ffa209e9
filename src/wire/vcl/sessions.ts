import { addressBytes, addressFromBytes, type IpAddress } from '#base/address';
import { assert } from '#base/assert';
import { equalBytes, fromUtf8, toUtf8 } from '#base/bytes';
import type { Reader, Writer } from '../cursor.ts';
import { struct, u8, u16, u32 } from '../schema.ts';
import { type TlvValue, u64 } from './fields.ts';
import { sessionLimits } from './numbers.ts';

/** Pages of sessions, as one member asks another for them; `SESSIONS-REQUEST` and `SESSIONS`. */

/** Text after its length in one octet. */
function readText(reader: Reader, name: string): string {
  const octets = reader.bytes(reader.u8(`${name}.length`), name);
  const value = fromUtf8(octets);
  if (!equalBytes(toUtf8(value), octets)) reader.fail('malformed', name, 'not UTF-8');
  return value;
}

function writeText(writer: Writer, value: string): void {
  const octets = toUtf8(value);
  writer.u8(octets.length);
  writer.bytes(octets);
}

/** Which sessions, in which order, and how many; what is absent lets everything pass. */
export type SessionQuestion = {
  /** The first datagram of the page that is wanted: those before it have arrived. */
  readonly from: number;
  /** One of `sessionKinds`; 0 for all. */
  readonly kind: number;
  /** One of `sessionOrders`. */
  readonly order: number;
  readonly descending: boolean;
  /** Rows of a page. */
  readonly limit: number;
  readonly group: string;
  /** Part of whatever is shown of a session. */
  readonly text: string;
  /** Where the page begins: that of the row before it. */
  readonly cursor: string;
};

const QuestionHead = struct('vcl.sessionQuestion', {
  from: u8,
  kind: u8,
  order: u8,
  descending: u8,
  limit: u16,
});

export const sessionQuestion: TlvValue<SessionQuestion> = {
  read(reader) {
    const { descending, ...head } = QuestionHead.read(reader);
    if (descending > 1) reader.fail('malformed', 'descending', `${descending} is neither 0 nor 1`);
    return {
      ...head,
      descending: descending === 1,
      group: readText(reader, 'group'),
      text: readText(reader, 'text'),
      cursor: readText(reader, 'cursor'),
    };
  },
  write(writer, { descending, group, text, cursor, ...head }) {
    QuestionHead.write(writer, { ...head, descending: descending ? 1 : 0 });
    for (const part of [group, text, cursor]) writeText(writer, part);
  },
};

const Part = struct('vcl.sessionPart', { part: u8, parts: u8, state: u8, total: u32 });

/** Which datagram of a page this is, and what holds for the page as a whole. */
export const sessionPart: TlvValue<{
  readonly part: number;
  /** Datagrams of the page; 0 where there is none. */
  readonly parts: number;
  /** One of `pageStates`. */
  readonly state: number;
  /** Sessions that match, over all pages. */
  readonly total: number;
}> = { read: Part.read, write: Part.write };

const Summary = struct('vcl.sessionSummary', {
  activeLanToLan: u32,
  activeRemoteAccess: u32,
  activeManagement: u32,
  totalActive: u32,
  peakConcurrent: u32,
  concurrentLimit: u32,
  totalCumulative: u32,
});

/** The Session Summary of a member; LB-62. */
export const sessionSummary = { read: Summary.read, write: Summary.write };

/** One session. A text that is empty stands for none. */
export type SessionRow = {
  readonly index: number;
  /** One of `sessionKinds`. */
  readonly kind: number;
  /** One of `sessionStates`. */
  readonly state: number;
  /** 0 for none. */
  readonly publicPort: number;
  readonly localPort: number;
  /** By the clock of the member, in milliseconds since the epoch. */
  readonly loginAt: number;
  readonly durationMs: number;
  readonly idleMs: number | undefined;
  readonly bytesTx: number;
  readonly bytesRx: number;
  readonly packetsTx: number;
  readonly packetsRx: number;
  readonly assignedAddress: IpAddress | undefined;
  readonly publicAddress: IpAddress | undefined;
  readonly username: string;
  readonly group: string;
  readonly groupPolicy: string;
  readonly protocol: string;
  readonly encryption: string;
  readonly hash: string;
  readonly clientType: string;
  readonly clientVersion: string;
  readonly legacy: readonly string[];
};

const RowHead = struct('vcl.session', {
  index: u32,
  kind: u8,
  state: u8,
  publicPort: u16,
  localPort: u16,
  loginAt: u64,
  durationMs: u64,
  bytesTx: u64,
  bytesRx: u64,
  packetsTx: u64,
  packetsRx: u64,
});

const TEXTS = [
  'username',
  'group',
  'groupPolicy',
  'protocol',
  'encryption',
  'hash',
  'clientType',
  'clientVersion',
] as const;

const FAMILIES = [0, 4, 6];

/** Family, 0 for no address, then its octets. */
function readAddress(reader: Reader, name: string): IpAddress | undefined {
  const family = reader.u8(`${name}.family`);
  if (!FAMILIES.includes(family))
    reader.fail('unsupported', name, `${family} is none of ${FAMILIES.join()}`);
  if (family === 0 || reader.failed) return undefined;
  const octets = reader.bytes(family === 4 ? 4 : 16, name);
  return reader.failed ? undefined : addressFromBytes(octets);
}

function writeAddress(writer: Writer, value: IpAddress | undefined): void {
  const octets = value === undefined ? new Uint8Array(0) : addressBytes(value);
  writer.u8(octets.length === 16 ? 6 : octets.length);
  writer.bytes(octets);
}

/** Idle time after an octet that says whether it is known. */
function readIdle(reader: Reader): number | undefined {
  const known = reader.u8('idle');
  if (known > 1) reader.fail('malformed', 'idle', `${known} is neither 0 nor 1`);
  return known === 0 ? undefined : u64.read(reader, 'idleMs');
}

function readLegacy(reader: Reader): readonly string[] {
  const count = reader.u8('legacy.count');
  if (count > sessionLimits.legacy)
    reader.fail('malformed', 'legacy', `more than ${sessionLimits.legacy}`);
  return reader.failed ? [] : Array.from({ length: count }, () => readText(reader, 'legacy'));
}

export const sessionRow: TlvValue<SessionRow> = {
  read(reader) {
    const head = RowHead.read(reader);
    const idleMs = readIdle(reader);
    const assignedAddress = readAddress(reader, 'assignedAddress');
    const publicAddress = readAddress(reader, 'publicAddress');
    const texts = Object.fromEntries(TEXTS.map((name) => [name, readText(reader, name)]));
    const legacy = readLegacy(reader);
    return {
      ...head,
      ...(texts as Record<(typeof TEXTS)[number], string>),
      ...{ idleMs, assignedAddress, publicAddress, legacy },
    };
  },
  write(writer, row) {
    assert(row.legacy.length <= sessionLimits.legacy, `${row.legacy.length} old algorithms`);
    RowHead.write(writer, row);
    writer.u8(row.idleMs === undefined ? 0 : 1);
    if (row.idleMs !== undefined) u64.write(writer, row.idleMs);
    writeAddress(writer, row.assignedAddress);
    writeAddress(writer, row.publicAddress);
    for (const name of TEXTS) writeText(writer, row[name]);
    writer.u8(row.legacy.length);
    for (const name of row.legacy) writeText(writer, name);
  },
};
