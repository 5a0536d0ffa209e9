import { err, ok } from '#base/result';
import { type Configuration, slice, type Table } from './configuration.ts';
import { optional, type Token } from './path.ts';
import type { Finding, Section } from './room.ts';
import { globalScope, headerOf, lineOf, mode, setting } from './setting.ts';
import { systemSlice } from './system.ts';
import { choice, incomplete, int, invalid, oneWord } from './tokens.ts';

/**
 * Filters of interfaces, in the form of the VPN 3000, as far as something here goes by them: what members
 * of a cluster say to each other (LB-18 to LB-22). Everything else is for nftables.
 */

/** The rules that can be assigned to a filter, as Assign Rules to Filter names them; 000:132. */
export const FILTER_RULES = ['VCA In', 'VCA Out'] as const;
export type FilterRule = (typeof FILTER_RULES)[number];

export type Filter = {
  /** What becomes of packets that no rule speaks of. */
  readonly defaultAction: 'forward' | 'drop';
  /** The UDP port that a rule lets pass; `cluster` for that of the cluster, whatever it is (LB-22). */
  readonly rules: ReadonlyMap<FilterRule, number | 'cluster'>;
};

export const filtersSlice = slice<Table<string, Filter>>('filters', new Map());

/** A filter as it is before any line: the private one of a VPN 3000 lets everything pass; LB-21. */
export const newFilter = (name: string): Filter => ({
  defaultAction: name === 'Private' ? 'forward' : 'drop',
  rules: new Map(),
});

/** The filters that are there without being configured. */
export const USUAL_FILTERS: readonly string[] = ['Public', 'Private'];
/** In place of the name of a filter, on an interface: none at all. */
export const NO_FILTER = 'none';

/** The filter of that name; undefined where there is none. */
export const filterNamed = (configuration: Configuration, name: string): Filter | undefined =>
  filtersSlice.of(configuration).get(name) ??
  (USUAL_FILTERS.includes(name) ? newFilter(name) : undefined);

/** All filters by name, those that nobody configured first. */
export const allFilters = (configuration: Configuration): ReadonlyMap<string, Filter> =>
  new Map([
    ...USUAL_FILTERS.map((name) => [name, newFilter(name)] as const),
    ...filtersSlice.of(configuration),
  ]);

/** What "filter" speaks of on a PIX and an ASA, in place of a name; kept without effect. */
export const FILTERED_TRAFFIC = ['url', 'java', 'activex', 'ftp', 'https', 'except'] as const;

/** A name of a filter; the usual two are written as the VPN 3000 writes them. */
export const filterName = <const N extends string>(
  name: N,
  help: string,
  also?: string,
): Token<N, string> =>
  oneWord({
    name,
    help,
    placeholder: 'WORD',
    free: true,
    parse(text) {
      if (text.length > 48) return err('a name has at most 48 characters');
      const lower = text.toLowerCase();
      if (FILTERED_TRAFFIC.some((traffic) => traffic === lower))
        return err(`"${text}" is no name of a filter: "filter ${lower}" is a line of its own`);
      if (also === undefined && lower === NO_FILTER)
        return err(`"${NO_FILTER}" is no name of a filter`);
      if (lower === NO_FILTER) return ok(NO_FILTER);
      return ok(USUAL_FILTERS.find((usual) => usual.toLowerCase() === lower) ?? text);
    },
    sample: (prng) => prng.pick(['Public', 'Private', 'Guests']),
    known: (configuration) => [
      ...allFilters(configuration).keys(),
      ...(also === undefined ? [] : [also]),
    ],
  });

