import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { describeComplaint, tidy } from './tidy.ts';

/** What tidy says about a tree of these files; `src/main.ts` refers to every other file of src. */
function complaintsAbout(files: Readonly<Record<string, string>>): string[] {
  const root = mkdtempSync(join(tmpdir(), 'headend-tidy-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return tidy(root).map(describeComplaint);
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** Plants one file in src, which the composition root refers to, among others that are in order. */
function planted(path: string, text: string, others: Readonly<Record<string, string>> = {}) {
  const all = { 'src/base/ok.ts': 'export const ok = 1;\n', ...others, [path]: text };
  const main = Object.keys(all)
    .filter((p) => p.startsWith('src/') && !p.includes('.test.'))
    .map((p) => `import './${p.slice(4)}';`);
  return complaintsAbout({ 'src/main.ts': `${main.join('\n')}\n`, ...all }).filter(
    (c) => !c.startsWith('src/main.ts'),
  );
}

test('this tree is tidy', () => {
  assert.deepEqual(tidy(dirname(import.meta.dirname)).map(describeComplaint), []);
});

test('a tree without source files is a complaint, not a success', () => {
  assert.match(complaintsAbout({ 'docs/a.md': '' }).join(), /no files/);
  assert.match(complaintsAbout({ 'src/base/only.test.ts': '' }).join(), /no files/);
});

test('a tree in order has no complaint', () => {
  assert.deepEqual(
    planted('src/wire/a.ts', "import { ok } from '#base/ok';\nexport { ok };\n"),
    [],
  );
});

const walls: readonly (readonly [string, string, RegExp])[] = [
  ['src/base/a.ts', '#wire/x', /src\/base must not import src\/wire/],
  ['src/wire/a.ts', '#crypto/x', /src\/wire must not import src\/crypto/],
  ['src/crypto/a.ts', '#events/x', /src\/crypto must not import src\/events/],
  ['src/events/a.ts', '#config/x', /src\/events must not import src\/config/],
  ['src/config/a.ts', '#session/x', /src\/config must not import src\/session/],
  ['src/dataplane/a.ts', '#config/x', /src\/dataplane must not import src\/config/],
  ['src/session/a.ts', '#protocol/nhrp/x', /src\/session must not import src\/protocol\/nhrp/],
  ['src/protocol/isakmp/a.ts', '#protocol/nhrp/x', /protocol\/isakmp must not import .*nhrp/],
  ['src/protocol/isakmp/a.ts', '#config/x', /protocol\/isakmp must not import src\/config/],
  ['src/ipsec/a.ts', '#features/nat/x', /src\/ipsec must not import src\/features\/nat/],
  ['src/features/nat/a.ts', '#features/slb/x', /features\/nat must not import src\/features\/slb/],
  ['src/features/nat/a.ts', '#engine/x', /features\/nat must not import src\/engine/],
  ['src/engine/a.ts', '#adapters/x', /src\/engine must not import src\/adapters/],
  ['src/adapters/a.ts', '../main.ts', /src\/adapters must not import src /],
  ['src/adapters/b.ts', '#programs/x', /src\/adapters must not import src\/programs/],
  ['src/engine/g.ts', '../../vectors/x.json', /leads out of the house/],
  ['sim/a.test.ts', '#adapters/x', /sim must not import src\/adapters/],
  ['labs/a.test.ts', '../src/base/ok.ts', /labs must not import src\/base/],
  ['src/engine/b.ts', '../../tools/tidy.ts', /src\/engine must not import tools/],
  ['src/engine/c.ts', '../../bench/x.ts', /src\/engine must not import bench/],
  ['src/engine/d.ts', '../../../elsewhere.ts', /leads out of the house/],
  ['src/engine/e.ts', '../base/ok.ts', /import another room by its name/],
  ['src/base/b.ts', 'node:fs', /src\/base is pure and must not import node:fs/],
  ['src/engine/f.ts', 'fastify', /src\/engine is pure and must not import fastify/],
  ['src/wire/b.ts', 'node:crypto', /src\/wire is pure and must not import node:crypto/],
];

for (const [path, specifier, expected] of walls)
  test(`the wall between ${path} and ${specifier} holds`, () => {
    const found = planted(path, `export const a = 1;\nimport { b } from '${specifier}';\n`);
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0] as string, expected);
    assert.match(found[0] as string, new RegExp(`^${path}:2: walls: `));
  });

test('what the room table allows passes', () => {
  const use = (specifier: string) => `import { x } from '${specifier}';\nexport { x };\n`;
  for (const [path, text] of [
    ['src/session/a.ts', use('#config/x') + use('#crypto/y')],
    ['src/ipsec/a.ts', use('#config/x') + use('#session/y') + use('#protocol/isakmp/z')],
    ['src/features/nat/a.ts', use('#ipsec/x') + use('./b.ts')],
    ['src/adapters/a.ts', use('#engine/x') + use('node:fs') + use('fastify')],
    ['sim/a.test.ts', use('#engine/x') + use('node:fs')],
    ['src/programs/a.ts', use('#adapters/x') + use('node:fs')],
    ['src/wire/a.test.ts', use('../../vectors/x.json')],
    ['src/crypto/a.ts', "import { createHmac } from 'node:crypto';\n"],
    ['src/ipsec/b.ts', "import type { KeyObject } from 'node:crypto';\n"],
    ['web/src/a.tsx', "import type { View } from '../../src/features/nat/show.ts';\n"],
  ] as const)
    assert.deepEqual(planted(path, text), [], path);
});

test('the web console may take types only', () => {
  const found = planted('web/a.tsx', "import { view } from '../src/features/nat/show.ts';\n");
  assert.match(found.join(), /web may import types only/);
});

test('randomness and callbacks of node:crypto stay out of the crypto room', () => {
  const found = planted(
    'src/crypto/a.ts',
    "import { createHmac, randomBytes, generateKeyPairSync, scrypt } from 'node:crypto';\n",
  );
  assert.equal(found.length, 3, found.join('\n'));
  assert.match(found.join(), /randomBytes is not a function of its arguments/);
});

for (const call of [
  'Date.now()',
  'new Date()',
  'Math.random()',
  'setTimeout(f, 1)',
  'setInterval(f, 1)',
  'setImmediate(f)',
  'queueMicrotask(f)',
  'performance.now()',
  'process.env',
  "fetch('x')",
  'console.log(1)',
  'globalThis.x',
  'new Promise(f)',
  'Promise.all([])',
  'async () => 1',
  "import('./x.ts')",
])
  test(`ambient access is refused in a pure room: ${call}`, () => {
    const found = planted('src/engine/a.ts', `// ${call}\nexport const a = ${call};\n`);
    assert.equal(found.filter((c) => /^src\/engine\/a\.ts:2: ambient: /.test(c)).length, 1);
    const adapter = planted('src/adapters/a.ts', `export const a = ${call};\n`);
    assert.deepEqual(
      adapter.filter((c) => c.includes('ambient')),
      [],
    );
  });

test('names that only look ambient pass', () => {
  const text = [
    "export const a = 'new Date() and setTimeout(f)'; // Math.random()",
    'export type Port = { readonly process: () => void; close(): Promise<void> };',
    'export const run = (p: Port) => p.process();',
    'export const stop = () => Promise.resolve();',
    'export const list = (console: { path: string }) => console.path;',
    'export const epoch = Date.UTC(2002, 9, 20);',
  ].join('\n');
  assert.deepEqual(planted('src/engine/a.ts', text), []);
});

test('the simulator may read files, but has no clock and no randomness of its own', () => {
  const found = planted(
    'sim/lab.ts',
    "import { readFileSync } from 'node:fs';\nexport const a = [process.argv, Date.now()];\n",
    { 'sim/a.test.ts': "import { a } from './lab.ts';\n" },
  );
  assert.equal(found.length, 1, found.join('\n'));
  assert.match(found[0] as string, /Date/);
});

test('files, functions and lines have limits', () => {
  const long = planted('src/base/a.ts', '//\n'.repeat(601));
  assert.match(long.join(), /file size: 601 lines, more than 600/);
  assert.deepEqual(planted('src/base/a.ts', '//\n'.repeat(600)), []);

  const body = (lines: number) => `export function big() {\n${'  f();\n'.repeat(lines - 2)}}\n`;
  assert.match(planted('src/base/a.ts', body(71)).join(), /function size: big has 71 lines/);
  assert.deepEqual(planted('src/base/a.ts', body(70)), []);

  const wide = planted('src/base/a.ts', `// ${'x'.repeat(118)}\n`);
  assert.match(wide.join(), /line length: 121 columns/);
  assert.deepEqual(planted('src/base/a.ts', `export const a = '${'x'.repeat(200)}';\n`), []);
});

test('marks of unfinished work are refused, in tests too', () => {
  for (const mark of ['TODO', 'FIXME', 'XXX', 'HACK']) {
    assert.match(planted('src/base/a.ts', `// ${mark}: later\n`).join(), /mark/);
    assert.match(planted('src/base/a.test.ts', `// ${mark}: later\n`).join(), /mark/);
  }
  assert.deepEqual(planted('src/base/a.ts', '// hackers say todo\n'), []);
});

test('tests that are switched off are refused', () => {
  for (const off of ["test.only('x')", "test.skip('x')", "describe.todo('x')", '{ skip: true }'])
    assert.match(planted('src/base/a.test.ts', `${off};\n`).join(), /switched off/, off);
  assert.deepEqual(planted('src/base/a.test.ts', "test('x', { skip: whyNot });\n"), []);
});

test('a file that nothing imports is refused; workers and test support have other ways in', () => {
  const files = {
    'src/main.ts': "import '#adapters/a';\n",
    'src/adapters/a.ts': "new Worker(new URL('./worker.ts', import.meta.url));\n",
    'src/adapters/worker.ts': '',
    'src/base/dead.ts': '',
    'src/base/tested.ts': '',
    'src/base/tested.test.ts': "import './tested.ts';\n",
    'src/dataplane/testing/compliance.ts': 'await fetch("x");',
    'src/dataplane/memory.test.ts': "import './testing/compliance.ts';\n",
    'src/dataplane/testing/unused.ts': '',
    'sim/lab.ts': '',
  };
  assert.deepEqual(complaintsAbout(files), [
    'sim/lab.ts:1: unreferenced: nothing imports it',
    'src/base/dead.ts:1: unreferenced: nothing imports it',
    'src/base/tested.ts:1: unreferenced: only tests import it',
    'src/dataplane/testing/unused.ts:1: unreferenced: nothing imports it',
  ]);
});

test('an event that no test names is refused', () => {
  const events = [
    "export const seen = event({ text: 'a' });",
    "export const unseen = event({ text: 'b' });",
    "export const quoted = event({\n  text:\n    'Group [{group}]\\n' +\n    'phase {n} completed at last',\n});",
    "export const unquoted = event({ text: 'Group [{group}] left for good' });",
  ].join('\n');
  const found = planted('src/session/events.ts', events, {
    'src/session/a.test.ts':
      "import { seen } from './events.ts';\n// unseen\nconst t = 'phase 2 completed at last';\n",
  });
  assert.deepEqual(found, [
    'src/session/events.ts:2: untested event: no test names unseen or its text',
    'src/session/events.ts:8: untested event: no test names unquoted or its text',
  ]);
});
