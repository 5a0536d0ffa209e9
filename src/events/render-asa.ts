import { calendarTime, formatTimeOfDay, monthName, padded } from '#base/calendar';
import { eventText } from './event.ts';
import type { LoggedEvent } from './log.ts';
import { syslogSeverity } from './syslog-severity.ts';

/**
 * Where an ASA numbers the messages of a class: IKE event 120 of the concentrator is message 713120,
 * IKEDBG event 36 is 715036. An event that an ASA does not have keeps its own class and number.
 */
const MESSAGE_BASES: Readonly<Record<string, number>> = {
  IKE: 713_000,
  IKEDECODE: 714_000,
  IKEDBG: 715_000,
};

/** `%ASA-5-713120: Group = g, Username = u, IP = 192.0.2.1, PHASE 2 COMPLETED (msgid=1b050792)`. */
export function renderAsa(
  { at, record }: LoggedEvent,
  options: { readonly timestamp: boolean },
): string {
  const { definition, subject } = record;
  const base = MESSAGE_BASES[definition.class];
  const number =
    definition.asaMessage ?? (base === undefined ? undefined : base + definition.number);
  const message = number ?? `${definition.class}-${definition.number}`;
  const about = [
    ...(subject.group === undefined ? [] : [`Group = ${subject.group}`]),
    ...(subject.user === undefined ? [] : [`Username = ${subject.user}`]),
    ...(subject.peer === undefined ? [] : [`IP = ${subject.peer}`]),
  ];
  const text = eventText(record).replaceAll(/\s*\n\s*/g, ' ');
  const line = `%ASA-${syslogSeverity(definition.severity)}-${message}: ${[...about, text].join(', ')}`;
  if (!options.timestamp) return line;
  const t = calendarTime(at);
  return `${monthName(t)} ${padded(t.day)} ${t.year} ${formatTimeOfDay(t)}: ${line}`;
}
