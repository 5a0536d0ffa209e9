import { hiddenText } from '#base/secret';
import { oneLine } from '#events/event';
import { splitLine } from './match.ts';
import { editDistance } from './nearest.ts';
import type { FindingSeverity } from './room.ts';

/** What there is to say about one line of a configuration text. */
export type Diagnostic = {
  /** Counted from 1; undefined when it concerns no single line. */
  readonly line: number | undefined;
  readonly severity: FindingSeverity;
  /** The line, without its secrets. */
  readonly text: string;
  readonly reason: string;
  /** What to do about it; a command where there is one. */
  readonly remedy?: string | undefined;
  /** Of a line without effect, or one that is not understood: the command that it begins with. */
  readonly about?: { readonly kind: 'kept' | 'unknown'; readonly command: string } | undefined;
  /** The number of lines inside a line that is not understood, which goes with it. */
  readonly linesInside?: number | undefined;
};

/** One line for people: `conc.cfg:12: "crypto isakmp polcy 10": not understood; did you mean …`. */
export function formatDiagnostic(file: string, diagnostic: Diagnostic): string {
  const { line, severity, text, reason, remedy } = diagnostic;
  const place = line === undefined ? file : `${file}:${line}`;
  const level = severity === 'error' ? '' : `${severity}: `;
  // A damaged file must not send commands to the terminal of whoever reads what is wrong with it.
  const quoted = oneLine(text);
  return `${place}: ${level}"${quoted}": ${oneLine(reason)}${remedy ? `; ${oneLine(remedy)}` : ''}`;
}

const SECRET_WORDS = ['password', 'passwd', 'secret', 'pre-shared-key', 'community'];

/** Keywords that resemble a secret's, and have none behind them. */
const HARMLESS_WORDS =
  /^(key-exchange|key-id|keypair|key-size|password-(storage|management|encryption|policy|prompt))$/i;

const looksSecret = (word: string): boolean =>
  !HARMLESS_WORDS.test(word) &&
  (/passw|secret|key|community/i.test(word) || resemblesSecretWord(word));

const resemblesSecretWord = (word: string): boolean =>
  SECRET_WORDS.some(
    (s) => Math.abs(word.length - s.length) <= 2 && editDistance(word.toLowerCase(), s) <= 2,
  );

/**
 * A line as it may be quoted. What follows a word that resembles `password` or `key` is hidden, since
 * a line that is not understood may hold a secret anyway.
 */
export function withoutSecrets(text: string): string {
  const trimmed = text.trim();
  const word = splitLine(trimmed).words.find((w) => looksSecret(w.text));
  if (!word) return trimmed;
  const end = word.column + word.text.length;
  return trimmed.length > end ? `${trimmed.slice(0, end)} ${hiddenText}` : trimmed;
}
