/** What a line made happen. */
export type Reply = {
  /** What to show; may be empty, and has no newline at its end. */
  readonly text: string;
  /** Whether the line could not be carried out. */
  readonly failed: boolean;
};

/** What Tab makes of the text before the cursor. */
export type Completion = {
  /** The text with as many letters added as all candidates agree on. */
  readonly text: string;
  /** The words that fit, when there are several. */
  readonly candidates: readonly string[];
};

/** A command line as a terminal sees it. One shell serves one console, since modes belong to it. */
export type Shell = {
  /** Such as `headend(config)# `. */
  prompt(): string;
  /** Carries out a line. Ctrl-C aborts what takes long. */
  execute(line: string, signal: AbortSignal): Reply | Promise<Reply>;
  complete(beforeCursor: string): Completion;
  /** What may follow; `?`. */
  help(beforeCursor: string): string;
  /** Whether the last line ended the session (`exit`). */
  ended(): boolean;
  /** Rows of a page (`terminal pager`), 0 for no paging; undefined for those of the terminal. */
  pageRows(): number | undefined;
};

/** The line that Ctrl-Z stands for: leaves the configuration. */
export const END_COMMAND = 'end';

/** The reply to a line that met a fault of ours; it must not end the console. */
export const failureReply = (error: unknown): Reply => ({
  text: `% The command failed: ${error instanceof Error ? error.message : String(error)}`,
  failed: true,
});
