/** The outcome of an operation that bad input can make fail: a value, or an error that says why. */
export type Result<T, E = Fault> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

/**
 * Why bytes could not be read. Truncated, malformed and unsupported are three different answers:
 * wait or drop, drop and count, answer with a notify.
 */
export type Fault = {
  readonly kind: 'truncated' | 'malformed' | 'unsupported';
  /** Dotted path of the field, such as `isakmp.header.length`. */
  readonly field: string;
  /** Offset in octets from the start of the buffer that was decoded. */
  readonly offset: number;
  readonly reason: string;
};

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });
export const err = <E>(error: E): { readonly ok: false; readonly error: E } => ({
  ok: false,
  error,
});

/** Makes a failed result out of the parts of a `Fault`. */
export const fault = (
  kind: Fault['kind'],
  field: string,
  offset: number,
  reason: string,
): { readonly ok: false; readonly error: Fault } => err({ kind, field, offset, reason });

/** One line for people: `isakmp.header.length@24: malformed: 20 is less than the header`. */
export const describeFault = (f: Fault): string => `${f.field}@${f.offset}: ${f.kind}: ${f.reason}`;
