/** What a listing prints in the place of a secret. */
export const hiddenText = '*****';

/**
 * A password or key that does not print itself: not in a string, not as JSON, not in an inspected
 * object, so that it cannot reach a log or a view by accident.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The secret itself, for the one place that needs it. */
  reveal(): string {
    return this.#text;
  }

  equals(other: Secret): boolean {
    return this.#text === other.#text;
  }

  toString(): string {
    return hiddenText;
  }

  toJSON(): string {
    return hiddenText;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return hiddenText;
  }
}
