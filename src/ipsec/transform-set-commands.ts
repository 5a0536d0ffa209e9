import { type Configuration, withEntry, withoutEntry } from '#config/configuration';
import type { Declaration } from '#config/setting';
import { globalScope, lineOf, refuse, setting } from '#config/setting';
import { choice, word } from '#config/tokens';
import { type IpsecConfiguration, ipsecSlice, type TransformSet } from './config.ts';
import { type LegacyNeed, legacyOfSuite } from './legacy.ts';
import { espSuite } from './tokens.ts';
import { cryptoWords } from './words.ts';

const ipsec = globalScope(ipsecSlice);

/** Names of the transform sets, for completion. */
export const transformSetNames = (configuration: Configuration): readonly string[] => [
  ...ipsecSlice.of(configuration).transformSets.keys(),
];
const transformSetName = word('name', 'Name of the transform set', 64, transformSetNames);
const transformWords = { ...cryptoWords, 'transform-set': 'Add a way to protect packets' };

const withMode = (c: IpsecConfiguration, name: string, chosen: TransformSet['mode']) => {
  const set = c.transformSets.get(name);
  return set
    ? { ...c, transformSets: withEntry(c.transformSets, name, { ...set, mode: chosen }) }
    : refuse(`there is no transform set "${name}"`);
};

const transformSet = setting(ipsec)({
  path: ['crypto ipsec ikev1 transform-set', transformSetName, espSuite],
  also: [['crypto ipsec transform-set', transformSetName, espSuite]],
  words: transformWords,
  key: ['name'],
  help: 'A way to protect packets: the transforms of ESP.',
  since: '001:537, 004:299',
  get: (c) => [...c.transformSets.values()].map(({ name, suite }) => ({ name, suite })),
  set(c, { name, suite }) {
    const set: TransformSet = { name, suite, mode: c.transformSets.get(name)?.mode ?? 'tunnel' };
    return { ...c, transformSets: withEntry(c.transformSets, name, set) };
  },
  unset: (c, { name }) => ({ ...c, transformSets: withoutEntry(c.transformSets, name) }),
});

const transformModes = choice('mode', {
  transport: 'Protect what is inside the packet',
  tunnel: 'Protect the whole packet',
});

const transformMode = setting(ipsec)({
  path: ['crypto ipsec ikev1 transform-set', transformSetName, 'mode', transformModes],
  also: [['crypto ipsec transform-set', transformSetName, 'mode', transformModes]],
  words: { ...transformWords, mode: 'Set the mode' },
  key: ['name'],
  help: 'Whether a whole packet is protected, or what is inside it.',
  since: '001:903',
  get: (c) =>
    [...c.transformSets.values()].flatMap(({ name, mode: m }) =>
      m === 'tunnel' ? [] : { name, mode: m },
    ),
  set: (c, v) => withMode(c, v.name, v.mode),
  unset: (c, v) => withMode(c, v.name, 'tunnel'),
});

/** The commands of transform sets; the lines of one set stand together. */
export const transformSetCommands: readonly Declaration[] = [transformSet, transformMode];

/** The line of a transform set, for findings. */
export const transformSetLine = (set: TransformSet): string => lineOf(transformSet, set);

/** The line of the mode of a transform set, for remedies. */
export const transformModeLine = (set: Pick<TransformSet, 'name' | 'mode'>): string =>
  lineOf(transformMode, set);

/** What the transform sets need from behind the fence. */
export const transformSetNeeds = (c: IpsecConfiguration): readonly LegacyNeed[] =>
  [...c.transformSets.values()].map((set) => ({
    at: [transformSetLine(set)],
    items: legacyOfSuite(set.suite),
  }));
