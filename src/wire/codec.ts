import type { Fault, Result } from '#base/result';

/**
 * Both directions of one message format. `decode` is strict and total: it never throws and never
 * reads short. `encode` takes a value that the type allows; a number that does not fit its field is
 * a mistake of the program and fails an assertion.
 */
export type Codec<T> = {
  /** Reads the message that starts at `offset`; octet strings in the value are views of `bytes`. */
  decode(bytes: Uint8Array, offset?: number): Result<T, Fault>;
  /** Writes the message into a new array. */
  encode(value: T): Uint8Array;
};
