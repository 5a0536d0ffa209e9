import { type Difference, differences } from '#config/commit';
import type { ConfigurationOwner } from '#config/console-commands';
import type { Grammar } from '#config/grammar';
import { type EventRecord, occurred } from '#events/event';
import {
  configurationChanged,
  configurationNotSaved,
  configurationSaved,
} from '#features/management/events';
import type { Performed } from './shell.ts';

/** Lines that an event names; the others are counted. */
const LINES_NAMED = 8;

const lineOf = ({ sign, at }: Difference): string => `${sign} ${at.join(' > ')}`;

/** What changed, on one line; secrets are hidden as in every listing for people. */
function changesText(changes: readonly Difference[]): string {
  const named = changes.slice(0, LINES_NAMED).map(lineOf);
  const more = changes.length - named.length;
  return [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

/** The owner of a configuration for one seat: what is changed from there is noted with its name. */
export const auditedOwner = (
  owner: ConfigurationOwner,
  grammar: Grammar,
  by: string,
  note: (record: EventRecord) => void,
): ConfigurationOwner => ({
  running: () => owner.running(),
  startup: () => owner.startup(),
  pending: (before, after) => owner.pending?.(before, after) ?? [],
  apply(candidate) {
    const changes = differences(grammar, owner.running(), candidate);
    owner.apply(candidate);
    if (changes.length > 0)
      note(occurred(configurationChanged, { by, lines: changesText(changes) }));
  },
});

/** What became of `write memory`, for the log. */
export const savedRecord = (by: string, { text, failed }: Performed): EventRecord =>
  failed
    ? occurred(configurationNotSaved, { by, reason: text.replace(/^% /, '') })
    : occurred(configurationSaved, { by });