/** The name of a rule, with or without quotation marks around its two words. */
const ruleName: Token<'rule', FilterRule> = {
  kind: 'token',
  name: 'rule',
  help: 'Rule by its name: what members of a cluster say, inwards or outwards',
  placeholder: '{"VCA In" | "VCA Out"}',
  free: false,
  read(line, from) {
    const [first, second] = [line.words[from]?.text, line.words[from + 1]?.text];
    if (first === undefined) return incomplete('the name of a rule is missing');
    if (!/^"?vca$/i.test(first)) return invalid(`"${first}" is not one of ${ruleNames}`);
    if (second === undefined) return incomplete('the name of the rule goes on');
    const name = `${first} ${second}`.replaceAll('"', '').toLowerCase();
    const rule = FILTER_RULES.find((r) => r.toLowerCase() === name);
    return rule ? ok({ value: rule, words: 2 }) : invalid(`"${name}" is not one of ${ruleNames}`);
  },
  write: (value) => `"${value}"`,
  sample: (prng) => prng.pick(FILTER_RULES),
};
const ruleNames = FILTER_RULES.map((rule) => `"${rule}"`).join(', ');

const filterMode = mode(globalScope(filtersSlice))({
  name: 'filter',
  prompt: 'config-filter',
  path: ['filter', filterName('name', 'Name of the filter')],
  words: { filter: 'Configure a filter of interfaces' },
  dialects: ['asa'],
  help: 'Enters a filter of interfaces. It judges what members of a cluster say to each other, and nothing else.',
  since: '000:110',
  table: (filters) => filters,
  put: (_, filters) => filters,
  id: ({ name }) => name,
  values: (name) => ({ name }),
  create: ({ name }) => newFilter(name),
});

const defaultAction = setting(filterMode)({
  path: ['default-action', choice('action', { forward: 'Let it pass', drop: 'Let it not pass' })],
  words: { 'default-action': 'Say what becomes of packets that no rule speaks of' },
  dialects: ['asa'],
  help: 'What becomes of packets that no rule speaks of: "Private" forwards them, every other filter drops them.',
  since: '000:126',
  get: (f) => ({ action: f.defaultAction }),
  set: (f, { action }) => ({ ...f, defaultAction: action }),
});

const ruleWords = { rule: 'Assign rules to the filter' };
const without = (f: Filter, rule: FilterRule): Filter => ({
  ...f,
  rules: new Map([...f.rules].filter(([name]) => name !== rule)),
});

const ruleAdd = setting(filterMode)({
  path: [
    'rule add',
    ruleName,
    optional('port', int('port', 1, 65535, 'This UDP port, whatever that of the cluster is')),
  ],
  words: { ...ruleWords, add: 'Assign a rule', port: 'Name the UDP port' },
  dialects: ['asa'],
  key: ['rule'],
  help: 'Lets pass what members of a cluster say; the rule follows "cluster port" unless a port is named.',
  since: '000:132',
  get: (f) =>
    FILTER_RULES.flatMap((rule) => {
      const port = f.rules.get(rule);
      return port === undefined ? [] : { rule, port: port === 'cluster' ? undefined : port };
    }),
  set: (f, { rule, port }) => ({ ...f, rules: new Map([...f.rules, [rule, port ?? 'cluster']]) }),
  unset: (f, { rule }) => without(f, rule),
});

const ruleRemove = setting(filterMode)({
  path: ['rule remove', ruleName],
  words: { ...ruleWords, remove: 'Take a rule away' },
  dialects: ['asa'],
  help: 'Takes a rule away from the filter, as "no rule add" does.',
  since: '000:128',
  get: () => undefined,
  set: (f, { rule }) => without(f, rule),
});

/** The commands of filters. */
export const filterSection: Section = {
  title: 'Filters of interfaces',
  place: 'interfaces',
  commands: [filterMode.mode, defaultAction, ruleAdd, ruleRemove],
};

/** A filter that an interface names has to be there. */
export const filterFindings = (configuration: Configuration): readonly Finding[] =>
  [...systemSlice.of(configuration).interfaces.values()].flatMap(({ hardware, filter }) =>
    filter === undefined || filter === NO_FILTER || filterNamed(configuration, filter)
      ? []
      : [
          {
            severity: 'error' as const,
            at: [`interface ${hardware}`, `filter ${filter}`],
            reason: `there is no filter "${filter}"`,
            remedy: `"filter ${filter}" makes one`,
          },
        ],
  );

/** The lines that verification speaks about. */
export const filterLines = {
  header: (name: string): readonly string[] => [headerOf(filterMode, { name })],
  rule: (name: string, rule: FilterRule, port: number | undefined): readonly string[] => [
    headerOf(filterMode, { name }),
    lineOf(ruleAdd, { rule, port }),
  ],
} as const;
