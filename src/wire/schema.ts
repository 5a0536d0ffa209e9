import { addressBytes, addressFromBytes, type IpAddress } from '#base/address';
import { assert } from '#base/assert';
import type { Codec } from './codec.ts';
import { Reader, Writer } from './cursor.ts';

/** One field of fixed size in a structure. */
export interface Field<T> {
  /** In octets. */
  readonly size: number;
  read(reader: Reader, name: string): T;
  write(writer: Writer, value: T): void;
}

/** A field that is on the wire but not in the value. */
export type HiddenField = Field<undefined>;

type Fields = Readonly<Record<string, Field<unknown>>>;

type ValueOf<F extends Fields> = {
  readonly [K in keyof F as F[K] extends HiddenField ? never : K]: F[K] extends Field<infer T>
    ? T
    : never;
};

/** A structure of fixed size; `read` and `write` put it inside a larger message. */
export type Struct<T> = Codec<T> & {
  /** In octets. */
  readonly size: number;
  read(reader: Reader): T;
  write(writer: Writer, value: T): void;
};

/** The value of a codec: `type Header = Value<typeof Header>`. */
export type Value<C> = C extends Codec<infer T> ? T : never;

/** Declares a structure: type, decoder and encoder follow from its table of fields, in wire order. */
export function struct<const F extends Fields>(path: string, fields: F): Struct<ValueOf<F>> {
  const entries = Object.entries(fields);
  const size = entries.reduce((sum, [, field]) => sum + field.size, 0);
  const read = (reader: Reader): ValueOf<F> => {
    const value: Record<string, unknown> = {};
    for (const [name, field] of entries) {
      const item = field.read(reader, name);
      if (item !== undefined) value[name] = item;
    }
    return value as ValueOf<F>;
  };
  const write = (writer: Writer, value: ValueOf<F>): void => {
    for (const [name, field] of entries)
      field.write(writer, (value as Record<string, unknown>)[name]);
  };
  return {
    size,
    read,
    write,
    decode(bytes, offset = 0) {
      const reader = new Reader(bytes, path, offset);
      return reader.finish(read(reader));
    },
    encode(value) {
      const writer = new Writer(size);
      write(writer, value);
      return writer.finish();
    },
  };
}

export const u8: Field<number> = {
  size: 1,
  read: (reader, name) => reader.u8(name),
  write: (writer, value) => writer.u8(value),
};

export const u16: Field<number> = {
  size: 2,
  read: (reader, name) => reader.u16(name),
  write: (writer, value) => writer.u16(value),
};

export const u32: Field<number> = {
  size: 4,
  read: (reader, name) => reader.u32(name),
  write: (writer, value) => writer.u32(value),
};

/** Exactly `size` octets. */
export const bytes = (size: number): Field<Uint8Array> => ({
  size,
  read: (reader, name) => reader.bytes(size, name),
  write(writer, value) {
    assert(value.length === size, `${value.length} octets where ${size} belong`);
    writer.bytes(value);
  },
});

/** Octets sent as zero and not looked at. */
export const reserved = (size: number): HiddenField => ({
  size,
  read(reader, name) {
    reader.skip(size, name);
    return undefined;
  },
  write: (writer) => writer.zeros(size),
});

/** Octets sent as zero; anything else is malformed. */
export const zeros = (size: number): HiddenField => ({
  size,
  read(reader, name) {
    reader.zeros(size, name);
    return undefined;
  },
  write: (writer) => writer.zeros(size),
});

const addressOf = (size: 4 | 16): Field<IpAddress> => ({
  size,
  read(reader, name) {
    const octets = reader.bytes(size, name);
    return reader.failed ? ('' as IpAddress) : addressFromBytes(octets);
  },
  write(writer, value) {
    const octets = addressBytes(value);
    assert(octets.length === size, `${value} is of the wrong address family`);
    writer.bytes(octets);
  },
});

export const ipv4Address: Field<IpAddress> = addressOf(4);
export const ipv6Address: Field<IpAddress> = addressOf(16);
