/**
 * The walls of the house, and the other rules that a machine can hold: `node tools/tidy.ts [ROOT]`.
 * The same check runs as a test, and its test plants a violation of every kind.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  functionsOf,
  type ImportFound,
  importsOf,
  lineAt,
  readSource,
  type SourceText,
} from './source-text.ts';

/** One wall: a folder and the rooms that its files may import. */
type Room = {
  readonly folder: string;
  readonly imports: readonly string[];
  /** Pure rooms have no I/O, clock, randomness or promise; `seeded` ones may do I/O only. */
  readonly ambient: 'pure' | 'seeded' | 'free';
};

const belowProtocol = ['src/base', 'src/wire', 'src/crypto', 'src/events', 'src/views'];
const belowIpsec = [
  ...belowProtocol,
  'src/config',
  'src/session',
  'src/dataplane',
  'src/protocol/*',
];
const belowFeatures = [...belowIpsec, 'src/ipsec'];
const belowEngine = [...belowFeatures, 'src/features/*'];
const belowAdapters = [...belowEngine, 'src/engine'];
const belowPrograms = [...belowAdapters, 'src/adapters', 'src/simulation'];
const belowMain = [...belowPrograms, 'src/programs'];

/** The room table of the architecture. `*` makes a room of each folder; such rooms are neighbours. */
const rooms: readonly Room[] = [
  { folder: 'src/base', imports: [], ambient: 'pure' },
  { folder: 'src/wire', imports: ['src/base'], ambient: 'pure' },
  { folder: 'src/crypto', imports: ['src/base'], ambient: 'pure' },
  { folder: 'src/events', imports: ['src/base'], ambient: 'pure' },
  { folder: 'src/views', imports: [], ambient: 'pure' },
  { folder: 'src/views', imports: ['src/base'], ambient: 'pure' },
  { folder: 'src/config', imports: ['src/base', 'src/crypto', 'src/events'], ambient: 'pure' },
  { folder: 'src/session', imports: [...belowProtocol, 'src/config'], ambient: 'pure' },
  { folder: 'src/dataplane', imports: ['src/base', 'src/wire', 'src/crypto'], ambient: 'pure' },
  { folder: 'src/protocol/*', imports: belowProtocol, ambient: 'pure' },
  { folder: 'src/ipsec', imports: belowIpsec, ambient: 'pure' },
  { folder: 'src/features/*', imports: belowFeatures, ambient: 'pure' },
  { folder: 'src/engine', imports: belowEngine, ambient: 'pure' },
  { folder: 'src/simulation', imports: belowAdapters, ambient: 'pure' },
  { folder: 'src/adapters', imports: belowAdapters, ambient: 'free' },
  { folder: 'src/programs', imports: belowPrograms, ambient: 'free' },
  { folder: 'src', imports: belowMain, ambient: 'free' },
  { folder: 'sim', imports: [...belowAdapters, 'src/simulation'], ambient: 'seeded' },
  { folder: 'labs', imports: [], ambient: 'free' },
  { folder: 'bench', imports: [...belowMain, 'sim', 'labs', 'src'], ambient: 'free' },
  { folder: 'tools', imports: [...belowMain, 'sim', 'labs', 'bench', 'src'], ambient: 'free' },
  // The console takes types of views; a value imported from there would be shipped to the browser.
  { folder: 'web', imports: belowEngine, ambient: 'free' },
];

const longestFileLines = 600;
const longestFunctionLines = 70;
/** Biome keeps code within 100 columns but leaves comments alone. */
const longestLine = 120;

