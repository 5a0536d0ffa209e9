import type { Fault, Result } from '#base/result';
import { Reader, Writer } from '../cursor.ts';
import { limits } from './limits.ts';

/**
 * A data attribute; RFC 2408 section 3.3. A number travels in the basic form (type and value), octets
 * in the variable form (type, length, value); an empty request is the variable form without octets.
 */
export type Attribute = {
  /** 15 bits; the format bit is in the form of the value. */
  readonly type: number;
  /** 16 bits, or octets. */
  readonly value: number | Uint8Array;
};

const BASIC_FORM = 0x8000;

/** What a fault calls the fields, written once: an offer has a hundred attributes. */
const FIELDS = Array.from({ length: limits.attributesPerList }, (_, index) => ({
  type: `attribute[${index}].type`,
  length: `attribute[${index}].length`,
  value: `attribute[${index}].value`,
}));

/** Reads attributes up to the end of `reader`. */
export function readAttributes(reader: Reader): Attribute[] {
  const attributes: Attribute[] = [];
  while (reader.remaining > 0 && !reader.failed) {
    const fields = FIELDS[attributes.length];
    if (!fields) {
      reader.fail('malformed', 'attributes', `more than ${limits.attributesPerList}`);
      break;
    }
    const type = reader.u16(fields.type);
    if (type & BASIC_FORM) {
      attributes.push({ type: type & ~BASIC_FORM, value: reader.u16(fields.value) });
    } else {
      const length = reader.u16(fields.length);
      attributes.push({ type, value: reader.bytes(length, fields.value) });
    }
  }
  return attributes;
}

export function writeAttributes(writer: Writer, attributes: readonly Attribute[]): void {
  for (const { type, value } of attributes) {
    if (typeof value === 'number') {
      writer.u16(type | BASIC_FORM);
      writer.u16(value);
    } else {
      writer.u16(type);
      writer.u16(value.length);
      writer.bytes(value);
    }
  }
}

/** The octets of attributes that are not a payload of their own, as in a notification. */
export function encodeAttributes(attributes: readonly Attribute[]): Uint8Array {
  const writer = new Writer(32);
  writeAttributes(writer, attributes);
  return writer.finish();
}

/** Reads what `encodeAttributes` writes. */
export function decodeAttributes(octets: Uint8Array): Result<Attribute[], Fault> {
  const reader = new Reader(octets, 'isakmp.attributes');
  return reader.finish(readAttributes(reader));
}

/** Big-endian number of an attribute, whichever form it came in; undefined beyond six octets. */
export function attributeNumber(attribute: Attribute): number | undefined {
  const { value } = attribute;
  if (typeof value === 'number') return value;
  if (value.length === 0 || value.length > 6) return undefined;
  let number = 0;
  for (let i = 0; i < value.length; i += 1) number = number * 256 + (value[i] as number);
  return number;
}

/** The first attribute of a type. */
export const findAttribute = (
  attributes: readonly Attribute[],
  type: number,
): Attribute | undefined => attributes.find((attribute) => attribute.type === type);
