import type { AnyValues, Line, Token, Word } from './path.ts';
import { mayEnd, type Spelling, type Step, wasThere } from './spelling.ts';

/** What the words of a line mean. `at` is the number of the word that does not fit. */
export type Match<C> =
  | { readonly kind: 'matched'; readonly spelling: Spelling<C>; readonly values: AnyValues }
  | { readonly kind: 'incomplete'; readonly reason: string }
  | { readonly kind: 'ambiguous'; readonly at: number; readonly candidates: readonly string[] }
  | { readonly kind: 'invalid'; readonly at: number; readonly reason: string | undefined };

/** Where one spelling stands after some words. */
type Thread<C> = {
  readonly spelling: Spelling<C>;
  readonly position: number;
  readonly values: AnyValues;
};

/**
 * How well a word fits a step. A keyword written out wins over a number or an address, that over an
 * abbreviation, and that over a token that takes any word.
 */
const FIT = { free: 1, abbreviation: 2, typed: 3, exact: 4 } as const;
type Fit = (typeof FIT)[keyof typeof FIT];

type Candidate<C> = {
  readonly thread: Thread<C>;
  readonly fit: Fit;
  readonly words: number;
  /** What is missing when the line ended inside the token. */
  readonly missing?: string;
  /** The words this may abbreviate. */
  readonly means: readonly string[];
};

type Progress<C> =
  | {
      readonly kind: 'alive';
      readonly threads: readonly Thread<C>[];
      /** Threads whose token wants more words than there are, and what it misses. */
      readonly open: readonly (Thread<C> & { readonly reason: string })[];
    }
  | Exclude<Match<C>, { kind: 'matched' }>;

/** Splits a line at its blanks. */
export function splitLine(text: string): Line {
  const words: Word[] = [];
  for (const match of text.matchAll(/\S+/g)) words.push({ text: match[0], column: match.index });
  return { text, words };
}

/** The command that the line means, or why it means none. */
export function matchLine<C>(spellings: readonly Spelling<C>[], line: Line): Match<C> {
  const progress = advance(spellings, line);
  if (progress.kind !== 'alive') return progress;
  for (const thread of progress.threads)
    if (mayEnd(thread.spelling, thread.position))
      return { kind: 'matched', spelling: thread.spelling, values: thread.values };
  return { kind: 'incomplete', reason: progress.open[0]?.reason ?? 'the command goes on' };
}

/** What may follow the words of a line. */
export type Continuation = { readonly steps: readonly Step[]; readonly mayEnd: boolean };

/** What may follow the words of a line; a failure when the words themselves do not fit. */
export function continuationsOf<C>(
  spellings: readonly Spelling<C>[],
  line: Line,
): Continuation | Exclude<Match<C>, { kind: 'matched' }> {
  const progress = advance(spellings, line);
  if (progress.kind !== 'alive') return progress;
  const steps: Step[] = [];
  for (const { spelling, position, values } of progress.threads)
    for (const at of spelling.reach[position] as readonly number[]) {
      if (wasThere(spelling, at, values)) continue;
      const step = spelling.steps[at];
      if (step) steps.push(step);
    }
  for (const { spelling, position } of progress.open) steps.push(spelling.steps[position] as Step);
  return { steps, mayEnd: progress.threads.some((t) => mayEnd(t.spelling, t.position)) };
}

/** Reads every word of the line with all spellings side by side. */
function advance<C>(spellings: readonly Spelling<C>[], line: Line): Progress<C> {
  const count = line.words.length;
  const frontier: Thread<C>[][] = Array.from({ length: count + 1 }, () => []);
  frontier[0] = spellings.map((spelling) => ({ spelling, position: 0, values: spelling.blank }));
  const open: (Thread<C> & { readonly reason: string })[] = [];
  let failure: { at: number; reason: string | undefined } | undefined;
  for (let at = 0; at < count; at += 1) {
    const threads = frontier[at] as Thread<C>[];
    if (threads.length === 0) continue;
    const { best, reason } = bestCandidates(threads, line, at);
    if (best.length === 0) failure = { at, reason };
    const meant = new Set(best.flatMap((c) => c.means));
    if (meant.size > 1) return { kind: 'ambiguous', at, candidates: [...meant].sort() };
    for (const candidate of best) {
      if (candidate.missing !== undefined)
        open.push({ ...candidate.thread, reason: candidate.missing });
      else frontier[at + candidate.words]?.push(candidate.thread);
    }
  }
  const threads = frontier[count] as Thread<C>[];
  if (threads.length > 0 || open.length > 0) return { kind: 'alive', threads, open };
  return failure ? { kind: 'invalid', ...failure } : { kind: 'invalid', at: 0, reason: undefined };
}

/** The candidates of the best fit at one word, and why tokens there refused it. */
function bestCandidates<C>(threads: readonly Thread<C>[], line: Line, at: number) {
  let best: Candidate<C>[] = [];
  let reason: string | undefined;
  for (const thread of threads)
    for (const position of thread.spelling.reach[thread.position] as readonly number[]) {
      const step = thread.spelling.steps[position];
      if (!step || wasThere(thread.spelling, position, thread.values)) continue;
      const candidate = tryStep(thread, position, step, line, at);
      if ('refused' in candidate) {
        reason ??= candidate.refused;
        continue;
      }
      const lead = best[0]?.fit ?? 0;
      if (candidate.fit > lead) best = [candidate];
      else if (candidate.fit === lead) best.push(candidate);
    }
  return { best, reason };
}

function tryStep<C>(
  thread: Thread<C>,
  position: number,
  step: Step,
  line: Line,
  at: number,
): Candidate<C> | { readonly refused: string | undefined } {
  if (step.kind === 'token') return tryToken(thread, position, step.token, line, at);
  const text = (line.words[at] as Word).text.toLowerCase();
  const keyword = (step.kind === 'flag' ? step.flag.word : step.text).toLowerCase();
  const exact = keyword === text;
  const whole = step.kind === 'keyword' && step.whole;
  if (!exact && (whole || !keyword.startsWith(text))) return { refused: undefined };
  const values =
    step.kind === 'flag' ? { ...thread.values, [step.flag.name]: true } : thread.values;
  return {
    thread: { spelling: thread.spelling, position: position + 1, values },
    fit: exact ? FIT.exact : FIT.abbreviation,
    words: 1,
    means: exact ? [] : [keyword],
  };
}

function tryToken<C>(
  thread: Thread<C>,
  position: number,
  token: Token,
  line: Line,
  at: number,
): Candidate<C> | { readonly refused: string } {
  const reading = token.read(line, at);
  const text = (line.words[at] as Word).text.toLowerCase();
  const choices = token.choices ? Object.keys(token.choices).map((c) => c.toLowerCase()) : [];
  const exact = choices.includes(text);
  const abbreviated = exact ? [] : choices.filter((c) => c.startsWith(text));
  const fit = exact
    ? FIT.exact
    : abbreviated.length > 0
      ? FIT.abbreviation
      : token.free
        ? FIT.free
        : FIT.typed;
  if (!reading.ok) {
    if (reading.error.kind === 'incomplete')
      return {
        thread: { ...thread, position },
        fit,
        words: 0,
        missing: reading.error.reason,
        means: abbreviated,
      };
    // Several choices begin with the word: not wrong, but ambiguous.
    if (abbreviated.length > 1) return { thread, fit, words: 1, means: abbreviated };
    return { refused: reading.error.reason };
  }
  const values = { ...thread.values, [token.name]: reading.value.value };
  return {
    thread: { spelling: thread.spelling, position: position + 1, values },
    fit,
    words: reading.value.words,
    means: abbreviated,
  };
}
