import { hiddenText } from '#base/secret';
import { type Configuration, emptyConfiguration } from './configuration.ts';
import { type Diagnostic, withoutSecrets } from './diagnostic.ts';
import type { Dialect } from './dialect.ts';
import { type Edit, type Entered, edit } from './editor.ts';
import type { Grammar } from './grammar.ts';
import { splitLine } from './match.ts';
import { modeThatKnows, nearestCommand } from './nearest.ts';
import type { Line } from './path.ts';
import type { Finding } from './room.ts';

/** A configuration read from a text, with everything there is to say about its lines. */
export type Parsed = {
  readonly configuration: Configuration;
  readonly dialect: Dialect;
  /** In the order of the lines. */
  readonly diagnostics: readonly Diagnostic[];
};

/** Beyond this many bad lines no nearest command is looked for: the text is not a configuration. */
const SUGGESTIONS_MAX = 50;

/** Where a mode was entered, so that indentation can tell when it is left. */
type Block = Entered & { readonly indent: number; deeper: boolean };

/** The dialect that a listing's version line tells. */
export function dialectOfListing(text: string): Dialect | undefined {
  const found = /^\s*(?:(ASA|PIX) Version|version) \d/im.exec(text);
  if (!found) return undefined;
  return found[1] ? (found[1].toLowerCase() as 'asa' | 'pix') : 'ios';
}

/**
 * Reads a whole listing into a candidate. A line that is not understood is reported and left out, and
 * does not hide what follows it; the candidate is then verified, findings included in the diagnostics.
 */
export function parseListing(
  grammar: Grammar,
  text: string,
  options: { readonly dialect?: Dialect | undefined; readonly base?: Configuration } = {},
): Parsed {
  const dialect = options.dialect ?? dialectOfListing(text) ?? 'asa';
  const reader = new ListingReader(grammar, dialect, options.base ?? emptyConfiguration);
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
  #skipped: { readonly indent: number; readonly index: number; lines: number } | undefined;
  #bad = 0;

  constructor(grammar: Grammar, dialect: Dialect, base: Configuration) {
    this.#grammar = grammar;
    this.#dialect = dialect;
    this.#configuration = base;
  }

  read(text: string, number: number): void {
    const line = splitLine(text.replaceAll('\t', ' ').trimEnd());
    const first = line.words[0];
    if (!first || isFrame(line.text)) return;
    const indent = first.column;
    if (this.#skipped && indent > this.#skipped.indent) {
      this.#skipped.lines += 1;
      return;
    }
    this.#endSkip();
    this.#leaveBlocks(indent);
    if (/^(exit|quit)$/.test(line.text.trim())) this.#blocks.pop();
    else if (/^end$/.test(line.text.trim())) this.#blocks = [];
    else this.#edit(line, indent, number);
  }

  finish(): Parsed {
    this.#endSkip();
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
    const result = edit(this.#grammar, this.#dialect, from, line);
    if (result.kind !== 'done') {
      this.#skipped = { indent, index: this.#diagnostics.length, lines: 0 };
      this.#diagnostics.push(this.#explain(line, number, result));
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
    this.#written.set(result.at.join('\n'), number);
    if (result.noEffect)
      this.#diagnostics.push({
        line: number,
        severity: 'info',
        text: withoutSecrets(line.text),
        reason: 'accepted and kept, without effect here',
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
      const inside = lines === 1 ? 'is the line' : `are the ${lines} lines`;
      this.#diagnostics[index] = {
        ...diagnostic,
        reason: `${diagnostic.reason}, and neither ${inside} inside it`,
      };
    }
    this.#skipped = undefined;
  }

  #explain(line: Line, number: number, failure: Exclude<Edit, { kind: 'done' }>): Diagnostic {
    this.#bad += 1;
    const base = { line: number, severity: 'error', text: withoutSecrets(line.text) } as const;
    if (failure.kind === 'refused') return { ...base, reason: failure.reason };
    if (failure.kind === 'incomplete') return { ...base, reason: `incomplete: ${failure.reason}` };
    if (failure.kind === 'ambiguous')
      return { ...base, reason: `ambiguous: ${failure.candidates.join(' or ')}` };
    if (failure.reason) return { ...base, reason: quotedSafely(failure.reason, line.text) };
    return { ...base, reason: 'not understood', remedy: this.#suggest(line) };
  }

  #suggest(line: Line): string | undefined {
    if (this.#bad > SUGGESTIONS_MAX) return undefined;
    const modes = [...this.#blocks.map((b) => b.mode).reverse(), undefined];
    const elsewhere = modeThatKnows(this.#grammar, this.#dialect, line);
    if (elsewhere) return `it belongs after "${elsewhere}"`;
    const nearest = nearestCommand(this.#grammar, this.#dialect, modes, line);
    return nearest && `did you mean "${nearest}"?`;
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

/** A reason may quote a word of the line; of a line with a secret it must not. */
const quotedSafely = (reason: string, line: string): string =>
  withoutSecrets(line) === line.trim() ? reason : reason.replaceAll(/"[^"]*"/g, `"${hiddenText}"`);

/** Lines around a listing that are not commands: comments, checksum, the prompt it was printed after. */
function isFrame(text: string): boolean {
  return (
    /^\s*[!:]/.test(text) ||
    /^(\[OK\]|\.\.\.|Cryptochecksum:.*|Building configuration\.\.\.|Current configuration ?:.*)$/i.test(
      text.trim(),
    ) ||
    /^\S+[>#]( ?(write terminal|show (run|running-config|config)))?$/.test(text.trim())
  );
}
