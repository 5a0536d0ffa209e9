import { type AnyValues, type Flag, type Path, type Token, tokensOf } from './path.ts';

/** One place of a spelling: a keyword, a flag's keyword, or a token. */
export type Step =
  | {
      readonly kind: 'keyword';
      readonly text: string;
      readonly help: string | undefined;
      /** Whether it must be written out. */
      readonly whole: boolean;
    }
  | { readonly kind: 'flag'; readonly flag: Flag }
  | { readonly kind: 'token'; readonly token: Token };

/** A path laid out flat, so that a position in it is one number. */
export type Spelling<C> = {
  readonly command: C;
  readonly negated: boolean;
  readonly steps: readonly Step[];
  /** Positions that can be reached from each position without reading a word, itself included. */
  readonly reach: readonly (readonly number[])[];
  /** The values before any word is read: every flag is off. */
  readonly blank: AnyValues;
  /** The line may end at this position and every later one that is reached. */
  readonly stopFrom: number;
  /** Where parts begin that may come in any order, with the value that tells whether one was there. */
  readonly once: ReadonlyMap<number, string>;
};

/** What a spelling is made from. */
export type Spelled = {
  readonly path: Path;
  readonly words?: Readonly<Record<string, string>>;
};

/** Lays a path out. */
export function spell<C>(
  command: C,
  { path, words }: Spelled,
  options: {
    readonly negated?: boolean;
    readonly key?: readonly string[];
    readonly whole?: boolean | undefined;
    readonly anyOrder?: boolean | undefined;
  } = {},
): Spelling<C> {
  const steps: Step[] = [];
  const skips = new Map<number, number>();
  const whole = options.whole ?? false;
  const keyword = (text: string): void => {
    for (const part of text.split(' '))
      steps.push({
        kind: 'keyword',
        text: part,
        help: part === 'no' ? 'Undo a command' : words?.[part],
        whole,
      });
  };
  const lay = (part: Path): void => {
    for (const item of part) {
      const start = steps.length;
      if (typeof item === 'string') keyword(item);
      else if (item.kind === 'token') steps.push({ kind: 'token', token: item });
      else if (item.kind === 'flag') steps.push({ kind: 'flag', flag: item });
      else lay(item.path);
      if (typeof item !== 'string' && item.kind !== 'token') skips.set(start, steps.length);
    }
  };
  const negated = options.negated ?? false;
  if (negated) keyword('no');
  lay(path);
  const reach = Array.from({ length: steps.length + 1 }, (_, from) => {
    const positions = [from];
    for (let at = skips.get(from); at !== undefined; at = skips.get(at)) positions.push(at);
    return positions;
  });
  const blank = Object.fromEntries(
    steps.flatMap((step) => (step.kind === 'flag' ? [[step.flag.name, false]] : [])),
  );
  const stopFrom = negated ? negatedStop(steps, options.key ?? []) : steps.length;
  const spelling = { command, negated, steps, reach, blank, stopFrom, once: new Map() };
  return options.anyOrder ? inAnyOrder(spelling, skips, path) : spelling;
}

/** Lets the optional parts at the end of a path follow each other in any order, each of them once. */
function inAnyOrder<C>(
  spelling: Spelling<C>,
  skips: ReadonlyMap<number, number>,
  path: Path,
): Spelling<C> {
  const once = new Map<number, string>();
  const end = spelling.steps.length;
  let start = end;
  for (const item of [...path].reverse()) {
    if (typeof item === 'string' || item.kind === 'token') break;
    const behind = start;
    start = Math.min(behind, ...[...skips].filter(([, to]) => to === behind).map(([at]) => at));
    const name = item.kind === 'flag' ? item.name : tokensOf(item.path)[0]?.name;
    if (name !== undefined) once.set(start, name);
  }
  const everywhere = [...once.keys(), end];
  const reach = spelling.reach.map((positions, at) =>
    everywhere.includes(at) ? everywhere : positions,
  );
  return { ...spelling, once, reach };
}

/** Whether a part that comes in any order was there already. */
export const wasThere = (
  spelling: Spelling<unknown>,
  position: number,
  values: AnyValues,
): boolean => {
  const name = spelling.once.get(position);
  return name !== undefined && values[name] !== undefined && values[name] !== false;
};

/** A `no` line may end after the last token that tells which entry it means, or before the first token. */
function negatedStop(steps: readonly Step[], key: readonly string[]): number {
  const isKey = (s: Step) => s.kind === 'token' && key.includes(s.token.name);
  const lastKey = steps.findLastIndex(isKey);
  if (lastKey >= 0) return lastKey + 1;
  const firstToken = steps.findIndex((s) => s.kind !== 'keyword');
  return firstToken < 0 ? steps.length : firstToken;
}

/** Whether a line may end at this position. */
export const mayEnd = (spelling: Spelling<unknown>, position: number): boolean =>
  position >= spelling.stopFrom ||
  (spelling.reach[position] as readonly number[]).some((p) => p >= spelling.stopFrom);

/** The keywords before the first token: the name of the command. */
export function leadingWords(spelling: Spelling<unknown>): readonly string[] {
  const words: string[] = [];
  for (const step of spelling.steps) {
    if (step.kind !== 'keyword') break;
    words.push(step.text);
  }
  return words;
}
