import { judge } from './commit.ts';
import {
  type Completion,
  type Continuation,
  completeLine,
  continueLine,
  helpText,
} from './complete.ts';
import {
  type ConfigurationOwner,
  type Console,
  type ConsoleRequest,
  consoleCommands,
} from './console-commands.ts';
import type { Dialect } from './dialect.ts';
import { type Edit, type Entered, edit, progressOf } from './editor.ts';
import type { ExecDeclaration, Outcome } from './exec.ts';
import { type Grammar, inDialect } from './grammar.ts';
import { type Match, matchLine, splitLine } from './match.ts';
import type { AnyValues, Line } from './path.ts';
import { continuePipe, splitPipe, throughFilter } from './pipe.ts';
import type { Finding } from './room.ts';
import { type Spelling, spell } from './spelling.ts';
import { dialectOf, systemSlice } from './system.ts';

/** An exec command bound to what it reads. */
type Bound<R> = {
  readonly dialects?: readonly Dialect[];
  readonly run: (values: AnyValues) => Outcome<R>;
};

type Failure = Exclude<Match<unknown>, { kind: 'matched' }> | { kind: 'refused'; reason: string };

/** What a command line is made of. */
export type CommandLineParts<Needs, R> = {
  readonly grammar: Grammar;
  readonly commands: readonly ExecDeclaration<Needs, R>[];
  readonly needs: Needs;
  readonly owner: ConfigurationOwner;
};

/**
 * One administrator's command line: the modes that were entered, and nothing else. Terminal, web form
 * and script feed it the same lines. In the configuration mode each line takes effect at once; one
 * that is wrong, or that verification rejects, leaves the running configuration as it was.
 */
export class CommandLine<Needs, R> {
  readonly #parts: CommandLineParts<Needs, R>;
  readonly #exec: readonly Spelling<Bound<R | ConsoleRequest>>[];
  /** Undefined outside the configuration mode. */
  #modes: readonly Entered[] | undefined;

