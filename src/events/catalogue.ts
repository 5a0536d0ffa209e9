import type { EventDef } from './event.ts';

const isEvent = (value: unknown): value is EventDef =>
  typeof value === 'object' && value !== null && 'class' in value && 'remedy' in value;

/**
 * Every event that the given modules export (`import * as isakmpEvents from …/events.ts`), by class and
 * number: for the reference page, and for the classes that a filter offers.
 */
export function catalogue(...modules: readonly object[]): EventDef[] {
  const events = modules.flatMap((m) => Object.values(m)).filter(isEvent);
  return events.sort(
    (a, b) =>
      (a.class < b.class ? -1 : a.class > b.class ? 1 : a.number - b.number) ||
      a.severity - b.severity,
  );
}

/** The classes of a catalogue, in alphabetical order. */
export const classesOf = (events: readonly EventDef[]): string[] => [
  ...new Set(events.map((e) => e.class)),
];
