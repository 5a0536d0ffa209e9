import { assert } from '#base/assert';
import { concat, toHex } from '#base/bytes';
import { Prng } from '#base/prng';
import { describeFault, type Fault, type Result } from '#base/result';
import type { Codec } from '../codec.ts';

/** The laws that every codec keeps; each throws when one is broken, with the octets that broke it. */

/** What is written reads back as what was meant, wherever it lies. Returns the octets. */
export function roundTrip<T>(codec: Codec<T>, value: T): Uint8Array {
  const octets = codec.encode(value);
  for (const offset of [0, 3]) {
    const decoded = codec.decode(concat(new Uint8Array(offset).fill(0xa5), octets), offset);
    if (!decoded.ok) throw broken('cannot read its own message', octets, decoded.error);
    const again = codec.encode(decoded.value);
    if (toHex(again) !== toHex(octets)) throw broken('does not write what it read', octets);
  }
  return octets;
}

/** Whether a prefix of a message is a message too; undefined when that depends on its octets. */
export type IsWhole = (prefix: Uint8Array) => boolean | undefined;

/** No prefix of a message is one, but for those that `isWhole` knows: some formats end with the buffer. */
export function refusesPrefixes<T>(
  codec: Codec<T>,
  octets: Uint8Array,
  isWhole: IsWhole = () => false,
): void {
  for (let length = 0; length < octets.length; length += 1) {
    const prefix = octets.slice(0, length);
    const decoded = codec.decode(prefix);
    const expected = isWhole(prefix);
    if (expected !== undefined && decoded.ok !== expected)
      throw broken(`${decoded.ok ? 'accepts' : 'refuses'} a prefix of ${length}`, octets);
    if (!decoded.ok) checkFault(decoded.error, prefix);
  }
}

/** Where a number lies in a message. */
export type NumberField = { readonly at: number; readonly octets: 1 | 2 | 4 };

/** The octets with another number in a field. */
export function withNumber(octets: Uint8Array, field: NumberField, value: number): Uint8Array {
  const copy = octets.slice();
  for (let i = 0; i < field.octets; i += 1)
    copy[field.at + i] = Math.floor(value / 256 ** (field.octets - 1 - i)) % 256;
  return copy;
}

/** What the decoder says to each value of a length field: `ok`, or the fault as people read it. */
export function verdicts<T>(
  codec: Codec<T>,
  octets: Uint8Array,
  field: NumberField,
  values: readonly number[],
): Record<number, string> {
  const verdict = (value: number): string => {
    const decoded = codec.decode(withNumber(octets, field, value));
    return decoded.ok ? 'ok' : describeFault(decoded.error);
  };
  return Object.fromEntries(values.map((value) => [value, verdict(value)]));
}

/** Numbers that lengths and counts break on. */
const EDGES = [0, 1, 2, 3, 4, 7, 8, 0x7f, 0x80, 0xfe, 0xff];

type Mutation = (octets: Uint8Array, prng: Prng, samples: readonly Uint8Array[]) => Uint8Array;

const mutations: readonly Mutation[] = [
  function flipBit(octets, prng) {
    if (octets.length === 0) return octets;
    const at = prng.between(0, octets.length - 1);
    octets[at] = (octets[at] as number) ^ (1 << prng.between(0, 7));
    return octets;
  },
  function setEdge(octets, prng) {
    if (octets.length > 0) octets[prng.between(0, octets.length - 1)] = prng.pick(EDGES);
    return octets;
  },
  function nudge(octets, prng) {
    if (octets.length === 0) return octets;
    const at = prng.between(0, octets.length - 1);
    octets[at] = (octets[at] as number) + prng.between(-4, 4);
    return octets;
  },
  function truncate(octets, prng) {
    return octets.slice(0, prng.between(0, octets.length));
  },
  function extend(octets, prng) {
    return concat(octets, prng.bytes(prng.between(1, 40)));
  },
  function remove(octets, prng) {
    const at = prng.between(0, octets.length);
    return concat(octets.slice(0, at), octets.slice(at + prng.between(1, 16)));
  },
  function splice(octets, prng, samples) {
    const other = prng.pick(samples);
    return concat(
      octets.slice(0, prng.between(0, octets.length)),
      other.slice(prng.between(0, other.length)),
    );
  },
];

/** The octets of one fuzz case: a function of the samples, the seed and the number of the case. */
export function fuzzCase(samples: readonly Uint8Array[], seed: number, index: number): Uint8Array {
  const prng = new Prng(Math.imul(seed, 0x9e3779b1) + index);
  if (prng.chance(0.02)) return prng.bytes(prng.between(0, 96));
  let octets: Uint8Array = prng.pick(samples).slice();
  for (let steps = prng.between(1, 4); steps > 0; steps -= 1)
    octets = prng.pick(mutations)(octets, prng, samples);
  return octets;
}

export type FuzzRun = {
  readonly seed: number;
  /** Number of the first case. */
  readonly from: number;
  readonly cases: number;
};

/**
 * Feeds damaged messages to a codec. Each is refused with a fault that lies in the message, or
 * accepted with a value that writes and reads back to itself. Nothing throws.
 */
export function fuzz<T>(
  codec: Codec<T>,
  samples: readonly Uint8Array[],
  { seed, from, cases }: FuzzRun,
): { readonly accepted: number; readonly refused: number } {
  let accepted = 0;
  for (let index = from; index < from + cases; index += 1) {
    const octets = fuzzCase(samples, seed, index);
    try {
      if (checkDamaged(codec, octets)) accepted += 1;
    } catch (error) {
      const message = `seed ${seed} case ${index} of ${toHex(octets)}: ${String(error)}`;
      throw new Error(message, { cause: error });
    }
  }
  return { accepted, refused: cases - accepted };
}

function checkDamaged<T>(codec: Codec<T>, octets: Uint8Array): boolean {
  const decoded: Result<T, Fault> = codec.decode(octets);
  if (!decoded.ok) {
    checkFault(decoded.error, octets);
    return false;
  }
  const written = codec.encode(decoded.value);
  const read = codec.decode(written);
  if (!read.ok) throw broken('cannot read what it wrote', written, read.error);
  if (toHex(codec.encode(read.value)) !== toHex(written))
    throw broken('does not write what it read', written);
  return true;
}

function checkFault(fault: Fault, octets: Uint8Array): void {
  assert(/^[a-z]/.test(fault.field), `a fault without a field: ${describeFault(fault)}`);
  assert(fault.reason !== '', `a fault without a reason: ${describeFault(fault)}`);
  assert(
    fault.offset >= 0 && fault.offset <= octets.length,
    `a fault outside of ${octets.length} octets: ${describeFault(fault)}`,
  );
}

const broken = (what: string, octets: Uint8Array, fault?: Fault): Error =>
  new Error(`${what}: ${toHex(octets)}${fault ? `: ${describeFault(fault)}` : ''}`);
