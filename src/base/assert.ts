/** A broken promise between two parts of the program; the engine ends the session it happened in. */
export class AssertionFailure extends Error {
  override readonly name = 'AssertionFailure';
}

/** Throws when the program contradicts itself; never used to judge input from outside. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message);
}

/** Marks the branch of an exhaustive switch that the compiler proves empty. */
export function unreachable(value: never): never {
  throw new AssertionFailure(`unreachable: ${JSON.stringify(value)}`);
}
