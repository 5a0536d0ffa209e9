import { withoutSecrets } from '#config/diagnostic';
import { safeText } from './screen.ts';
import { failureReply, type Reply, type Shell } from './shell.ts';

/** More than any line of a configuration is long. */
const LONGEST_LINE = 65_536;

export type BatchOptions = {
  readonly shell: Shell;
  /** Resolves when there is room for more. */
  readonly write: (text: string) => Promise<void>;
  /** Every line so far is done: the reader may go on. */
  readonly idle: () => void;
  /** No more will come; 1 when a line could not be carried out. */
  readonly ended: (exitCode: number) => void;
};

/** A line behind the prompt, so that a marker in the reply stands under the word that it means. */
const quoted = (line: string): string =>
  `${/^\s*/.exec(line)?.[0] ?? ''}${withoutSecrets(line)}`.replaceAll('\t', ' ');

/**
 * Carries out lines that come from a pipe, one after the other, and writes their replies; before the
 * reply to one that failed, the line.
 */
export class BatchConsole {
  readonly #options: BatchOptions;
  readonly #utf8 = new TextDecoder();
  readonly #abort = new AbortController();
  #lines: string[] = [];
  #rest = '';
  #inputEnded = false;
  #running = false;
  #exitCode = 0;

  constructor(options: BatchOptions) {
    this.#options = options;
  }

  /** Whether a line is being carried out, so that the reader should hold back. */
  get isBusy(): boolean {
    return this.#running;
  }

  input(octets: Uint8Array): void {
    const parts = (this.#rest + this.#utf8.decode(octets, { stream: true })).split(/\r?\n/);
    this.#rest = (parts.pop() as string).slice(0, LONGEST_LINE);
    this.#lines.push(...parts);
    void this.#run();
  }

  /** No more lines will come. */
  end(): void {
    if (this.#rest !== '') this.#lines.push(this.#rest);
    this.#rest = '';
    this.#inputEnded = true;
    void this.#run();
  }

  /** The console went away. */
  close(): void {
    this.#abort.abort();
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    const { shell, write, idle, ended } = this.#options;
    while (this.#lines.length > 0) {
      const lines = this.#lines;
      this.#lines = [];
      for (const line of lines) {
        const asTyped = `${shell.prompt()}${quoted(line)}`;
        const { text, failed } = await this.#execute(line);
        if (failed) {
          this.#exitCode = 1;
          await write(`${safeText(asTyped)}\n`);
        }
        if (text !== '') await write(`${safeText(text)}\n`);
        if (this.#abort.signal.aborted) return;
        if (shell.ended()) {
          ended(this.#exitCode);
          return;
        }
      }
    }
    this.#running = false;
    if (this.#inputEnded) ended(this.#exitCode);
    else idle();
  }

  async #execute(line: string): Promise<Reply> {
    try {
      return await this.#options.shell.execute(line, this.#abort.signal);
    } catch (error) {
      return failureReply(error);
    }
  }
}
