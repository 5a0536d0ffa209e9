import { err, ok } from '#base/result';
import { type Configuration, slice, type Table, withEntry, withoutEntry } from './configuration.ts';
import type { Dialect } from './dialect.ts';
import { type AnyValues, formatPath, optional, type Path, type Token } from './path.ts';
import type { Finding } from './room.ts';
import {
  type Declaration,
  type Keys,
  type ModeDeclaration,
  type Scope,
  setting,
} from './setting.ts';
import { rest } from './tokens.ts';
import { keptText } from './unknown-lines.ts';

/** Lines that are kept without effect, each with the lines of its block. */
export type KeptLines = Table<string, readonly string[]>;

export const keptSlice = slice<KeptLines>('kept', new Map());

/** What there is to say about a kept line and the lines of its block. */
export type KeptVerdict = {
  readonly severity: 'error' | 'warning';
  readonly reason: string;
  readonly remedy?: string;
};

/** A command that is accepted and kept without effect. */
export type KeptCommand = {
  /** Its leading keywords. */
  readonly words: string;
  readonly help: string;
  readonly dialects?: readonly Dialect[];
  /** Where leaving a line without effect is not harmless. */
  readonly judge?:
    | ((line: string, inside: readonly string[]) => KeptVerdict | undefined)
    | undefined;
};

/** A warning about every line of a command but its `no` form. */
export const warns =
  (reason: string, remedy?: string): KeptCommand['judge'] =>
  (line) =>
    line.startsWith('no ')
      ? undefined
      : { severity: 'warning', reason, ...(remedy === undefined ? {} : { remedy }) };

/** A part of an element that keeps lines without effect. */
export type Keeps = { readonly kept?: KeptLines | undefined };

/** The lines that are kept inside a mode, as a part of its elements. */
export const keptInside = <F extends string, T extends { readonly [K in F]?: Keeps['kept'] }>(
  mode: Scope<T>,
  field: F,
): Scope<KeptLines> => ({
  mode: mode.mode,
  get: (configuration, keys) => mode.get(configuration, keys)?.[field] ?? keptSlice.empty,
  put(configuration, keys, lines) {
    const element = mode.get(configuration, keys) ?? mode.fresh(keys);
    const kept = lines.size === 0 ? undefined : lines;
    return mode.put(configuration, keys, { ...element, [field]: kept });
  },
  fresh: () => keptSlice.empty,
});

/** The text behind the keywords of a kept line; what resembles a secret is not shown to people. */
export const keptWords = (words: string): Token<'text', string> => {
  const text = rest('text', 'Kept as it is');
  return {
    ...text,
    write: (value, audience) => keptText(`${words} ${value}`, audience).slice(words.length + 1),
  };
};

/** A line of a block whose header has this indentation; what is deeper belongs to the line. */
export const blockLine = (indent: number): Token<'line', string> => ({
  ...rest('line', 'A line of the block'),
  read(line, from) {
    if (from !== 0) return err({ kind: 'invalid', reason: 'a block is read line by line' });
    const leading = line.words[0]?.column ?? 0;
    const text = line.text.slice(Math.min(leading, indent + 1)).trimEnd();
    return ok({ value: text, words: line.words.length });
  },
  write: keptText,
});

/** How deep a mode is indented. */
const depthOf = (mode: ModeDeclaration | undefined): number =>
  mode === undefined ? 0 : 1 + depthOf(mode.scope.mode);

/** Everything that the two ways to write a kept command have in common. */
const commonOf = (command: KeptCommand, scope: Scope<KeptLines>) =>
  ({
    kind: 'mode',
    prompt: scope.mode?.prompt ?? 'config',
    help: command.help,
    ...(command.dialects ? { dialects: command.dialects } : {}),
    scope: scope as Scope<unknown>,
    also: [],
    hideEmpty: false,
    indentedOnly: true,
    noEffect: true,
    negatable: false,
    remove: (target: unknown) => target,
  }) as const;

const begins = (text: string, words: string): boolean =>
  text === words || text.startsWith(`${words} `);

/**
 * The declarations of one command that is kept: the line, what stands inside it, and its `no` line.
 * `indentedOnly` of the mode lets any text be inside, as long as it is indented.
 */
export function keep(command: KeptCommand, scope: Scope<KeptLines>): readonly Declaration[] {
  const path: Path = [command.words, optional(keptWords(command.words))];
  const line = (values: AnyValues) => formatPath(path, values, 'file');
  const instances = (prefix: string) => (target: unknown) =>
    [...(target as KeptLines).keys()]
      .filter((text) => begins(text, prefix))
      .map((text) => ({ text: text === prefix ? undefined : text.slice(prefix.length + 1) }));
  const common = commonOf(command, scope);
  const within = scope.mode?.name ?? '';
  const positive: ModeDeclaration = {
    ...common,
    name: `kept ${within} ${command.words}`,
    path,
    instances: instances(command.words),
    enter(target, values) {
      const lines = target as KeptLines;
      if (lines.has(line(values))) return lines;
      return withEntry(withoutEntry(lines, `no ${line(values)}`), line(values), []);
    },
  };
  const negative: ModeDeclaration = {
    ...common,
    name: `kept ${within} no ${command.words}`,
    path: ['no', ...path],
    instances: instances(`no ${command.words}`),
    enter: (target, values) =>
      (target as KeptLines).has(line(values))
        ? withoutEntry(target as KeptLines, line(values))
        : withEntry(target as KeptLines, `no ${line(values)}`, []),
  };
  const linesOf = (configuration: Configuration, keys: Keys): KeptLines =>
    scope.get(configuration, keys.slice(0, -1)) ?? keptSlice.empty;
  const textOf = (keys: Keys): string => line(keys.at(-1) as AnyValues);
  const inside: Scope<readonly string[]> = {
    mode: positive,
    get: (configuration, keys) => linesOf(configuration, keys).get(textOf(keys)),
    put: (configuration, keys, lines) =>
      scope.put(
        configuration,
        keys.slice(0, -1),
        withEntry(linesOf(configuration, keys), textOf(keys), lines),
      ),
    fresh: () => [],
  };
  const block = setting(inside)({
    path: [blockLine(depthOf(scope.mode))],
    help: 'A line inside the block, kept as it is.',
    get: (lines) => lines.map((text) => ({ line: text })),
    set: (lines, values) => [...lines, values.line],
  });
  return [positive, block, negative];
}

/** What there is to say about kept lines; a thing that holds for several of them is said of the first. */
export function keptFindings(
  commands: readonly KeptCommand[],
  lines: KeptLines,
  outer: readonly string[],
): readonly Finding[] {
  const findings = new Map<string, Finding>();
  for (const [line, inside] of lines) {
    const plain = line.startsWith('no ') ? line.slice(3) : line;
    const command = commands.find((c) => c.judge && begins(plain, c.words));
    const verdict = command?.judge?.(line, inside);
    if (verdict && !findings.has(verdict.reason))
      findings.set(verdict.reason, { ...verdict, at: [...outer, keptText(line, 'person')] });
  }
  return [...findings.values()];
}
