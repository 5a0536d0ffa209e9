import type { Shell } from '#adapters/terminal/shell';
import type { CommandLine } from '#config/command-line';
import type { ConsoleRequest } from '#config/console-commands';

/** What a request made happen, in words for the one who typed it; may be empty. */
export type Performed = { readonly text: string; readonly failed: boolean };
/** At once, or when it is done. */
export type Answered = Performed | Promise<Performed>;

/**
 * A command line as terminals want it. `perform` carries out what commands request of the process and
 * of the device. Where `stays` is given, `exit` says that instead of ending the console.
 */
export function shellOf<Needs, R>(
  commandLine: CommandLine<Needs, R>,
  perform: (
    request: Exclude<R | ConsoleRequest, { kind: 'closeSession' | 'pageRows' }>,
  ) => Answered,
  stays?: string,
): Shell {
  let ended = false;
  let pageRows: number | undefined;
  return {
    prompt: () => commandLine.prompt(),
    execute(line) {
      const outcome = commandLine.execute(line);
      switch (outcome.kind) {
        case 'view':
          return { text: outcome.view.text(), failed: false };
        case 'text':
          return { text: outcome.text, failed: false };
        case 'error':
          return { text: outcome.text, failed: true };
        case 'request': {
          const request = outcome.request as R | ConsoleRequest;
          if (isOwn(request)) {
            if (request.kind === 'pageRows') pageRows = request.rows;
            else if (stays !== undefined) return { text: stays, failed: false };
            else ended = true;
            return { text: '', failed: false };
          }
          return perform(
            request as Exclude<R | ConsoleRequest, { kind: 'closeSession' | 'pageRows' }>,
          );
        }
      }
    },
    complete: (text) => commandLine.complete(text),
    help: (text) => commandLine.help(text),
    ended: () => ended,
    pageRows: () => pageRows,
  };
}

type OwnRequest = Extract<ConsoleRequest, { kind: 'closeSession' | 'pageRows' }>;

/** Whether a request concerns the console itself. */
const isOwn = (request: unknown): request is OwnRequest =>
  typeof request === 'object' &&
  request !== null &&
  ['closeSession', 'pageRows'].includes((request as OwnRequest).kind);

/** What an administrator may type who may not change anything. */
const LOOKING = /^\s*(sh(o(w?)?)?\b|exit\b|quit\b|logout\b|terminal\b|\?|$)/i;

/** A shell for looking only. */
export const readOnly = (shell: Shell): Shell => ({
  ...shell,
  execute: (line, signal) =>
    LOOKING.test(line)
      ? shell.execute(line, signal)
      : { text: '% This account may look, but not change anything', failed: true },
});