/** Names that reach the world outside, and what to do instead. */
const ambientNames: readonly (readonly [RegExp, string, 'both' | 'pure'])[] = [
  // Date.UTC is a function of its arguments.
  [/(?<![.\w#])Date\b(?!\s*[:?]|\.UTC\()/g, 'Date: take an Instant as an argument', 'both'],
  [/\bMath\.random\b/g, 'Math.random: take a RandomSource as an argument', 'both'],
  [
    /(?<![.\w#])(?:setTimeout|setInterval|setImmediate|queueMicrotask)\b/g,
    'a timer: make it a deadline field',
    'both',
  ],
  [/(?<![.\w#])performance\s*\./g, 'performance: take an Instant as an argument', 'both'],
  [/(?<![.\w#])process\s*\./g, 'process: belongs to an adapter', 'pure'],
  [/(?<![.\w#])fetch\s*\(/g, 'fetch: belongs to an adapter', 'pure'],
  [
    /(?<![.\w#])console\s*\.\s*(?:log|error|warn|info|debug|trace|table|dir)\b/g,
    'console: return an event',
    'pure',
  ],
  [/(?<![.\w#])globalThis\b/g, 'globalThis: belongs to an adapter', 'pure'],
  // A port may speak of promises, and its twin in memory keeps one at once; waiting is the adapter's part.
  [
    /\bnew\s+Promise\b|(?<![.\w#])Promise\s*\.\s*(?!resolve\b)/g,
    'Promise: return an effect',
    'pure',
  ],
  [
    /(?<![.\w#])async\s+(?:function\b|\(|\w+\s*(?:=>|\())|(?<![.\w#])await\b/g,
    'async: return an effect',
    'pure',
  ],
  [/(?<![.\w#])import\s*\(/g, 'import(): import statically', 'pure'],
];

/** Functions of node:crypto that are not functions of their arguments. */
const impureCrypto = /^(?:random\w*|generate\w*|webcrypto|scrypt|pbkdf2|hkdf|getRandomValues)$/;

const marks = new RegExp(
  `\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', 'HA' + 'CK'].join('|')})\\b`,
);
const switchedOff =
  /\b(?:test|it|describe|suite)\.(?:only|skip|todo)\b|\b(?:skip|only|todo):\s*true\b/;

export type Complaint = {
  readonly file: string;
  readonly line: number;
  readonly rule: string;
  readonly message: string;
};

type SourceFile = SourceText & {
  readonly path: string;
  readonly isTest: boolean;
  readonly imports: readonly ImportFound[];
};

/** Suites and stand-ins that several tests share are tests too: folders and files named so. */
const isTestSupport = (path: string): boolean =>
  /\/testing\/|\/(?:testing|[^/]*-(?:compliance|fixtures?)|testing-[^/]*)\.ts$/.test(path);

const isTestPath = (path: string): boolean => /\.test\.tsx?$/.test(path) || isTestSupport(path);

function* sourcePaths(root: string, folder: string): Generator<string> {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name.startsWith('.'))
      continue;
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* sourcePaths(root, path);
    else if (/\.tsx?$/.test(entry.name)) yield path;
  }
}

function loadFiles(root: string): SourceFile[] {
  const folders = new Set(rooms.map((r) => r.folder.split('/')[0] as string));
  const present = readdirSync(root, { withFileTypes: true })
    .filter((e) => e.isDirectory() && folders.has(e.name))
    .map((e) => e.name);
  return present
    .flatMap((folder) => [...sourcePaths(root, folder)])
    .map((path) => {
      const source = readSource(readFileSync(join(root, path), 'utf8'));
      return { ...source, path, isTest: isTestPath(path), imports: importsOf(source) };
    });
}

/** The folder of the room that `path` lies in, `*` filled in, with the room. */
function roomOf(path: string): { readonly folder: string; readonly room: Room } | undefined {
  const parts = path.split('/');
  for (let n = parts.length - 1; n > 0; n -= 1) {
    const folder = parts.slice(0, n).join('/');
    const neighbours = `${parts.slice(0, n - 1).join('/')}/*`;
    const room = rooms.find((r) => r.folder === folder || r.folder === neighbours);
    if (room) return { folder, room };
  }
  return undefined;
}

const allows = (room: Room, folder: string): boolean =>
  room.imports.some((i) => (i.endsWith('/*') ? folder.startsWith(i.slice(0, -1)) : i === folder));

/** The file that an import names, relative to the root; undefined for a package. */
function resolve(importer: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(importer), specifier);
  const subpath = /^#(\w+)\/(.+)$/.exec(specifier);
  if (!subpath) return undefined;
  return `${subpath[1] === 'sim' ? 'sim' : `src/${subpath[1]}`}/${subpath[2]}.ts`;
}

function* checkImport(file: SourceFile, found: ImportFound): Generator<Complaint> {
  const here = roomOf(file.path);
  if (!here) return;
  const complain = (message: string): Complaint => ({
    file: file.path,
    line: found.line,
    rule: 'walls',
    message,
  });
  const target = resolve(file.path, found.specifier);
  if (target === undefined) {
    if (file.isTest || here.room.ambient !== 'pure') return;
    if (found.specifier === 'node:crypto' && found.typeOnly) return;
    if (found.specifier === 'node:crypto' && here.folder === 'src/crypto') {
      for (const name of found.names.filter((n) => impureCrypto.test(n)))
        yield complain(`${name} is not a function of its arguments; it belongs to an adapter`);
      return;
    }
    yield complain(`${here.folder} is pure and must not import ${found.specifier}`);
    return;
  }
  // Vectors are data, and only tests read them.
  if (file.isTest && target.startsWith('vectors/')) return;
  const there = roomOf(target);
  if (!there) {
    yield complain(`${found.specifier} leads out of the house`);
    return;
  }
  if (there.folder === here.folder) return;
  if (!allows(here.room, there.folder)) {
    yield complain(`${here.folder} must not import ${there.folder} (${found.specifier})`);
    return;
  }
  if (here.folder === 'web' && !found.typeOnly)
    yield complain(`web may import types only (${found.specifier})`);
  if (here.folder.startsWith('src') && found.specifier.startsWith('.'))
    yield complain(`import another room by its name, not ${found.specifier}`);
}

function* checkAmbient(file: SourceFile): Generator<Complaint> {
  const ambient = roomOf(file.path)?.room.ambient;
  if (file.isTest || ambient === undefined || ambient === 'free') return;
  for (const [pattern, message, where] of ambientNames) {
    if (ambient === 'seeded' && where === 'pure') continue;
    for (const m of file.code.matchAll(pattern))
      yield { file: file.path, line: lineAt(file.raw, m.index), rule: 'ambient', message };
  }
}

/** Whether a line is long only because of a literal, which may be as long as what it says. */
function isLongLiteral(line: string, withoutComments: string, code: string): boolean {
  let literal = 0;
  for (let i = 0; i < line.length; i += 1)
    if (withoutComments[i] !== ' ' && code[i] === ' ') literal += 1;
  return line.length - literal <= longestLine;
}

function* checkSizes(file: SourceFile): Generator<Complaint> {
  const lines = file.raw.split('\n');
  if (file.isTest) return;
  if (lines.length - 1 > longestFileLines)
    yield {
      file: file.path,
      line: 1,
      rule: 'file size',
      message: `${lines.length - 1} lines, more than ${longestFileLines}`,
    };
  const kept = file.withoutComments.split('\n');
  const code = file.code.split('\n');
  for (const [index, line] of lines.entries()) {
    if (line.length > longestLine && !isLongLiteral(line, kept[index] ?? '', code[index] ?? ''))
      yield {
        file: file.path,
        line: index + 1,
        rule: 'line length',
        message: `${line.length} columns, more than ${longestLine}`,
      };
  }
  // JSX is markup, and its text is not scanned for braces.
  if (file.path.endsWith('.tsx')) return;
  for (const found of functionsOf(file))
    if (found.lines > longestFunctionLines)
      yield {
        file: file.path,
        line: found.line,
        rule: 'function size',
        message: `${found.name} has ${found.lines} lines, more than ${longestFunctionLines}`,
      };
}

function* checkMarks(file: SourceFile): Generator<Complaint> {
  // The test of this tool plants both.
  if (file.path === 'tools/tidy.test.ts') return;
  for (const [index, text] of file.raw.split('\n').entries()) {
    const at = { file: file.path, line: index + 1 };
    const mark = marks.exec(text);
    if (mark) yield { ...at, rule: 'mark', message: `${mark[0]}: finish it or leave it out` };
    const off = file.isTest ? switchedOff.exec(text) : null;
    if (off) yield { ...at, rule: 'switched off', message: `${off[0]} hides tests` };
  }
}

/** Whether a file is started from outside rather than imported. */
const isEntryPoint = (path: string): boolean =>
  /^(?:tools|bench|labs|web)\//.test(path) || path === 'src/main.ts';

/** Complains about files that nothing imports and no string names (workers are loaded by name). */
function* checkReferences(files: readonly SourceFile[]): Generator<Complaint> {
  const named = new Map<string, { byTests: boolean; byCode: boolean }>();
  const note = (path: string, isTest: boolean) => {
    const entry = named.get(path) ?? { byTests: false, byCode: false };
    named.set(path, {
      byTests: entry.byTests || isTest,
      byCode: entry.byCode || !isTest,
    });
  };
  for (const file of files) {
    for (const found of file.imports) {
      const target = resolve(file.path, found.specifier);
      if (target !== undefined) note(target, file.isTest);
    }
    for (const m of file.withoutComments.matchAll(/['"`]((?:\.{1,2}\/)?[\w./-]+\.ts)['"`]/g))
      note(posix.join(posix.dirname(file.path), m[1] as string), file.isTest);
  }
  for (const { path } of files) {
    if (path.endsWith('.test.ts') || isEntryPoint(path)) continue;
    const entry = named.get(path);
    const isForTests = path.startsWith('sim/') || isTestSupport(path);
    if (entry?.byCode || (entry?.byTests && isForTests)) continue;
    yield {
      file: path,
      line: 1,
      rule: 'unreferenced',
      message: entry?.byTests ? 'only tests import it' : 'nothing imports it',
    };
  }
}

/** The longest piece without arguments of an event's text; undefined when it is no proof of anything. */
function tellingPiece(declaration: string): string | undefined {
  const text = /\btext:\s*((?:\s*\+?\s*(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"))+)/.exec(
    declaration,
  )?.[1];
  const pieces = text?.split(/\{\w+\}|\\n|['"]\s*\+?\s*['"]?/) ?? [];
  const longest = pieces.map((p) => p.trim()).sort((a, b) => b.length - a.length)[0];
  return longest !== undefined && longest.length >= 10 ? longest : undefined;
}

/**
 * Complains about events that no test names, by the name of its declaration or by its text: an
 * occurrence that nobody has ever seen is a guess.
 */
function* checkEvents(files: readonly SourceFile[]): Generator<Complaint> {
  const tests = files.filter((file) => file.isTest);
  const named = new Set(tests.flatMap((file) => file.code.match(/[\w$]+/g) ?? []));
  for (const file of files) {
    if (file.isTest || !file.path.startsWith('src/')) continue;
    for (const m of file.code.matchAll(/^export const (\w+)[^=\n]*=\s*event\(/gm)) {
      if (named.has(m[1] as string)) continue;
      const end = file.code.indexOf('\n});', m.index);
      const piece = tellingPiece(file.withoutComments.slice(m.index, end < 0 ? undefined : end));
      if (piece !== undefined && tests.some((t) => t.withoutComments.includes(piece))) continue;
      yield {
        file: file.path,
        line: lineAt(file.raw, m.index),
        rule: 'untested event',
        message: `no test names ${m[1]} or its text`,
      };
    }
  }
}

/** Every broken rule under `root`. A tree without source is itself a complaint. */
export function tidy(root: string): Complaint[] {
  const files = loadFiles(root);
  if (!files.some((f) => f.path.startsWith('src/') && !f.isTest))
    return [{ file: 'src', line: 1, rule: 'no files', message: `no source files under ${root}` }];
  const found = files.flatMap((file) => [
    ...file.imports.flatMap((i) => [...checkImport(file, i)]),
    ...checkAmbient(file),
    ...checkSizes(file),
    ...checkMarks(file),
  ]);
  return [...found, ...checkReferences(files), ...checkEvents(files)];
}

/** One line for people and editors: `src/wire/esp.ts:12: walls: …`. */
export const describeComplaint = (c: Complaint): string =>
  `${c.file}:${c.line}: ${c.rule}: ${c.message}`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const here = dirname(dirname(fileURLToPath(import.meta.url)));
  const complaints = tidy(process.argv[2] ?? here);
  for (const complaint of complaints) console.log(describeComplaint(complaint));
  process.exitCode = complaints.length > 0 ? 1 : 0;
}
