import {
  type Configuration,
  type Slice,
  type Table,
  withEntry,
  withoutEntry,
} from './configuration.ts';
import type { Dialect } from './dialect.ts';
import { type AnyValues, formatPath, type Path, type ValuesOf } from './path.ts';

/** A value that a command would not take, with the sentence that says why. */
export class Refusal {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}
export const refuse = (reason: string): Refusal => new Refusal(reason);

/** The values of the modes that were entered, outermost first. */
export type Keys = readonly AnyValues[];

/**
 * Where a command acts: the slice of a room, or an element inside it that a mode was entered for.
 * A scope is a lens onto the configuration.
 */
export type Scope<T> = {
  /** The mode whose commands these are; undefined for the global one. */
  readonly mode: ModeDeclaration | undefined;
  /** Undefined when the element does not exist. */
  get(configuration: Configuration, keys: Keys): T | undefined;
  put(configuration: Configuration, keys: Keys, value: T): Configuration;
  /** What the element is before any command of its mode; a value equal to it is not listed. */
  fresh(keys: Keys): T;
};

/** The scope of a slice's own, global commands. */
export const globalScope = <T>(slice: Slice<T>): Scope<T> => ({
  mode: undefined,
  get: (configuration) => slice.of(configuration),
  put: (configuration, _, value) => slice.put(configuration, value),
  fresh: () => slice.empty,
});

type Described = {
  /** One sentence for the reference page. */
  readonly help: string;
  /** Help of keywords for `?`; a word that another command of the mode explains may be left out. */
  readonly words?: Readonly<Record<string, string>>;
  /** Dialects that know the command; all of them when absent. */
  readonly dialects?: readonly Dialect[];
  /** Document and place the spelling comes from. */
  readonly since?: string;
  /**
   * Whether it is accepted, kept and listed only so that a configuration of another device loads.
   * Its words must then be written out, so that no abbreviation becomes ambiguous for its sake.
   */
  readonly noEffect?: boolean;
  /** Lines that a listing has in place of the command's own, each with those of its modes. */
  readonly writes?: (values: AnyValues) => readonly (readonly string[])[];
  /** Whether it stands in files only, so that `?` and Tab do not offer it. */
  readonly filesOnly?: boolean;
};

/** A command without its types, as the grammar works with it. */
export type SettingDeclaration = Described & {
  readonly kind: 'setting';
  readonly scope: Scope<unknown>;
  readonly path: Path;
  readonly also: readonly Path[];
  readonly key: readonly string[];
  readonly always: boolean;
  readonly negatable: boolean;
  get(target: unknown): AnyValues | readonly AnyValues[] | boolean | undefined;
  set(target: unknown, values: AnyValues): unknown;
  unset(target: unknown, values: AnyValues): unknown;
};

/** A command that enters a mode, without its types. */
export type ModeDeclaration = Described & {
  readonly kind: 'mode';
  readonly name: string;
  /** Between the parentheses of the prompt: `config-tunnel-ipsec`. */
  readonly prompt: string;
  readonly scope: Scope<unknown>;
  readonly path: Path;
  readonly also: readonly Path[];
  /** Whether the line that enters it is left out of the listing when no line is inside it. */
  readonly hideEmpty: boolean;
  /** The tokens that the `no` form needs; all that are not optional when absent. */
  readonly key?: readonly string[];
  readonly negatable: boolean;
  /** Whether only lines indented deeper than its own are inside it, since any line would do. */
  readonly indentedOnly?: boolean;
  /** The key values of every element, in the order of the listing. */
  instances(parent: unknown): readonly AnyValues[];
  enter(parent: unknown, values: AnyValues): unknown;
  remove(parent: unknown, values: AnyValues): unknown;
};

export type Declaration = SettingDeclaration | ModeDeclaration;

/** A setting whose values the compiler knows. */
export type Setting<V> = SettingDeclaration & { readonly __values?: V };

/** A field of listed values: where the line stands among those of its element, in a collated section. */
export const position: unique symbol = Symbol('position');

/** What a command's `get` answers; a boolean when it has no tokens. */
type Listed<V> =
  | V
  | readonly (V & { readonly [position]?: number })[]
  | undefined
  | (keyof V extends never ? boolean : never);

/**
 * Declares a command. Parser, `no` form, abbreviation, completion, `?` help, running-config line and
 * reference page all derive from this one value.
 *
 * `get` answers with the values of the line, of several lines, with a boolean for a command without
 * tokens (false is its `no` form), or with undefined for no line; an answer equal to that for a fresh
 * element is not listed, unless `always` is set. `key` names the tokens that the `no` form needs.
 */
