import type { CommandLine } from '#config/command-line';
import type { ConsoleRequest } from '#config/console-commands';
import type { Reply, Shell } from './shell.ts';

/** What a command asks of the process rather than of the console it was typed on. */
export type ProcessRequest<R> = R | Exclude<ConsoleRequest, { kind: 'closeSession' | 'pageRows' }>;

/** Carries out a request of a command; `signal` aborts what takes long. */
export type CarryOut<R> = (
  request: ProcessRequest<R>,
  signal: AbortSignal,
) => Reply | Promise<Reply>;

type PageRows = ConsoleRequest & { readonly kind: 'pageRows' };
const isPageRows = (request: { readonly kind: string }): request is PageRows =>
  request.kind === 'pageRows';

/** A command line for one console. What it asks of the process goes to `carryOut`. */
export function shellOf<Needs, R extends { readonly kind: string }>(
  commandLine: CommandLine<Needs, R>,
  carryOut: CarryOut<R>,
): Shell {
  let ended = false;
  let pageRows: number | undefined;
  return {
    prompt: () => commandLine.prompt(),
    execute(line, signal) {
      const outcome = commandLine.execute(line);
      switch (outcome.kind) {
        case 'text':
          return { text: outcome.text, failed: false };
        case 'error':
          return { text: outcome.text, failed: true };
        case 'view':
          return { text: outcome.view.text(), failed: false };
        case 'request':
          break;
      }
      const request = outcome.request as ConsoleRequest | R;
      if (request.kind === 'closeSession') ended = true;
      else if (isPageRows(request)) pageRows = request.rows;
      else return carryOut(request as ProcessRequest<R>, signal);
      return { text: '', failed: false };
    },
    complete: (text) => commandLine.complete(text),
    help: (text) => commandLine.help(text),
    ended: () => ended,
    pageRows: () => pageRows,
  };
}
