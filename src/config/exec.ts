import type { Dialect } from './dialect.ts';
import type { Path, ValuesOf } from './path.ts';

/** A table or page of a `show` command: typed data, with the renderer of its text form. */
export type View<T = unknown> = {
  /** Name of the kind of view, such as `crypto isakmp sa`. */
  readonly name: string;
  readonly data: T;
  /** The form for a terminal, without a newline at its end. */
  text(): string;
};

/** Makes a view of data and of the function that writes it for a terminal. */
export const view = <T>(name: string, data: T, text: (data: T) => string): View<T> => ({
  name,
  data,
  text: () => text(data),
});

/** What an exec command answers, as data. A request is done by whoever runs the command line. */
export type Outcome<R = never> =
  | { readonly kind: 'view'; readonly view: View }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'request'; readonly request: R }
  | { readonly kind: 'error'; readonly text: string };

/** An exec command, without the types of its arguments. */
export type ExecDeclaration<Needs, R> = {
  readonly kind: 'exec';
  readonly path: Path;
  readonly also: readonly Path[];
  readonly help: string;
  readonly words?: Readonly<Record<string, string>>;
  readonly dialects?: readonly Dialect[];
  /** Whether its keywords must be written out. */
  readonly whole?: boolean;
  /** Whether the optional parts at its end may come in any order. */
  readonly anyOrder?: boolean;
  readonly since?: string;
  run(needs: Needs, values: Readonly<Record<string, unknown>>): Outcome<R>;
};

/**
 * Declares an exec command (`show`, `clear`, `ping` and the like) with the same tokens as a setting.
 * `Needs` is what it reads; `R` what it may request.
 */
export const exec =
  <Needs, R = never>() =>
  <const P extends Path>(declaration: {
    readonly path: P;
    readonly also?: readonly Path[];
    readonly help: string;
    readonly words?: Readonly<Record<string, string>>;
    readonly dialects?: readonly Dialect[];
    readonly whole?: boolean;
    readonly anyOrder?: boolean;
    readonly since?: string;
    readonly run: (needs: Needs, values: ValuesOf<P>) => Outcome<R>;
  }): ExecDeclaration<Needs, R> =>
    ({ ...declaration, kind: 'exec', also: declaration.also ?? [] }) as unknown as ExecDeclaration<
      Needs,
      R
    >;
