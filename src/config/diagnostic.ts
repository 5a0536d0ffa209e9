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
  (/passw|passphrase|psk|secret|key|community/i.test(word) || resemblesSecretWord(word));

const resemblesSecretWord = (word: string): boolean =>
  SECRET_WORDS.some(
    (s) => Math.abs(word.length - s.length) <= 2 && editDistance(word.toLowerCase(), s) <= 2,
  );

/** Beginnings of lines that have a secret behind them without a word that says so. */
const BEFORE_SECRETS: readonly RegExp[] = [
  /^(no +)?snmp-server +user .*? (auth|priv)(?= )/i,
  /(^| )(auth|priv) +(md5|sha\S*|3?des|aes\S*)(?= )/i,
  // Of several algorithms the next one is no secret.
  /(^| )md5(?= +(?! |(md5|sha\S*|3?des|aes\S*|null|group|lifetime)( |$)))/i,
  /^(no +)?(standby|vrrp|glbp) .*?authentication(?= )/i,
  /^(no +)?aaa-server +\S+ +\(\S+\) +host +\S+(?= +(?! |timeout ))/i,
  /^(no +)?logging +ftp-server( +\S+){3}(?= )/i,
  // IOS has the community behind the address, an ASA the name of an interface before it.
  /^(no +)?snmp-server +host +(\d+\.[\d.]+|\S*:\S*)(?= )/i,
];

/** An address on the web without the password of its user. */
function withoutUserPassword(url: string): string {
  const colon = url.indexOf(':', url.indexOf('://') + 3);
  const end = url.lastIndexOf('@');
  return url.includes('://') && colon >= 0 && colon < end
    ? `${url.slice(0, colon + 1)}${hiddenText}${url.slice(end)}`
    : url;
}

/**
 * A line as it may be quoted. What follows a word that resembles `password` or `key` is hidden, since
 * a line that is not understood may hold a secret anyway, and so is what stands where some commands
 * have one.
 */
export function withoutSecrets(text: string): string {
  const trimmed = text.trim();
  const word = splitLine(trimmed).words.find((w) => looksSecret(w.text));
  const ends = BEFORE_SECRETS.flatMap((place) => {
    const found = place.exec(trimmed);
    return found ? [found.index + found[0].length] : [];
  });
  const end = Math.min(word ? word.column + word.text.length : trimmed.length, ...ends);
  const shown = trimmed.slice(0, end).replaceAll(/\S+/g, withoutUserPassword);
  return trimmed.length > end ? `${shown} ${hiddenText}` : shown;
}
