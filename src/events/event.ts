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
  /** The word that IOS prints in the place of the number, such as `CONFIG_I`. */
  readonly mnemonic?: string;
  /** The six-digit message that an ASA has for this, where it has one. */
  readonly asaMessage?: number;
  /** Anybody on the network can cause it without proving anything; the log writes it so often only. */
  readonly byStrangers?: true;
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

/** One for all events that are about nobody: the log keeps thousands. */
const NOBODY: EventSubject = {};

/** An event that happened, before the log gives it a number and a time. */
export type EventRecord = {
  readonly definition: EventDef;
  readonly args: Readonly<Record<string, string | number>>;
  readonly subject: EventSubject;
};

/** Declares a line of the catalogue; the type keeps the template, so `occurred` checks arguments. */
export const event = <const T extends string>(definition: EventDef<T>): EventDef<T> => definition;

/** Names and arguments come from strangers; more of one than this says nothing more. */
const LONGEST_ARGUMENT = 512;
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

/**
 * Text on one line and of bounded length: a user name must neither forge a line of the log nor fill
 * it. Control characters become `?`.
 */
export function oneLine(text: string): string {
  if (isOneLine(text)) return text;
  const cut = text.length > LONGEST_ARGUMENT ? `${text.slice(0, LONGEST_ARGUMENT)}...` : text;
  return cut.replaceAll(new RegExp(UNPRINTABLE, 'gu'), '?');
}

const isOneLine = (value: string | number | undefined): boolean =>
  typeof value !== 'string' || (value.length <= LONGEST_ARGUMENT && !UNPRINTABLE.test(value));

function cleanArguments(args: EventRecord['args']): EventRecord['args'] {
  if (Object.values(args).every(isOneLine)) return args;
  const clean: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(args))
    clean[name] = typeof value === 'string' ? oneLine(value) : value;
  return clean;
}

const cleanSubject = (subject: EventSubject): EventSubject =>
  isOneLine(subject.group) && isOneLine(subject.user) ? subject : oneLineEach(subject);

const oneLineEach = ({ peer, group, user }: EventSubject): EventSubject => ({
  ...(peer !== undefined && { peer }),
  ...(group !== undefined && { group: oneLine(group) }),
  ...(user !== undefined && { user: oneLine(user) }),
});

/**
 * Makes a record of an event. An argument missing from or unknown to the template does not compile;
 * arguments are of one line each, whatever they hold.
 */
export const occurred = <T extends string>(
  definition: EventDef<T>,
  args: Arguments<T>,
  subject: EventSubject = NOBODY,
): EventRecord => ({
  definition,
  args: cleanArguments(args as EventRecord['args']),
  subject: cleanSubject(subject),
});

/** The same record about somebody who is only known now. */
export const about = (record: EventRecord, subject: EventSubject): EventRecord => ({
  ...record,
  subject: cleanSubject(subject),
});

/** Templates in pieces: text, the name of an argument, text, and so on; taken apart once. */
const PIECES = new WeakMap<EventDef, readonly string[]>();

function piecesOf(definition: EventDef): readonly string[] {
  const pieces = PIECES.get(definition) ?? definition.text.split(/\{(\w+)\}/);
  PIECES.set(definition, pieces);
  return pieces;
}

/** The text of a record with its arguments filled in, without the subject. */
export function eventText({ definition, args }: EventRecord): string {
  let text = '';
  for (const [index, piece] of piecesOf(definition).entries())
    text += index % 2 === 0 ? piece : String(args[piece]);
  return text;
}

/** `Group [ciscovpn] User [vpnclient2]`, as far as it is known; NAT-61. */
export function subjectText({ group, user }: EventSubject): string | undefined {
  const parts = [
    ...(group === undefined ? [] : [`Group [${group}]`]),
    ...(user === undefined ? [] : [`User [${user}]`]),
  ];
  return parts.length > 0 ? parts.join(' ') : undefined;
}
