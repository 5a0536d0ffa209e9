/** README and docs/guide come true; tools/guide.ts says how a page marks what is to be done. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { syntaxOf } from '#config/path';
import { translationCommands } from '#features/nat/show-commands';
import { prepareMachine } from '../labs/runner/machine.ts';
import { anchorsOf, blocksOf, linksOf, missingLine, pathsOf, showCommandsOf } from './guide.ts';
import { blocksFor, GuideFollower } from './guide-follower.ts';
import { GuideWorld } from './guide-world.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const followed = [
  'README.md',
  ...readdirSync(join(root, 'docs/guide'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/guide/${name}`),
];

test('blocks have a line, a language and words; comments end terminals', () => {
  const page = '# A\n\n```sh start one root\nrun it\n```\n\n<!-- ctrl-c one -->\n```text\n```';
  assert.deepEqual(blocksOf(page), [
    { line: 3, language: 'sh', words: ['start', 'one', 'root'], text: 'run it' },
    { line: 7, language: 'ctrl-c', words: ['one'], text: '' },
    { line: 8, language: 'text', words: [], text: '' },
  ]);
  assert.deepEqual(
    blocksFor(`${page}\n\`\`\`text shows\nx\n\`\`\``, true).map(({ line }) => line),
    [3, 7, 10],
  );
});

test('what varies from run to run may differ, addresses and words may not', () => {
  const line = '7 11/21/2026 09:54:59.279 SEV=4 AUTH/22 RPT=1 198.51.100.2';
  const later = '19 12/01/2026 10:00:00.001 SEV=4 AUTH/22 RPT=7 198.51.100.2';
  assert.equal(missingLine(line, `first\n${later}\nlast`), undefined);
  assert.equal(missingLine(line, later.replace('198', '199')), line);
  assert.equal(missingLine(line, later.replace('SEV=4', 'SEV=5')), line);
  assert.equal(missingLine('paul  336 1 legacy', '  paul 9999 1 legacy'), undefined);
  assert.equal(missingLine('spi 0x2726b5e0, f5addec2', 'spi 0x1, 00ffaa11'), undefined);
  assert.equal(missingLine('key ... hashed', 'key $1(x) hashed'), undefined);
  assert.equal(missingLine('first\nsecond', 'second\nfirst'), 'second');
});

test('the pages that need no root come true, with a demo at hand', async (t) => {
  const world = new GuideWorld();
  const socket = join(world.folder, 'demo.sock');
  try {
    world.start('demo', `headend --single --web-port 0 --console-socket ${socket}`);
    // What README says that the first command shows.
    world.start('first', 'headend --web-port 0 --console-socket first.sock');
    // Which client is the first is not said anywhere.
    for (const n of [1, 2, 3]) {
      const missing = await world.awaitLines('demo', `... vpnclient${n} pinged ...`);
      assert.equal(missing, undefined, world.output('demo'));
    }
    const facts = /(http:\S+)\s+user admin, password (\S+)/.exec(world.output('demo')) ?? [];
    world.variables.CONSOLE = facts[1];
    world.variables.PASSWORD = facts[2];
    const follower = new GuideFollower(root, world, `headend console --socket ${socket}`);
    for (const page of followed) {
      await t.test(page, () => follower.follow(page, blocksFor(read(page), false)));
      if (page === 'README.md') await world.interrupt('first');
    }
    await t.test('every show command in the text is understood', async () => {
      // Those of a PAT box are run by the page that runs one.
      const ofPatBox = new Set(translationCommands.map((command) => syntaxOf(command.path)));
      const all = [...followed, 'ARCHITECTURE.md'].flatMap((page) => showCommandsOf(read(page)));
      for (const command of new Set(all))
        if (!ofPatBox.has(command)) await follower.type([command]);
    });
  } finally {
    await world.close();
  }
});

const obstacle = prepareMachine(['ip', 'nft', 'ping', 'vpnc'], console.log);
const skip = obstacle?.reason ?? false;
for (const page of followed) {
  const blocks = blocksFor(read(page), true);
  if (blocks.length === 0) continue;
  test(`${page} comes true as root, in a network of its own`, { skip }, async () => {
    const world = new GuideWorld();
    try {
      await world.enterNamespaces();
      await new GuideFollower(root, world, 'headend console').follow(page, blocks);
    } finally {
      await world.close();
    }
  });
}

test('pages link to what exists, and name files that exist', () => {
  for (const page of [...followed, 'ARCHITECTURE.md', 'CHANGELOG.md', 'SECURITY.md']) {
    for (const link of linksOf(read(page))) {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      assert.ok(existsSync(join(root, target)), `${page}: ${link} leads nowhere`);
      if (anchor !== undefined)
        assert.ok(anchorsOf(read(target)).includes(anchor), `${page}: no heading for ${link}`);
    }
    for (const path of pathsOf(read(page)))
      assert.ok(existsSync(join(root, path)), `${page}: there is no ${path}`);
  }
});
