import { AssertionFailure } from '#base/assert';
import { err, type Fault, ok, type Result } from '#base/result';

const EMPTY = new Uint8Array(0);

/**
 * Reads fields one after the other and remembers the first that could not be read. From then on
 * every read yields zero or no octets, and `finish` answers with the fault, so that a decoder checks
 * once, at its end, and never sees a short read. Loops must ask `failed`.
 */
export class Reader {
  readonly octets: Uint8Array;
  /** Dotted path of the structure being read; field names are appended to it. */
  readonly path: string;
  /** First offset that is not part of the structure. */
  readonly end: number;
  readonly #shortage: 'truncated' | 'malformed';
  #offset: number;
  #fault: Fault | undefined;

  /**
   * `shortage` says what running over `end` means: `truncated` when the buffer ends there,
   * `malformed` when a length inside the message says so and more octets would not help.
   */
  constructor(
    octets: Uint8Array,
    path: string,
    offset = 0,
    end = octets.length,
    shortage: 'truncated' | 'malformed' = 'truncated',
  ) {
    this.octets = octets;
    this.path = path;
    this.end = end;
    this.#offset = offset;
    this.#shortage = shortage;
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return Math.max(0, this.end - this.#offset);
  }

  get failed(): boolean {
    return this.#fault !== undefined;
  }

  u8(field: string): number {
    return this.#take(1, field) ? (this.octets[this.#offset - 1] as number) : 0;
  }

  u16(field: string): number {
    if (!this.#take(2, field)) return 0;
    const at = this.#offset;
    return ((this.octets[at - 2] as number) << 8) | (this.octets[at - 1] as number);
  }

  u32(field: string): number {
    if (!this.#take(4, field)) return 0;
    const o = this.octets;
    const at = this.#offset - 4;
    return (
      (((o[at] as number) << 24) |
        ((o[at + 1] as number) << 16) |
        ((o[at + 2] as number) << 8) |
        (o[at + 3] as number)) >>>
      0
    );
  }

  /** A view of the next `count` octets. */
  bytes(count: number, field: string): Uint8Array {
    if (!this.#take(count, field)) return EMPTY;
    return this.octets.subarray(this.#offset - count, this.#offset);
  }

  /** A view of everything up to the end. */
  rest(): Uint8Array {
    return this.failed ? EMPTY : this.bytes(this.remaining, 'rest');
  }

  /** Steps over octets that are not looked at. */
  skip(count: number, field: string): void {
    this.#take(count, field);
  }

  /** Octets that must be zero. */
  zeros(count: number, field: string): void {
    const at = this.#offset;
    if (!this.#take(count, field)) return;
    for (let i = at; i < this.#offset; i += 1)
      if (this.octets[i] !== 0) this.fail('malformed', field, 'must be zero', at);
  }

  /** A reader of the next `length` octets, which this one steps over; `path` names that part. */
  part(length: number, path: string): Reader {
    const start = this.#offset;
    const taken = this.#take(length, 'length');
    const part = new Reader(this.octets, path, start, start + (taken ? length : 0), 'malformed');
    if (!taken) part.#fault = this.#fault;
    return part;
  }

  /** Records a fault at `offset` unless an earlier one is known. */
  fail(kind: Fault['kind'], field: string, reason: string, offset = this.#offset): void {
    this.#fault ??= { kind, field: `${this.path}.${field}`, offset, reason };
  }

  /** Takes over the fault of a part. */
  adopt(part: Reader): void {
    this.#fault ??= part.#fault;
  }

  /** Records a fault when octets are left over. */
  expectEnd(): void {
    if (this.remaining > 0)
      this.fail('malformed', 'end', `${this.remaining} octets follow the last field`);
  }

  /** `value`, unless a field could not be read. */
  finish<T>(value: T): Result<T, Fault> {
    return this.#fault === undefined ? ok(value) : err(this.#fault);
  }

  #take(count: number, field: string): boolean {
    if (this.#fault !== undefined) return false;
    if (this.#offset + count > this.end) {
      this.fail(this.#shortage, field, `need ${count}, have ${this.remaining}`);
      return false;
    }
    this.#offset += count;
    return true;
  }
}

/** A number that does not fit its field is a mistake of the program. */
function expectFit(value: number, most: number): void {
  if (!Number.isInteger(value) || value < 0 || value > most)
    throw new AssertionFailure(`not a number from 0 to ${most}: ${value}`);
}

/** Appends fields to a growing array. */
export class Writer {
  #octets: Uint8Array;
  #length = 0;

  /** `capacity` is a guess at the final length; the array grows when it was too small. */
  constructor(capacity = 128) {
    this.#octets = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    expectFit(value, 0xff);
    const at = this.#extend(1);
    this.#octets[at] = value;
  }

  u16(value: number): void {
    this.setU16(this.#extend(2), value);
  }

  u32(value: number): void {
    this.setU32(this.#extend(4), value);
  }

  bytes(value: Uint8Array): void {
    const at = this.#extend(value.length);
    this.#octets.set(value, at);
  }

  zeros(count: number): void {
    this.#extend(count);
  }

  /** Overwrites a length or checksum that was not known when its place was written. */
  setU16(at: number, value: number): void {
    expectFit(value, 0xffff);
    this.#octets[at] = value >>> 8;
    this.#octets[at + 1] = value & 0xff;
  }

  setU32(at: number, value: number): void {
    expectFit(value, 0xffffffff);
    this.#octets[at] = value >>> 24;
    this.#octets[at + 1] = (value >>> 16) & 0xff;
    this.#octets[at + 2] = (value >>> 8) & 0xff;
    this.#octets[at + 3] = value & 0xff;
  }

  /** The octets written so far; the writer is not used afterwards. */
  finish(): Uint8Array {
    const octets = this.#octets;
    return octets.length === this.#length ? octets : octets.subarray(0, this.#length);
  }

  #extend(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#octets.length) {
      const larger = new Uint8Array(Math.max(this.#length, 2 * this.#octets.length));
      larger.set(this.#octets);
      this.#octets = larger;
    }
    return at;
  }
}
