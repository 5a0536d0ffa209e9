/** A sub-command of headend. */
export type Program = {
  readonly name: string;
  /** What follows the name on the command line. */
  readonly synopsis: string;
  readonly summary: string;
  /** The lines of `headend NAME --help` below the synopsis. */
  readonly help: string;
  /** Runs it to its end; the answer is the exit status. */
  run(args: readonly string[]): Promise<number>;
};

/** Something that a person did wrong on the command line; printed without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const VERSION = '0.1.0';
