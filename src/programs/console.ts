import { parseArgs } from 'node:util';
import { runConsole } from '#adapters/terminal/console-client';
import { CONSOLE_SOCKET } from './places.ts';
import { type Program, UsageError } from './program.ts';

export const consoleProgram: Program = {
  name: 'console',
  synopsis: '[--socket PATH]',
  summary: 'open the command line of a running headend',
  help: `Joins this terminal to the command line of a running daemon; lines from a pipe are carried out one
after the other. One that fails is printed before its message, and the exit status is 1 then.

  --socket PATH  the socket of the daemon (default ${CONSOLE_SOCKET})`,
  async run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: { socket: { type: 'string', default: CONSOLE_SOCKET } },
    });
    try {
      const { stdin: input, stdout: output } = process;
      return await runConsole({ path: values.socket, input, output });
    } catch (error) {
      throw new UsageError((error as Error).message);
    }
  },
};
