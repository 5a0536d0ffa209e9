import type { AnyValues, Flag, Path, Token } from './path.ts';

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
    readonly whole?: boolean;
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
  return { command, negated, steps, reach, blank, stopFrom };
}

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
