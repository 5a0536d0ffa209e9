import { hiddenText } from '#base/secret';
import { type Configuration, emptyConfiguration } from './configuration.ts';
import { type Diagnostic, withoutSecrets } from './diagnostic.ts';
import type { Dialect } from './dialect.ts';
import { type Edit, type Entered, edit, headersOf, knowsFirstWord } from './editor.ts';
import type { Grammar } from './grammar.ts';
import { splitLine } from './match.ts';
import { substituteNames } from './named-addresses.ts';
import { modeThatKnows, nearestCommand } from './nearest.ts';
import type { Line } from './path.ts';
import type { Finding } from './room.ts';
import { dialectOfPix, withDialect } from './system.ts';
import { unknownLinesIn, withUnknownLine } from './unknown-lines.ts';

/** A configuration read from a text, with everything there is to say about its lines. */
export type Parsed = {
  readonly configuration: Configuration;
  readonly dialect: Dialect;
  /** In the order of the lines. */
  readonly diagnostics: readonly Diagnostic[];
};

/** Beyond this many bad lines no nearest command is looked for: the text is not a configuration. */
const SUGGESTIONS_MAX = 50;

export type ParseOptions = {
  /** In place of the one that the version line tells. */
  readonly dialect?: Dialect | undefined;
  readonly base?: Configuration;
  /** Keeps lines that are not understood, without effect and with a warning, instead of refusing them. */
  readonly keepUnknown?: boolean;
};

/** Where a mode was entered, so that indentation can tell when it is left. */
type Block = Entered & { readonly indent: number; deeper: boolean };

/** A line that was not understood, the modes it is kept in, and what stands inside it. */
type Skipped = {
  readonly indent: number;
  readonly index: number;
  readonly keptIn: readonly string[] | undefined;
  lines: number;
};

/** The dialect that a listing's version line tells. */
export function dialectOfListing(text: string): Dialect | undefined {
  const [, product, number] = /^\s*(?:(ASA|PIX) Version|version) (\d+)/im.exec(text) ?? [];
  if (number === undefined) return undefined;
  if (product === undefined) return 'ios';
  return product.toLowerCase() === 'pix' ? dialectOfPix(number) : 'asa';
}

/**
 * Reads a whole listing into a candidate. A line that is not understood is reported and left out, and
 * does not hide what follows it; the candidate is then verified, findings included in the diagnostics.
 */
export function parseListing(grammar: Grammar, text: string, options: ParseOptions = {}): Parsed {
  const dialect = options.dialect ?? dialectOfListing(text) ?? 'asa';
  const reader = new ListingReader(grammar, dialect, options);
  for (const [index, line] of text.split(/\r?\n/).entries()) reader.read(line, index + 1);
  return reader.finish();
}

class ListingReader {
  readonly #grammar: Grammar;
  readonly #dialect: Dialect;
  #configuration: Configuration;
  #blocks: Block[] = [];
  readonly #diagnostics: Diagnostic[] = [];
  /** The number of the line that last wrote each line of the listing, by its text and by its stem. */
  readonly #written = new Map<string, number>();
  /** A line that was not understood, whose block is passed over with it. */
  #skipped: Skipped | undefined;
  readonly #keepUnknown: boolean;
  #bad = 0;

  constructor(grammar: Grammar, dialect: Dialect, options: ParseOptions) {
    this.#grammar = grammar;
    this.#dialect = dialect;
    this.#configuration = options.base ?? emptyConfiguration;
    this.#keepUnknown = options.keepUnknown ?? false;
  }

  read(text: string, number: number): void {
    const line = splitLine(text.replaceAll('\t', ' ').trimEnd());
    const first = line.words[0];
    if (!first || isFrame(line.text)) return;
    const indent = first.column;
    if (this.#skipped && indent > this.#skipped.indent) {
      this.#skip(this.#skipped, line);
      return;
    }
    this.#endSkip();
    this.#leaveBlocks(indent);
    const inner = this.#blocks.at(-1);
    if (inner?.mode.indentedOnly && indent > inner.indent) this.#edit(line, indent, number);
    else if (/^(exit|quit)$/.test(line.text.trim())) this.#blocks.pop();
    else if (/^end$/.test(line.text.trim())) this.#blocks = [];
    else this.#edit(line, indent, number);
  }

