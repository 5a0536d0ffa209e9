/**
 * A console in a process of its own, for a test that looks at a real terminal:
 * `console-program.ts local`, `serve SOCKET`, `join SOCKET`.
 */
import { instant } from '#base/instant';
import { CommandLine } from '#config/command-line';
import { type Configuration, emptyConfiguration } from '#config/configuration';
import { grammarOf } from '#config/grammar';
import { systemRoom } from '#config/system-commands';
import { event, occurred } from '#events/event';
import { EventLog } from '#events/log';
import { managementRoom } from '#features/management/commands';
import { type ManagementNeeds, managementCommands } from '#features/management/show';
import { runConsole } from '../console-client.ts';
import { ConsoleServer } from '../console-server.ts';
import { openLocalTerminal } from '../local-terminal.ts';
import type { Shell } from '../shell.ts';

const login = event({
  ...{ class: 'AUTH', number: 22, severity: 4, text: 'Session {n} connected', why: '', remedy: '' },
});
const log = new EventLog(1000);
const now = () => instant(Date.UTC(2002, 9, 20, 20, 22, 42, 390));
for (let n = 1; n <= 40; n += 1) log.add(occurred(login, { n }, { user: 'alice' }), now());

let running: Configuration = emptyConfiguration;

function makeShell(): Shell {
  const line = new CommandLine<ManagementNeeds, never>({
    grammar: grammarOf([systemRoom, managementRoom]),
    commands: managementCommands,
    needs: {
      ...{ now, log, catalogue: [login] },
      system: () => assertNever(),
    },
    owner: {
      running: () => running,
      startup: () => undefined,
      apply: (candidate) => {
        running = candidate;
      },
    },
  });
  let ended = false;
  let pageRows: number | undefined;
  return {
    prompt: () => line.prompt(),
    execute(text) {
      const outcome = line.execute(text);
      if (outcome.kind === 'view') return { text: outcome.view.text(), failed: false };
      if (outcome.kind !== 'request')
        return { text: outcome.text, failed: outcome.kind === 'error' };
      if (outcome.request.kind === 'closeSession') ended = true;
      if (outcome.request.kind === 'pageRows') pageRows = outcome.request.rows;
      return { text: '', failed: false };
    },
    complete: (text) => line.complete(text),
    help: (text) => line.help(text),
    ended: () => ended,
    pageRows: () => pageRows,
  };
}

function assertNever(): never {
  throw new Error('this console has no device');
}

const [mode, path = ''] = process.argv.slice(2);
if (mode === 'join')
  process.exitCode = await runConsole({ path, input: process.stdin, output: process.stdout });
else if (mode === 'serve') {
  const server = await ConsoleServer.open(path, makeShell);
  process.stdout.write('ready\n');
  process.on('SIGUSR2', () => server.print('an event for everyone'));
  process.on('SIGTERM', () => void server.close());
} else {
  const stop = () => {
    terminal.close();
    process.stdout.write('stopped\r\n');
  };
  const terminal = openLocalTerminal(
    process.stdin,
    process.stdout,
    makeShell(),
    stop,
    'Ctrl-C ends this',
  );
  process.on('SIGUSR2', () => terminal.print('an event above the line'));
}
