import { type Configuration, sameValue } from './configuration.ts';
import type { Dialect } from './dialect.ts';
import { type Grammar, inDialect } from './grammar.ts';
import { type AnyValues, type Audience, formatPath, type Path } from './path.ts';
import type { Section } from './room.ts';
import {
  type Declaration,
  type Keys,
  type ModeDeclaration,
  position,
  type SettingDeclaration,
} from './setting.ts';
import { dialectOf } from './system.ts';
import { keptText, unknownLinesIn } from './unknown-lines.ts';

/** A line of a listing, with the lines of the mode that it enters. */
export type Listed = {
  /** As the audience sees it. */
  readonly text: string;
  /** As a person sees it: the name by which findings and differences call the line. */
  readonly name: string;
  readonly inside: readonly Listed[];
};

/** The lines of one section. */
export type ListedSection = { readonly section: Section; readonly lines: readonly Listed[] };

export type ListingOptions = {
  readonly audience: Audience;
  /** By default that of the configuration's version line. */
  readonly dialect?: Dialect;
  /** Also lists what has its default value. */
  readonly defaults?: boolean;
};

/** Writes a configuration as the lines that would make it. */
export function listConfiguration(
  grammar: Grammar,
  configuration: Configuration,
  options: ListingOptions,
): readonly ListedSection[] {
  const writer = new ListingWriter(grammar, configuration, options);
  return [
    ...grammar.sections.map((section) => ({ section, lines: writer.section(section) })),
    { section: UNKNOWN_SECTION, lines: writer.unknown([]) },
  ].filter(({ lines }) => lines.length > 0);
}

/** What was kept although nobody understands it stands last. */
const UNKNOWN_SECTION: Section = { title: 'Not understood', place: 'kept', commands: [] };

/** A line with the element it belongs to and its place among the lines of that element. */
type Owned = { readonly listed: Listed; readonly element: string; readonly position: number };

type Positioned = AnyValues & { readonly [position]?: number };

class ListingWriter {
  readonly #grammar: Grammar;
  readonly #configuration: Configuration;
  readonly #options: ListingOptions;
  readonly #dialect: Dialect;

  constructor(grammar: Grammar, configuration: Configuration, options: ListingOptions) {
    this.#grammar = grammar;
    this.#configuration = configuration;
    this.#options = options;
    this.#dialect = options.dialect ?? dialectOf(configuration);
  }

  section({ commands, collated }: Section): readonly Listed[] {
    const lines = commands
      .filter((command) => command.scope.mode === undefined)
      .flatMap((command) => this.#command(command, []));
    if (!collated) return lines.map(({ listed }) => listed);
    const groups = new Map<string, Owned[]>();
    for (const line of lines) {
      const group = groups.get(line.element);
      if (group) group.push(line);
      else groups.set(line.element, [line]);
    }
    return [...groups.values()].flatMap((group) =>
      group.sort((a, b) => a.position - b.position).map(({ listed }) => listed),
    );
  }

  /** The lines of one command, each with the name of the element it belongs to. */
  #command(command: Declaration, keys: Keys): Owned[] {
    if (!inDialect(command, this.#dialect)) return [];
    return command.kind === 'mode' ? this.#mode(command, keys) : this.#setting(command, keys);
  }

  #mode(command: ModeDeclaration, keys: Keys): Owned[] {
    const parent = command.scope.get(this.#configuration, keys);
    if (parent === undefined) return [];
    return command.instances(parent).flatMap((values) => {
      const inside = this.#grammar
        .commandsOf(command)
        .flatMap((child) => this.#command(child, [...keys, values]))
        .map(({ listed }) => listed);
      inside.push(...this.unknown(this.#headers(command, [...keys, values])));
      if (command.hideEmpty && inside.length === 0) return [];
      return [this.#line(command.path, values, inside)];
    });
  }

  /** The lines inside a mode, or outside of every mode, that nobody understands. */
  unknown(outer: readonly string[]): readonly Listed[] {
    const { audience } = this.#options;
    const listed = (text: string, inside: readonly Listed[]): Listed => ({
      text: keptText(text, audience),
      name: keptText(text, 'person'),
      inside,
    });
    return unknownLinesIn(this.#configuration, outer).map((line) =>
      listed(
        line.text,
        line.inside.map((text) => listed(text, [])),
      ),
    );
  }

  /** The lines that entered a mode and those around it. */
  #headers(mode: ModeDeclaration, keys: Keys): readonly string[] {
    const headers: string[] = [];
    let at: ModeDeclaration | undefined = mode;
    for (let depth = keys.length - 1; at && depth >= 0; depth -= 1) {
      headers.unshift(formatPath(at.path, keys[depth] ?? {}, 'person'));
      at = at.scope.mode;
    }
    return headers;
  }

  #setting(command: SettingDeclaration, keys: Keys): Owned[] {
    const target = command.scope.get(this.#configuration, keys);
    if (target === undefined) return [];
    const value = command.get(target);
    const usual = command.get(command.scope.fresh(keys));
    const shown = command.always || this.#options.defaults || !sameValue(value, usual);
    if (!shown) return [];
    if (value === undefined || value === false)
      // What is not set is said only where it differs from the default, or where it is a default.
      return value === usual && value === undefined
        ? []
        : [this.#line(['no', ...leading(command.path)], {}, [])];
    const all = value === true ? [{}] : Array.isArray(value) ? value : [value];
    return all.map((values: Positioned) => this.#line(command.path, values, []));
  }

  #line(path: Path, values: Positioned, inside: readonly Listed[]): Owned {
    const listed = {
      text: formatPath(path, values, this.#options.audience),
      name: formatPath(path, values, 'person'),
      inside,
    };
    const first = path.find((item) => typeof item !== 'string' && item.kind === 'token');
    const element =
      first && typeof first !== 'string' && first.kind === 'token'
        ? first.write(values[first.name], 'person')
        : '';
    return { listed, element, position: values[position] ?? 0 };
  }
}

/** The keywords before the first token. */
const leading = (path: Path): Path => {
  const end = path.findIndex((item) => typeof item !== 'string');
  return end < 0 ? path : path.slice(0, end);
};

/** The text of a listing, one line each, with `!` between parts in the dialects that write it. */
export function formatListing(sections: readonly ListedSection[], dialect: Dialect): string[] {
  const lines: string[] = [];
  const separator = dialect === 'pix' ? [] : ['!'];
  const write = ({ text, inside }: Listed, indent: number): void => {
    lines.push(`${' '.repeat(indent)}${text}`);
    for (const line of inside) write(line, indent + 1);
  };
  for (const { lines: own } of sections) {
    for (const [index, line] of own.entries()) {
      write(line, 0);
      if (line.inside.length > 0 && index < own.length - 1) lines.push(...separator);
    }
    lines.push(...separator);
  }
  return lines;
}

/** A line with the lines of its modes before it, in both forms. */
export type FullLine = { readonly text: readonly string[]; readonly name: readonly string[] };

/** Every line of a listing with the lines of its modes. */
export function flatten(sections: readonly ListedSection[]): readonly FullLine[] {
  const lines: FullLine[] = [];
  const collect = (line: Listed, outer: FullLine): void => {
    const full = { text: [...outer.text, line.text], name: [...outer.name, line.name] };
    lines.push(full);
    for (const child of line.inside) collect(child, full);
  };
  for (const { lines: own } of sections)
    for (const line of own) collect(line, { text: [], name: [] });
  return lines;
}