  finish(): Parsed {
    this.#endSkip();
    // The option that told the dialect is not saved with the listing.
    this.#configuration = withDialect(this.#configuration, this.#dialect);
    const findings = this.#grammar.verify(this.#configuration).map((f) => this.#locate(f));
    return {
      configuration: this.#configuration,
      dialect: this.#dialect,
      diagnostics: [...this.#diagnostics, ...findings].sort(
        (a, b) => (a.line ?? Number.POSITIVE_INFINITY) - (b.line ?? Number.POSITIVE_INFINITY),
      ),
    };
  }

  /** A line as far out as the line that entered a block ends it, once the block has shown its indentation. */
  #leaveBlocks(indent: number): void {
    const last = this.#blocks.at(-1);
    if (last && indent > last.indent) last.deeper = true;
    const left = this.#blocks.findIndex((b) => b.deeper && indent <= b.indent);
    if (left >= 0) this.#blocks.length = left;
  }

  #edit(line: Line, indent: number, number: number): void {
    const from = { configuration: this.#configuration, modes: this.#open(indent) };
    const result = this.#understand(from, line);
    if (result.kind !== 'done') {
      this.#notUnderstood(line, indent, number, result);
      return;
    }
    this.#configuration = result.position.configuration;
    const { modes } = result.position;
    this.#blocks = modes.map(
      (entered, depth) =>
        (this.#blocks[depth]?.mode === entered.mode && this.#blocks[depth].values === entered.values
          ? this.#blocks[depth]
          : { ...entered, indent, deeper: false }) as Block,
    );
    const outer = result.at.slice(0, -1);
    this.#written.set([...outer, result.stem].join('\n'), number);
    for (const at of [result.at, ...result.writes]) this.#written.set(at.join('\n'), number);
    if (result.noEffect && !inside(from.modes))
      this.#diagnostics.push({
        line: number,
        severity: 'info',
        text: withoutSecrets(line.text),
        reason: 'accepted and kept, without effect here',
        about: { kind: 'kept', command: commandOf(line) },
      });
  }

  /** Reads a line; where that fails, with the addresses that a `name` command gave names to. */
  #understand(from: { configuration: Configuration; modes: readonly Entered[] }, line: Line): Edit {
    const result = edit(this.#grammar, this.#dialect, from, line);
    if (result.kind === 'done') return result;
    const plain = substituteNames(this.#configuration, line);
    const again = plain && edit(this.#grammar, this.#dialect, from, plain);
    return again?.kind === 'done' ? again : result;
  }

  #notUnderstood(
    line: Line,
    indent: number,
    number: number,
    failure: Exclude<Edit, { kind: 'done' }>,
  ): void {
    const kept = this.#keepUnknown && !this.#isValue(line, failure);
    const keptIn = kept ? headersOf(this.#blocks.filter((b) => indent > b.indent)) : undefined;
    this.#skipped = { indent, index: this.#diagnostics.length, keptIn, lines: 0 };
    const explained = this.#explain(line, number, failure);
    if (!keptIn) {
      this.#diagnostics.push(explained);
      return;
    }
    const text = line.text.trim();
    this.#configuration = withUnknownLine(this.#configuration, keptIn, { text, inside: [] });
    this.#diagnostics.push({ ...explained, severity: 'warning', remedy: undefined });
  }

  /** Whether a command is understood, and one of its values is wrong. */
  #isValue(line: Line, failure: Exclude<Edit, { kind: 'done' }>): boolean {
    if (failure.kind === 'refused') return true;
    if (failure.kind !== 'invalid' || failure.reason === undefined) return false;
    const modes = [undefined, ...this.#blocks.map((b) => b.mode)];
    return modes.some((mode) => knowsFirstWord(this.#grammar.spellings(mode, this.#dialect), line));
  }

  /** A line inside one that was not understood shares its fate. */
  #skip(skipped: Skipped, line: Line): void {
    skipped.lines += 1;
    if (!skipped.keptIn) return;
    const known = unknownLinesIn(this.#configuration, skipped.keptIn).at(-1);
    if (!known) return;
    const inside = [...known.inside, line.text.slice(skipped.indent + 1).trimEnd()];
    this.#configuration = withUnknownLine(this.#configuration, skipped.keptIn, {
      ...known,
      inside,
    });
  }

  /** The modes that a line of this indentation may belong to. */
  #open(indent: number): readonly Entered[] {
    const closed = this.#blocks.findIndex((b) => b.mode.indentedOnly && indent <= b.indent);
    return closed < 0 ? this.#blocks : this.#blocks.slice(0, closed);
  }

  #endSkip(): void {
    if (this.#skipped && this.#skipped.lines > 0) {
      const { index, lines } = this.#skipped;
      const diagnostic = this.#diagnostics[index] as Diagnostic;
      const inside = lines === 1 ? 'the line' : `the ${lines} lines`;
      const verb = lines === 1 ? 'is' : 'are';
      const reason =
        diagnostic.reason === NOT_UNDERSTOOD
          ? `${diagnostic.reason}, and neither ${verb} ${inside} inside it`
          : `${diagnostic.reason}; ${inside} inside it ${verb} not read either`;
      this.#diagnostics[index] = { ...diagnostic, reason, linesInside: lines };
    }
    this.#skipped = undefined;
  }

  #explain(line: Line, number: number, failure: Exclude<Edit, { kind: 'done' }>): Diagnostic {
    this.#bad += 1;
    const shown = { line: number, severity: 'error', text: withoutSecrets(line.text) } as const;
    if (failure.kind === 'refused') return { ...shown, reason: failure.reason };
    const base = this.#isValue(line, failure)
      ? shown
      : { ...shown, about: { kind: 'unknown', command: commandOf(line) } as const };
    if (failure.kind === 'incomplete') return { ...base, reason: `incomplete: ${failure.reason}` };
    if (failure.kind === 'ambiguous')
      return { ...base, reason: `ambiguous: ${failure.candidates.join(' or ')}` };
    if (failure.reason && this.#isValue(line, failure))
      return { ...base, reason: quotedSafely(failure.reason, line.text) };
    return { ...base, reason: NOT_UNDERSTOOD, remedy: this.#suggest(line) };
  }

  #suggest(line: Line): string | undefined {
    if (this.#bad > SUGGESTIONS_MAX) return undefined;
    const modes = [...this.#blocks.map((b) => b.mode).reverse(), undefined];
    const elsewhere = modeThatKnows(this.#grammar, this.#dialect, line);
    if (elsewhere) return `it belongs after "${elsewhere}"`;
    const nearest = nearestCommand(this.#grammar, this.#dialect, modes, line);
    const typed = line.words.map((w) => w.text.toLowerCase()).join(' ');
    // The words that stand there already are no help.
    if (nearest === undefined || `${typed} `.startsWith(`${nearest.toLowerCase()} `))
      return undefined;
    return `did you mean "${nearest}"?`;
  }

  /** Finds the line that a finding is about: the one that wrote it, or the one that entered its mode. */
  #locate(finding: Finding): Diagnostic {
    let line: number | undefined;
    for (let depth = finding.at.length; depth > 0 && line === undefined; depth -= 1)
      line = this.#lineOf(finding.at.slice(0, depth - 1), finding.at[depth - 1] as string);
    return {
      line,
      severity: finding.severity,
      text: finding.at.at(-1) ?? '',
      reason: finding.reason,
      remedy: finding.remedy,
    };
  }

  /** The number of the line that wrote this one, whose last words may have been written otherwise. */
  #lineOf(outer: readonly string[], text: string): number | undefined {
    const words = text.split(' ');
    for (let count = words.length; count > 0; count -= 1) {
      const number = this.#written.get([...outer, words.slice(0, count).join(' ')].join('\n'));
      if (number !== undefined) return number;
    }
    return undefined;
  }
}

const NOT_UNDERSTOOD = 'not understood';

/** Whether a mode is open whose lines are kept as they are: they say nothing beyond their first one. */
const inside = (modes: readonly Entered[]): boolean => modes.some(({ mode }) => mode.noEffect);

/** First words that say little without a second. */
const BROAD = new Set(['crypto', 'ip', 'ipv6', 'isakmp']);

/** The words that a line is a command by: the first, and a second one where that says little. */
function commandOf(line: Line): string {
  const [first = '', second = ''] = line.words.map((w) => w.text);
  if (first === 'no') return commandOf({ ...line, words: line.words.slice(1) });
  return BROAD.has(first) ? `${first} ${second}` : first;
}

/** A reason may quote a word of the line; of a line with a secret it must not. */
const quotedSafely = (reason: string, line: string): string =>
  withoutSecrets(line) === line.trim() ? reason : reason.replaceAll(/"[^"]*"/g, `"${hiddenText}"`);

/** Lines around a listing that are not commands: comments, checksum, the prompt it was printed after. */
function isFrame(text: string): boolean {
  return (
    /^\s*[!:]/.test(text) ||
    /^(\[OK\]|\.\.\.|<--- More --->|Cryptochecksum:.*|Building configuration\.\.\.|Current configuration ?:.*)$/i.test(
      text.trim(),
    ) ||
    /^\S+[>#]( ?(write terminal|show (run|running-config|config)))?$/.test(text.trim())
  );
}
