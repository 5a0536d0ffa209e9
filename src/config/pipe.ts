import { type Outcome, view } from './exec.ts';

/** What stands behind a bar: which lines of the output to show, or in which form. */
type Filter =
  | { readonly kind: 'include' | 'exclude' | 'begin'; readonly text: string }
  | { readonly kind: 'count' | 'json' };

const KINDS = ['include', 'exclude', 'begin', 'count', 'json'] as const;

/** A command and its filter: `show crypto isakmp sa | include AM_ACTIVE`. */
export function splitPipe(line: string): { command: string; filter: Filter | undefined } {
  const bar = line.lastIndexOf(' | ');
  const [, typed = '', text = ''] = /^(\S+) ?(.*)$/.exec(line.slice(bar + 3).trim()) ?? [];
  const kinds = KINDS.filter((k) => k.startsWith(typed === 'grep' ? 'include' : typed));
  const [kind] = kinds;
  if (bar < 0 || typed === '' || kinds.length !== 1 || !kind)
    return { command: line, filter: undefined };
  const command = line.slice(0, bar);
  if (kind === 'count' || kind === 'json') return { command, filter: { kind } };
  return { command, filter: { kind, text } };
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
      return `${lines.length} lines`;
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
