import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

const program = join(import.meta.dirname, 'testing/console-program.ts');
const skip = spawnSync('tmux', ['-V']).status === 0 ? false : 'tmux is not installed';

/** A shell in a terminal of 80 by 24, typed at and looked at through tmux. */
function terminalOf(t: TestContext) {
  const server = `headend-test-${process.pid}-${t.name.length}`;
  const tmux = (...args: string[]): string =>
    execFileSync('tmux', ['-L', server, '-f', '/dev/null', ...args], { encoding: 'utf8' });
  tmux('new-session', '-d', '-x', '80', '-y', '24', 'PS1="shell> " bash --norc --noprofile');
  t.after(() => tmux('kill-server'));
  const screen = () => tmux('capture-pane', '-p').trimEnd();
  const sees = async (expected: RegExp) => {
    for (let i = 0; i < 1200 && !expected.test(screen()); i += 1) await delay(25);
    assert.match(screen(), expected);
  };
  /** Types keys by tmux's names; text is sent as it is. */
  const keys = (...names: string[]) => tmux('send-keys', ...names);
  return { tmux, screen, sees, keys };
}

const command = (...args: string[]) => [process.execPath, program, ...args].join(' ');

test('a person at a real terminal: ?, Tab, history, pages, Ctrl-Z, Ctrl-C', { skip }, async (t) => {
  const { tmux, screen, sees, keys } = terminalOf(t);
  await sees(/shell>/);
  keys(`clear; ${command('local')}`, 'Enter');
  await sees(/^headend#$/m);
  keys('show ?');
  await sees(/logging +The event log[\s\S]*\nheadend# show$/);
  keys('C-u', 'conf', 'Tab', 't', 'Tab', 'Enter');
  await sees(/headend# configure terminal\nheadend\(config\)#$/);
  keys('hostname gate1', 'Enter', 'hostnme x', 'Enter');
  await sees(/gate1\(config\)# hostnme x\n {15}\^\n% Invalid input detected/);
  keys('Up', 'Up', 'C-z');
  await sees(/gate1\(config\)# hostname gate1\ngate1#$/);
  keys('C-l', 's', 'h', 'o', 'w');
  await sees(/^gate1# show$/);
  keys(' logging last 40', 'Enter');
  await sees(/--More--$/);
  const copies = tmux('capture-pane', '-p', '-S', '-').match(/^gate1# (s|sh|sho)$/gm);
  assert.equal(copies, null, 'no key leaves a copy of the prompt behind');
  assert.equal(screen().split('\n').length, 24);
  keys('Space');
  await sees(/Session 14 connected/);
  keys('q');
  await sees(/gate1#$/);
  keys('terminal pager 0', 'Enter', 'show logging', 'Enter');
  await sees(/Session 40 connected\ngate1#$/);
  keys('half a line', 'C-c');
  await sees(/gate1# half a line\^C\ngate1#$/);
  keys('C-d');
  await sees(/gate1#\nCtrl-C ends this\ngate1#$/);
  keys('C-c');
  await sees(/stopped\nshell>$/);
  keys('stty -a | tr " ;" "\\n\\n" | grep -x -e icanon -e echo | wc -l', 'Enter');
  await sees(/^2$/m);
});

test('a console on the socket of a daemon, in a terminal and in a pipe', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'headend-tmux-'));
  const socket = join(folder, 's');
  const daemon = spawn(process.execPath, [program, 'serve', socket], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => {
    daemon.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });
  await new Promise((resolve) => daemon.stdout.once('data', resolve));
  const { tmux, sees, keys } = terminalOf(t);
  keys(`clear; ${command('join', socket)}`, 'Enter');
  await sees(/^headend#$/m);
  keys('show clo');
  await sees(/headend# show clo$/);
  daemon.kill('SIGUSR2');
  await sees(/an event for everyone\nheadend# show clo$/);
  keys('Tab', 'Enter');
  await sees(/20:22:42\.390 UTC Sun Oct 20 2002\nheadend#$/);
  tmux('resize-window', '-x', '80', '-y', '10');
  keys('C-l', 'show logging', 'Enter');
  await sees(/--More--$/);
  keys('q', 'exit', 'Enter');
  await sees(/shell>$/);
  keys(`clear; echo 'show clock' | ${command('join', socket)}`, 'Enter');
  await sees(/^20:22:42\.390 UTC Sun Oct 20 2002\nshell>$/m);
  keys(`clear; ${command('join', socket)}`, 'Enter');
  await sees(/^headend#$/m);
  daemon.kill('SIGTERM');
  await sees(/shell>$/);
  keys('clear; stty -a | tr " ;" "\\n\\n" | grep -x -e icanon -e echo | wc -l', 'Enter');
  await sees(/^2$/m);
});
