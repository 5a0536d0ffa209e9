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
const LOOKING = ['show', 'exit', 'quit', 'logout', 'terminal', 'help'];
const REFUSED = '% This account may look, but not change anything';

/** Whether a line, as far as it was typed, begins with one of these; `show` may be abbreviated. */
function isLooking(line: string): boolean {
  const [word = ''] = line.trim().toLowerCase().split(/\s|\?/);
  return word === '' || LOOKING.includes(word) || (word.length > 1 && 'show'.startsWith(word));
}

/** What `?` says where a command begins, without the commands that are refused. */
function lookingHelp(help: string, partial: string): string {
  const may = (hint: string) => LOOKING.includes(hint.trim().split(/\s/)[0] ?? '');
  if (partial === '') return help.split('\n').filter(may).join('\n');
  return help.split('  ').filter(may).join('  ') || '% Unrecognized command';
}

/** A shell for looking only. */
export const readOnly = (shell: Shell): Shell => ({
  ...shell,
  execute(line, signal) {
    if (!isLooking(line)) return { text: REFUSED, failed: true };
    const asked = /^\s*(\S*)\?\s*$/.exec(line);
    const partial = asked?.[1];
    if (partial !== undefined)
      return { text: lookingHelp(shell.help(partial), partial), failed: false };
    return shell.execute(line, signal);
  },
  help(text) {
    const partial = text.trimStart();
    if (!/\s/.test(partial)) return lookingHelp(shell.help(text), partial);
    return isLooking(text) ? shell.help(text) : REFUSED;
  },
  complete(text) {
    const completed = shell.complete(text);
    if (/\S\s/.test(text)) return isLooking(text) ? completed : { text, candidates: [] };
    const candidates = completed.candidates.filter((word) => LOOKING.includes(word));
    if (candidates.length === 1) return { text: `${candidates[0]} `, candidates: [] };
    if (completed.candidates.length > 0) return { text, candidates };
    return isLooking(completed.text) ? completed : { text, candidates: [] };
  },
});
