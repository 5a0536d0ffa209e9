import type { EventDef } from '#events/event';
import { eventText } from '#events/event';
import type { EventLog, LoggedEvent } from '#events/log';
import { type EventForm, renderEvent } from '#events/render';
import type { EventView } from '#views/views';

/** An event as the API, the web console and `show logging | json` carry it. */
export function eventView({ sequence, at, repeat, record }: LoggedEvent): EventView {
  const { definition, subject } = record;
  return {
    seq: sequence,
    at,
    class: definition.class,
    number: definition.number,
    severity: definition.severity,
    repeat,
    ...(subject.peer !== undefined && { peer: subject.peer }),
    ...(subject.group !== undefined && { group: subject.group }),
    ...(subject.user !== undefined && { username: subject.user }),
    text: eventText(record),
    why: definition.why,
    remedy: definition.remedy,
  };
}

/** `show logging`; NAT-60. */
export type LogView = {
  /** Events in memory, and how many it holds before it forgets the oldest. */
  readonly kept: number;
  readonly capacity: number;
  /** Number of the newest event. */
  readonly lastSeq: number;
  /** The oldest first, as they are read. */
  readonly items: readonly EventView[];
};

export const logView = (log: EventLog, oldestFirst: readonly LoggedEvent[]): LogView => ({
  kept: log.length,
  capacity: log.capacity,
  lastSeq: log.lastSequence,
  items: oldestFirst.map(eventView),
});

const explanation = ({ why, remedy }: EventDef): string => `  Why:    ${why}\n  Remedy: ${remedy}`;

/** The events in a form that a person is used to, on request with what they mean. */
export function logText(
  log: EventLog,
  oldestFirst: readonly LoggedEvent[],
  { form, explain }: { readonly form: EventForm; readonly explain: boolean },
): string {
  const head = `Event log: ${log.length} of ${log.capacity} events, newest ${log.lastSequence}`;
  const events = oldestFirst.map((logged) => {
    const text = renderEvent(logged, form);
    return explain ? `${text}\n${explanation(logged.record.definition)}` : text;
  });
  // One JSON value per line, for programs that read lines.
  return form === 'json'
    ? events.join('\n')
    : [head, '', ...(events.length > 0 ? events : ['No event matches.'])].join('\n');
}

/** One line of the event catalogue. */
export type CatalogueRow = {
  readonly class: string;
  readonly number: number;
  readonly severity: number;
  readonly logged: boolean;
  readonly text: string;
  readonly why: string;
  readonly remedy: string;
};

/** `show event catalogue`: what this device can say, and whether the filter lets it. */
export const catalogueView = (
  log: EventLog,
  catalogue: readonly EventDef[],
  eventClass: string | undefined,
): readonly CatalogueRow[] =>
  catalogue
    .filter((e) => eventClass === undefined || e.class === eventClass)
    .map(({ class: name, number, severity, text, why, remedy }) => ({
      ...{ class: name, number, severity, logged: log.wants(name, severity), text, why, remedy },
    }));

export const catalogueText = (rows: readonly CatalogueRow[]): string =>
  rows
    .map((row) => {
      const state = row.logged ? 'logged' : 'not logged';
      const head = `${row.class}/${row.number} SEV=${row.severity} (${state})`;
      return `${head}\n${row.text}\n  Why:    ${row.why}\n  Remedy: ${row.remedy}`;
    })
    .join('\n');
