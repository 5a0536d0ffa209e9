import type { Continuation } from './complete.ts';
import { type Outcome, view } from './exec.ts';

/** What stands behind a bar: which lines of the output to show, or in which form. */
type Filter =
  | { readonly kind: 'include' | 'exclude' | 'begin'; readonly text: string }
  | { readonly kind: 'count'; readonly text: string }
  | { readonly kind: 'json' };

const FILTER_HELP = {
  include: 'Only the lines that hold a text',
  exclude: 'Only the lines that do not hold a text',
  begin: 'From the first line that holds a text',
  count: 'How many lines there are, or how many hold a text',
  json: 'As JSON',
} as const;

const KINDS = Object.keys(FILTER_HELP) as (keyof typeof FILTER_HELP)[];

/** A command and its filter: `show crypto isakmp sa | include AM_ACTIVE`. */
export function splitPipe(line: string): { command: string; filter: Filter | undefined } {
  const bar = line.lastIndexOf(' | ');
  const [, typed = '', text = ''] = /^(\S+) ?(.*)$/.exec(line.slice(bar + 3).trim()) ?? [];
  const kinds = KINDS.filter((k) => k.startsWith(typed === 'grep' ? 'include' : typed));
  const [kind] = kinds;
  if (bar < 0 || typed === '' || kinds.length !== 1 || !kind)
    return { command: line, filter: undefined };
  const command = line.slice(0, bar);
  if (kind === 'json') return { command, filter: { kind } };
  return { command, filter: { kind, text } };
}

/** What may come behind the bar of a line, and the command before it; undefined without a bar. */
export function continuePipe(
  line: string,
): { readonly command: string; readonly continuation: Continuation } | undefined {
  const [, command, typed, behind] = /^(.*\S)\s+\|\s*(\S*)(\s.*)?$/.exec(line) ?? [];
  if (command === undefined || typed === undefined) return undefined;
  if (behind === undefined) {
    const hints = KINDS.filter((kind) => kind.startsWith(typed)).map((text) => ({
      text,
      help: FILTER_HELP[text],
      literal: true,
    }));
    return { command, continuation: { partial: typed, hints, mayEnd: false } };
  }
  const kind = KINDS.find((k) => k.startsWith(typed));
  const text = { text: 'TEXT', help: 'Capitals and small letters differ', literal: false };
  const hints = kind === undefined || kind === 'json' ? [] : [text];
  const mayEnd = kind === 'json' || kind === 'count';
  return { command, continuation: { partial: '', hints, mayEnd } };
}

function filterText(text: string, filter: Filter): string {
  const lines = text.split('\n');
  switch (filter.kind) {
    case 'include':
      return lines.filter((l) => l.includes(filter.text)).join('\n');
    case 'exclude':
      return lines.filter((l) => !l.includes(filter.text)).join('\n');
    case 'begin': {
      const from = lines.findIndex((l) => l.includes(filter.text));
      return from < 0 ? '' : lines.slice(from).join('\n');
    }
    case 'count':
      return `${lines.filter((l) => l.includes(filter.text)).length} lines`;
    case 'json':
      return JSON.stringify(lines, undefined, 2);
  }
}

/** What an outcome looks like through a filter; a view as JSON is its data. */
export function throughFilter<R>(outcome: Outcome<R>, filter: Filter | undefined): Outcome<R> {
  if (!filter) return outcome;
  if (outcome.kind === 'text') return { kind: 'text', text: filterText(outcome.text, filter) };
  if (outcome.kind !== 'view') return outcome;
  const { name, data, text } = outcome.view;
  const filtered = () =>
    filter.kind === 'json' ? JSON.stringify(data, undefined, 2) : filterText(text(), filter);
  return { kind: 'view', view: view(name, data, filtered) };
}
