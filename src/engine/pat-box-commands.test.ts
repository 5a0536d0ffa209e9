import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '#base/instant';
import { CommandLine } from '#config/command-line';
import { emptyConfiguration } from '#config/configuration';
import { occurred } from '#events/event';
import { EventLog } from '#events/log';
import { logCleared } from '#features/management/events';
import { grammar } from './grammar.ts';
import { patBoxCommands, patBoxNeeds } from './pat-box-commands.ts';

const never = (): never => {
  throw new Error('no command of the log looks at translations');
};

/** The command line of a PAT box whose log holds one event. */
function commandLine() {
  const now = () => instant(0);
  const log = new EventLog(10);
  log.add(occurred(logCleared, { count: 7 }), now());
  const box = { xlate: never, arp: never, counters: never, clearXlate: never };
  const owner = {
    running: () => emptyConfiguration,
    startup: () => undefined,
    apply: never,
  };
  const line = new CommandLine({
    grammar,
    commands: patBoxCommands,
    needs: patBoxNeeds(box, log, now),
    owner,
  });
  return (text: string): string => {
    const outcome = line.execute(text);
    assert.ok(outcome.kind === 'view' || outcome.kind === 'text', text);
    return outcome.kind === 'view' ? outcome.view.text() : outcome.text;
  };
}

test('a PAT box shows its event log, explains it, lists what it can say, and forgets on request', () => {
  const type = commandLine();
  assert.match(type('show logging'), /7 events are gone/);
  assert.match(type('show logging explain'), /Remedy:/);
  assert.match(type('show event catalogue class NAT'), /NAT\/1 SEV=/);
  type('clear logging');
  assert.match(type('show logging'), /1 events are gone/);
});
