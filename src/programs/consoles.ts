import { ConsoleServer } from '#adapters/terminal/console-server';
import { openLocalTerminal } from '#adapters/terminal/local-terminal';
import { safeText } from '#adapters/terminal/screen';
import type { Shell } from '#adapters/terminal/shell';
import { type EventRecord, occurred } from '#events/event';
import type { LoggedEvent } from '#events/log';
import { configurationChanged, consoleClosed, consoleOpened } from '#features/management/events';
import { UsageError } from './program.ts';

/** A place where somebody types: how the log names it, and what `exit` says where it ends nothing. */
export type Seat = { readonly name: string; readonly stays?: string };

/** The terminal that the daemon was started from. */
export const FIRST_SEAT = {
  name: 'the terminal of headend',
  stays: 'Ctrl-C ends headend',
} as const;

/** Every place where commands can be typed: the local socket, and this terminal if it is one. */
export type Consoles = {
  /** Shows lines in the first terminal; without one, on standard output. */
  print(text: string): void;
  close(): Promise<void>;
};

/** Whether an event tells what was just typed in the first terminal, which therefore need not be shown there. */
export const typedHere = ({ record: { definition, args } }: Pick<LoggedEvent, 'record'>): boolean =>
  definition === configurationChanged && args.by === FIRST_SEAT.name;

/** Opens the command line on a socket (undefined for none) and in this terminal. */
export async function openConsoles(
  socket: string | undefined,
  openShell: (seat: Seat) => Shell,
  stop: () => void,
  note: (record: EventRecord) => void,
): Promise<Consoles> {
  const server =
    socket === undefined
      ? undefined
      : await ConsoleServer.open(socket, (name) => openShell({ name }), {
          opened: (name) => note(occurred(consoleOpened, { console: name })),
          closed: (name) => note(occurred(consoleClosed, { console: name })),
        }).catch((error: Error) => {
          throw new UsageError(error.message);
        });
  const { stdin, stdout } = process;
  const terminal =
    stdin.isTTY && stdout.isTTY
      ? openLocalTerminal(stdin, stdout, openShell(FIRST_SEAT), stop, FIRST_SEAT.stays)
      : undefined;
  return {
    print: (text) => (terminal ? terminal.print(text) : void stdout.write(`${safeText(text)}\n`)),
    async close() {
      terminal?.close();
      await server?.close();
    },
  };
}
