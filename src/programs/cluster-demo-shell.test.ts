import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Shell } from '#adapters/terminal/shell';
import { address } from '#base/address';
import { lastingShell, type ShellMember, withAccidents } from './cluster-demo-shell.ts';

const { signal } = new AbortController();

/** A member that only knows whether it runs; its own shell knows `show` and `configure`. */
function member(name: string, running = true): ShellMember {
  let runs = running;
  const shell: Shell = {
    prompt: () => `${name}# `,
    execute: (line) => ({ text: `did ${line}`, failed: false }),
    complete: (text) =>
      text === 'c'
        ? { text, candidates: ['clear', 'configure'] }
        : { text: text === 's' ? 'show ' : text, candidates: [] },
    help: () => '  show         Show something',
    ended: () => false,
    pageRows: () => undefined,
  };
  return {
    name,
    outside: address('127.18.124.129'),
    management: undefined,
    get runs() {
      return runs;
    },
    openShell() {
      if (!runs) throw new Error(`${name} does not run`);
      return shell;
    },
    async crash() {
      runs = false;
      return { text: `${name} is gone`, failed: false };
    },
    async start() {
      runs = true;
      return { text: `${name} runs`, failed: false };
    },
  };
}

const seat = { name: 'console 1' };

test('a console that is opened while its member is gone says so, and serves it once it is back', async () => {
  const first = member('member1', false);
  const shell = withAccidents(lastingShell(first, seat), [first]);
  assert.equal(shell.prompt(), 'member1 (off)# ');
  assert.equal(shell.ended(), false);
  assert.equal(shell.pageRows(), undefined);
  const gone = await shell.execute('show clock', signal);
  assert.deepEqual(gone, {
    text: '% member1 does not run; "start member1" brings it back',
    failed: true,
  });
  await shell.execute('start member1', signal);
  assert.equal(shell.prompt(), 'member1# ');
  assert.equal((await shell.execute('show clock', signal)).text, 'did show clock');
});

test('what only the demo has is helped with and completed like every command', async () => {
  const [first, second] = [member('member1'), member('member2', false)];
  const shell = withAccidents(lastingShell(first, seat), [first, second, member('member3')]);
  assert.match(
    shell.help(''),
    /^ {2}crash {8}Take .*\n {2}show {9}Show something\n {2}start {8}Start .*$/,
  );
  assert.equal(shell.help('crash '), '  member1  127.18.124.129\n  member3  127.18.124.129');
  assert.equal(shell.help('start '), '  member2  127.18.124.129');
  assert.deepEqual(shell.complete('cr'), { text: 'crash ', candidates: [] });
  assert.deepEqual(shell.complete('c').candidates, ['clear', 'configure', 'crash']);
  assert.deepEqual(shell.complete('s'), { text: 'show ', candidates: [] });
  assert.deepEqual(shell.complete('crash m').candidates, ['member1', 'member3']);
  assert.deepEqual(shell.complete('start m'), { text: 'start member2 ', candidates: [] });
  assert.deepEqual(await shell.execute('crash', signal), {
    text: '% crash takes a member; there are member1, member2, member3',
    failed: true,
  });
  assert.equal((await shell.execute('crash member9', signal)).failed, true);
  await shell.execute('crash member3', signal);
  assert.equal(shell.help('crash '), '  member1  127.18.124.129');
});
