import type { ReadStream, WriteStream } from 'node:tty';
import type { Shell } from './shell.ts';
import { Terminal } from './terminal.ts';

/** The command line in the terminal that the daemon was started from. */
export type LocalTerminal = {
  /** Writes lines above the prompt. */
  print(text: string): void;
  /** Gives the terminal back as it was found. */
  close(): void;
};

/**
 * Opens a command line in the terminal of this process. `stop` is called by Ctrl-C on an empty line.
 * Whoever says `exit` or Ctrl-D means the command line and not everybody's sessions, so both are answered
 * by `stays`; the shell has to do so for `exit`.
 */
export function openLocalTerminal(
  input: ReadStream,
  output: WriteStream,
  shell: Shell,
  stop: () => void,
  stays: string,
): LocalTerminal {
  const terminal = new Terminal({
    shell,
    columns: output.columns,
    rows: output.rows,
    write: (text) => void output.write(text),
    interrupted: stop,
    ended: stop,
    stays,
  });
  const type = (octets: Uint8Array) => terminal.input(octets);
  const resized = () => terminal.resize(output.columns, output.rows);
  // A process that ends for whatever reason must not leave the shell without echo.
  const restore = () => {
    if (input.isRaw) input.setRawMode(false);
  };
  input.setRawMode(true);
  input.on('data', type);
  input.resume();
  output.on('resize', resized);
  process.on('exit', restore);
  terminal.start();
  return {
    print: (text) => terminal.print(text),
    close() {
      terminal.close();
      input.off('data', type);
      output.off('resize', resized);
      process.off('exit', restore);
      restore();
      input.pause();
    },
  };
}
