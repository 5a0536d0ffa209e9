import type { Instant } from '#base/instant';
import type { ExecDeclaration } from '#config/exec';
import type { EventLog } from '#events/log';
import { type LogNeeds, logCommands } from '#features/management/show';
import { type ShownPatBox, translationCommands } from '#features/nat/show-commands';
import { patBoxCatalogue } from './catalogue.ts';

/** What the commands of a PAT box read. */
export type PatBoxNeeds = ShownPatBox & LogNeeds;

export const patBoxNeeds = (box: ShownPatBox, log: EventLog, now: () => Instant): PatBoxNeeds => ({
  now,
  log,
  catalogue: patBoxCatalogue,
  xlate: () => box.xlate(),
  arp: () => box.arp(),
  counters: () => box.counters(),
  clearXlate: () => box.clearXlate(),
});

/** Every exec command of a PAT box. */
export const patBoxCommands: readonly ExecDeclaration<PatBoxNeeds, never>[] = [
  ...translationCommands,
  ...logCommands,
];
