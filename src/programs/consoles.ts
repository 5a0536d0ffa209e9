import { ConsoleServer } from '#adapters/terminal/console-server';
import { openLocalTerminal } from '#adapters/terminal/local-terminal';
import { safeText } from '#adapters/terminal/screen';
import type { Shell } from '#adapters/terminal/shell';
import { UsageError } from './program.ts';

/** Every place where commands can be typed: the local socket, and this terminal if it is one. */
export type Consoles = {
  /** Shows lines in the first terminal; without one, on standard output. */
  print(text: string): void;
  close(): Promise<void>;
};

/** Opens the command line on a socket (undefined for none) and in this terminal. */
export async function openConsoles(
  socket: string | undefined,
  openShell: () => Shell,
  stop: () => void,
): Promise<Consoles> {
  const server =
    socket === undefined
      ? undefined
      : await ConsoleServer.open(socket, openShell).catch((error: Error) => {
          throw new UsageError(error.message);
        });
  const { stdin, stdout } = process;
  const terminal =
    stdin.isTTY && stdout.isTTY ? openLocalTerminal(stdin, stdout, openShell(), stop) : undefined;
  return {
    print: (text) => (terminal ? terminal.print(text) : void stdout.write(`${safeText(text)}\n`)),
    async close() {
      terminal?.close();
      await server?.close();
    },
  };
}