  constructor(parts: CommandLineParts<Needs, R>) {
    this.#parts = parts;
    const console = this.#console();
    this.#exec = [
      ...consoleCommands.flatMap((c) =>
        spellingsOf<R | ConsoleRequest>(c, (v) => c.run(console, v)),
      ),
      ...parts.commands.flatMap((c) =>
        spellingsOf<R | ConsoleRequest>(c, (v) => c.run(parts.needs, v)),
      ),
    ];
  }

  /** `pix501(config)# `, with the space that separates it from what is typed. */
  prompt(): string {
    const { hostname } = systemSlice.of(this.#parts.owner.running());
    const mode = this.#modes && `(${this.#modes.at(-1)?.mode.prompt ?? 'config'})`;
    return `${hostname}${mode ?? ''}# `;
  }

  /** Does what a line says. A `?` at its end asks what may come next. */
  execute(text: string): Outcome<R | ConsoleRequest> {
    const line = splitLine(text.replaceAll('\t', ' '));
    const first = line.words[0];
    if (!first || first.text.startsWith('!')) return { kind: 'text', text: '' };
    if (text.trimEnd().endsWith('?'))
      return { kind: 'text', text: this.help(text.trimEnd().slice(0, -1)) };
    const indent = this.prompt().length;
    const changed = this.#modes && this.#configure(line, this.#modes);
    if (changed && 'outcome' in changed) return changed.outcome;
    const direct = /^\s*do\s/.test(text) && this.#modes ? text.replace(/do/, '  ') : text;
    const { command, filter } = splitPipe(direct);
    const match = matchLine(this.#commands(), splitLine(command));
    if (match.kind === 'matched')
      return throughFilter(match.spelling.command.run(match.values), filter);
    const failure = changed ? furthest(changed.failure, match) : match;
    return { kind: 'error', text: failureText(failure, line, indent) };
  }

  /** What `?` prints after this text. */
  help(text: string): string {
    const found = this.#continue(text);
    if (found && found.hints.length + Number(found.mayEnd) > 0) return helpText(found);
    return '% Unrecognized command';
  }

  /** What Tab makes of this text. */
  complete(text: string): Completion {
    const found = this.#continue(text);
    return found ? completeLine(text, found) : { text, candidates: [] };
  }

  #dialect(): Dialect {
    return dialectOf(this.#parts.owner.running());
  }

  /** The exec commands that the dialect in force knows. */
  #commands(): readonly Spelling<Bound<R | ConsoleRequest>>[] {
    const dialect = this.#dialect();
    return this.#exec.filter(({ command }) => inDialect(command, dialect));
  }

  #console(): Console {
    const leave = (): boolean => {
      if (!this.#modes) return false;
      this.#modes = this.#modes.length === 0 ? undefined : this.#modes.slice(0, -1);
      return true;
    };
    return {
      grammar: this.#parts.grammar,
      owner: this.#parts.owner,
      leave,
      leaveAll: () => {
        this.#modes = undefined;
      },
      configure: () => {
        this.#modes = [];
      },
    };
  }

  /** Takes a line as configuration; a failure when it is none. */
  #configure(
    line: Line,
    modes: readonly Entered[],
  ): { readonly outcome: Outcome<never> } | { readonly failure: Exclude<Edit, { kind: 'done' }> } {
    const { grammar, owner } = this.#parts;
    const running = owner.running();
    const result = edit(grammar, this.#dialect(), { configuration: running, modes }, line);
    if (result.kind !== 'done') return { failure: result };
    const { configuration } = result.position;
    const verdict =
      configuration === running
        ? { accepted: true, findings: [] }
        : judge(grammar, running, configuration);
    if (!verdict.accepted)
      return {
        outcome: {
          kind: 'error',
          text: findingsText(verdict.findings.filter((f) => f.severity === 'error')),
        },
      };
    if (configuration !== running) owner.apply(configuration, result.at);
    // A block whose lines are told by indentation cannot be typed line by line.
    this.#modes = result.position.modes.filter(({ mode }) => !mode.indentedOnly);
    const warnings: readonly Warning[] = [
      ...verdict.findings.filter((f) => f.severity === 'warning'),
      ...(owner.pending?.(running, configuration) ?? []).map(warning),
    ];
    return { outcome: { kind: 'text', text: findingsText(warnings) } };
  }

  /** What may come next, in the innermost mode that understands the words so far. */
  #continue(text: string): Continuation | undefined {
    const running = this.#parts.owner.running();
    const piped = continuePipe(text);
    if (piped && matchLine(this.#commands(), splitLine(piped.command)).kind === 'matched')
      return piped.continuation;
    const modes = this.#modes ? [undefined, ...this.#modes.map((m) => m.mode)].reverse() : [];
    const levels: (readonly Spelling<unknown>[])[] = modes.map((mode) =>
      this.#parts.grammar
        .spellings(mode, this.#dialect())
        .filter(({ command }) => !command.noEffect && !command.filesOnly),
    );
    const commands = this.#commands();
    const [innermost] = levels;
    // Where a line begins, the commands of the mode and those of everywhere stand side by side.
    const beginning =
      innermost && !/\S\s/.test(text.trimStart()) ? [[...innermost, ...commands]] : [];
    for (const level of [...beginning, ...levels, commands]) {
      const found = continueLine(level, text, running);
      if (found && found.hints.length + Number(found.mayEnd) > 0) return found;
    }
    return undefined;
  }
}

function spellingsOf<R>(
  declaration: Pick<
    ExecDeclaration<never, R>,
    'path' | 'also' | 'words' | 'dialects' | 'whole' | 'anyOrder'
  >,
  run: Bound<R>['run'],
): Spelling<Bound<R>>[] {
  const { words = {}, dialects, whole, anyOrder } = declaration;
  const command = dialects ? { dialects, run } : { run };
  return [declaration.path, ...declaration.also].map((path) =>
    spell(command, { path, words }, { whole, anyOrder }),
  );
}

/** What a line failed by as configuration or as an exec command, whichever came further. */
const furthest = (a: Failure, b: Exclude<Failure, { kind: 'refused' }>): Failure =>
  a.kind !== 'refused' && progressOf(b) > progressOf(a) ? b : a;

type Warning = Pick<Finding, 'severity' | 'reason' | 'remedy'>;
const warning = (reason: string): Warning => ({ severity: 'warning', reason });

const findingsText = (findings: readonly Warning[]): string =>
  findings
    .map(({ severity, reason, remedy }) => {
      const level = severity === 'error' ? '' : `${severity}: `;
      return `% ${level}${reason}${remedy === undefined ? '' : `; ${remedy}`}`;
    })
    .join('\n');

/** The message of a line that is no command, with a marker under the word that does not fit. */
function failureText(failure: Failure, line: Line, indent: number): string {
  switch (failure.kind) {
    case 'refused':
      return `% ${failure.reason}`;
    case 'incomplete':
      return '% Incomplete command.';
    case 'ambiguous': {
      const words = line.words.slice(0, failure.at + 1).map((w) => w.text);
      return `% Ambiguous command:  "${words.join(' ')}"`;
    }
    case 'invalid': {
      const column = line.words[failure.at]?.column ?? 0;
      const reason = failure.reason === undefined ? '' : `\n% ${failure.reason}`;
      return `${' '.repeat(indent + column)}^\n% Invalid input detected at '^' marker.${reason}`;
    }
  }
}
