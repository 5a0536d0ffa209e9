import type { IpAddress } from '#base/address';

/** Severity on the concentrator's scale: 1 is the gravest, 13 the finest packet decode. */
export type Severity = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13;

/** The arguments that a template such as `Loading host: {address}` demands. */
export type Arguments<T extends string> = T extends `${string}{${infer Name}}${infer Rest}`
  ? { readonly [K in Name]: string | number } & Arguments<Rest>
  : unknown;

/** One line of the event catalogue. */
export type EventDef<T extends string = string> = {
  /** Event class, such as `IKE`, `IKEDBG`, `IPSECDBG`. */
  readonly class: string;
  readonly number: number;
  readonly severity: Severity;
  /** Template of one or more lines; `{name}` stands for an argument. */
  readonly text: T;
  /** What it means that this happened. */
  readonly why: string;
  /** What a person should do about it. */
  readonly remedy: string;
};

/** Whom an event is about; the renderers print it in the place the dialect has for it. */
export type EventSubject = {
  readonly peer?: IpAddress | undefined;
  readonly group?: string | undefined;
  readonly user?: string | undefined;
};

/** An event that happened, before the log gives it a number and a time. */
export type EventRecord = {
  readonly definition: EventDef;
  readonly args: Readonly<Record<string, string | number>>;
  readonly subject: EventSubject;
};

/** Declares a line of the catalogue; the type keeps the template, so that `occurred` checks its arguments. */
export const event = <const T extends string>(definition: EventDef<T>): EventDef<T> => definition;

/** Makes a record of an event; an argument missing from or unknown to the template does not compile. */
export const occurred = <T extends string>(
  definition: EventDef<T>,
  args: Arguments<T>,
  subject: EventSubject = {},
): EventRecord => ({ definition, args: args as EventRecord['args'], subject });

/** The text of a record with its arguments filled in, without the subject. */
export const eventText = (record: EventRecord): string =>
  record.definition.text.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(record.args[name]));
