import assert from 'node:assert/strict';
import { test } from 'node:test';
import { functionsOf, importsOf, lineAt, readSource } from './source-text.ts';

test('comments and the contents of literals are blanked, offsets and lines stay', () => {
  const raw = [
    "const a = 'it // is'; // gone 'too'",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text under test is a template
    'const b = `x ${ fn({ d: `y${1}` }) } z`;',
    'const c = /["/*]/.test(a) ? 4 / 2 / 1 : 0; /* Date */',
    'const last = Date;',
  ].join('\n');
  const source = readSource(raw);
  assert.equal(source.code.length, raw.length);
  assert.equal(source.withoutComments.length, raw.length);
  const [one, two, three, four] = source.code.split('\n') as [string, string, string, string];
  assert.equal(one.trimEnd(), "const a = '        ';");
  assert.match(two, /^const b = ` *\$\{ fn\(\{ d: ` *\$\{1\} *` \}\) \} *`;$/);
  assert.doesNotMatch(two, /[xyz]/);
  assert.equal(three.trimEnd(), 'const c = /     /.test(a) ? 4 / 2 / 1 : 0;');
  assert.equal(four, 'const last = Date;');
  assert.match(source.withoutComments, /it \/\/ is/);
});

test('a literal or a comment that is never closed ends with the text', () => {
  for (const raw of ["const a = 'open\nnext", '/* open', '// open', '`open ${1', 'x = /open\ny'])
    assert.equal(readSource(raw).code.length, raw.length);
});

test('imports are found in every form, and none in a comment or a string', () => {
  const source = readSource(
    [
      "import { a, b as c } from './one.ts';",
      "import type { D } from '#base/two';",
      'import {',
      '  e,',
      '  f,',
      "} from '../three.ts';",
      "export * from './four.ts';",
      "import './five.ts';",
      "const g = await import('./six.ts');",
      "// import h from './seven.ts';",
      "const i = `\nimport j from './eight.ts';`;",
    ].join('\n'),
  );
  assert.deepEqual(
    importsOf(source).map((i) => [i.specifier, i.typeOnly, i.line]),
    [
      ['./one.ts', false, 1],
      ['#base/two', true, 2],
      ['../three.ts', false, 3],
      ['./four.ts', false, 7],
      ['./five.ts', false, 8],
      ['./six.ts', false, 9],
    ],
  );
  assert.deepEqual(importsOf(source)[0]?.names, ['a', 'b', 'as', 'c']);
});

test('functions of every form are measured from their name to their last brace', () => {
  const source = readSource(
    [
      'function plain(a: { b: number }): { c: number } {',
      '  if (a.b) {',
      '    return { c: 1 };',
      '  }',
      '  return { c: call(a) };',
      '}',
      'export class K {',
      '  #hidden<T>(x: T): readonly T[] {',
      '    return [x];',
      '  }',
      '  get size(): number {',
      '    return 1;',
      '  }',
      '}',
      'export const arrow = (n: number): number => {',
      '  return n;',
      '};',
      'const type = (n: number) => n;',
      'while (call(1)) {',
      '}',
    ].join('\n'),
  );
  assert.deepEqual(
    functionsOf(source).map((f) => [f.name, f.line, f.lines]),
    [
      ['plain', 1, 6],
      ['#hidden', 8, 3],
      ['size', 11, 3],
      ['arrow', 15, 3],
    ],
  );
});

test('lines are counted from one', () => {
  assert.equal(lineAt('a\nb\nc', 0), 1);
  assert.equal(lineAt('a\nb\nc', 2), 2);
  assert.equal(lineAt('a\nb\nc', 4), 3);
});
