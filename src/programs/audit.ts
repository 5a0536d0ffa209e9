import type { ConfigurationOwner } from '#config/console-commands';
import { type EventRecord, occurred } from '#events/event';
import {
  configurationChanged,
  configurationNotSaved,
  configurationSaved,
} from '#features/management/events';
import type { Performed } from './shell.ts';

/** The owner of a configuration for one seat: each line that takes effect from there is noted with its name. */
export const auditedOwner = (
  owner: ConfigurationOwner,
  by: string,
  note: (record: EventRecord) => void,
): ConfigurationOwner => ({
  running: () => owner.running(),
  startup: () => owner.startup(),
  pending: (before, after) => owner.pending?.(before, after) ?? [],
  apply(candidate, typed) {
    owner.apply(candidate, typed);
    note(occurred(configurationChanged, { by, line: typed.join(' > ') }));
  },
});

/** What became of `write memory`, for the log. */
export const savedRecord = (by: string, { text, failed }: Performed): EventRecord =>
  failed
    ? occurred(configurationNotSaved, { by, reason: text.replace(/^% /, '') })
    : occurred(configurationSaved, { by });