export const setting =
  <T>(scope: Scope<T>) =>
  <const P extends Path, const K extends keyof ValuesOf<P> & string = never>(
    declaration: Described & {
      readonly path: P;
      /** Other spellings with the same tokens, accepted and never printed. */
      readonly also?: readonly Path[];
      readonly key?: readonly K[];
      readonly always?: boolean;
      readonly get: (target: T) => NoInfer<Listed<ValuesOf<P>>>;
      readonly set: (target: T, values: ValuesOf<P>) => T | Refusal;
      /** Absent for a command that has no `no` form. */
      readonly unset?: (
        target: T,
        values: Partial<ValuesOf<P>> & Pick<ValuesOf<P>, K>,
      ) => T | Refusal;
    },
  ): Setting<ValuesOf<P>> =>
    ({
      ...declaration,
      kind: 'setting',
      scope,
      also: declaration.also ?? [],
      key: declaration.key ?? [],
      always: declaration.always ?? false,
      negatable: declaration.unset !== undefined,
      unset: declaration.unset ?? (() => refuse('this command has no "no" form')),
    }) as unknown as Setting<ValuesOf<P>>;

/** A mode: the declaration of the command that enters it, and the scope of the commands inside. */
export type Mode<T, V> = Scope<T> & {
  readonly mode: ModeDeclaration;
  readonly __values?: V;
};

/**
 * Declares a command that enters a mode, over a table of elements. The element is made by `create`
 * when it does not exist, and removed by the `no` form.
 */
export const mode =
  <P>(parent: Scope<P>) =>
  <T, Id, const Q extends Path>(
    declaration: Described & {
      readonly name: string;
      readonly prompt: string;
      readonly path: Q;
      readonly also?: readonly Path[];
      readonly hideEmpty?: boolean;
      readonly indentedOnly?: boolean;
      readonly key?: readonly (keyof ValuesOf<Q> & string)[];
      readonly table: (parent: P) => Table<Id, T>;
      readonly put: (parent: P, table: Table<Id, T>) => P;
      readonly id: (values: ValuesOf<Q>) => Id;
      /** The values of the entering command for an element; undefined for one that is not of this mode. */
      readonly values: (id: Id, element: T) => ValuesOf<Q> | undefined;
      readonly create: (values: ValuesOf<Q>) => T | Refusal;
      /** What entering changes in an element that exists, when the command carries more than its key. */
      readonly update?: (element: T, values: ValuesOf<Q>) => T | Refusal;
      /** What a fresh element is, for the commands inside; by default what `create` makes. */
      readonly fresh?: (values: ValuesOf<Q>) => T;
      /** Order of the listing; by default the order of the first mention. */
      readonly order?: (a: Id, b: Id) => number;
      /** The `no` form, when it is not the removal of the element. */
      readonly remove?: (parent: P, values: ValuesOf<Q>) => P | Refusal;
    },
  ): Mode<T, ValuesOf<Q>> => {
    type V = ValuesOf<Q>;
    const { table, id } = declaration;
    const header: ModeDeclaration = {
      ...(declaration as Described),
      kind: 'mode',
      name: declaration.name,
      prompt: declaration.prompt,
      scope: parent as Scope<unknown>,
      path: declaration.path,
      also: declaration.also ?? [],
      hideEmpty: declaration.hideEmpty ?? false,
      negatable: true,
      instances(target) {
        const entries = [...table(target as P)];
        if (declaration.order) {
          const order = declaration.order;
          entries.sort(([a], [b]) => order(a, b));
        }
        return entries
          .map(([key, element]) => declaration.values(key, element) as AnyValues | undefined)
          .filter((values) => values !== undefined);
      },
      enter(target, values) {
        const existing = table(target as P).get(id(values as V));
        const element =
          existing === undefined
            ? declaration.create(values as V)
            : (declaration.update?.(existing, values as V) ?? existing);
        if (element instanceof Refusal) return element;
        return element === existing
          ? target
          : declaration.put(target as P, withEntry(table(target as P), id(values as V), element));
      },
      remove: (target, values) =>
        declaration.remove
          ? declaration.remove(target as P, values as V)
          : declaration.put(target as P, withoutEntry(table(target as P), id(values as V))),
    };
    const last = (keys: Keys) => keys.at(-1) as V;
    return {
      mode: header,
      get(configuration, keys) {
        const above = parent.get(configuration, keys.slice(0, -1));
        return above === undefined ? undefined : table(above).get(id(last(keys)));
      },
      put(configuration, keys, value) {
        const outer = keys.slice(0, -1);
        const above = parent.get(configuration, outer) ?? parent.fresh(outer);
        const next = declaration.put(above, withEntry(table(above), id(last(keys)), value));
        return parent.put(configuration, outer, next);
      },
      fresh(keys) {
        const made = (declaration.fresh ?? declaration.create)(last(keys));
        if (made instanceof Refusal)
          throw new TypeError(`mode ${declaration.name} needs a "fresh" beside its "create"`);
        return made;
      },
    };
  };

/** The line of a setting as a listing writes it for people; verification names lines by it. */
export const lineOf = <V>(command: Setting<V>, values: V): string =>
  formatPath(command.path, values as AnyValues, 'person');

/** The line that enters a mode. */
export const headerOf = <T, V>({ mode }: Mode<T, V>, values: V): string =>
  formatPath(mode.path, values as AnyValues, 'person');
