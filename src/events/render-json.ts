import { eventText } from './event.ts';
import type { LoggedEvent } from './log.ts';

/** One event as a line of JSON: what it says, whom it is about, what it means and what to do. */
export const renderJson = ({ sequence, at, repeat, record }: LoggedEvent): string =>
  JSON.stringify({
    sequence,
    at,
    class: record.definition.class,
    number: record.definition.number,
    severity: record.definition.severity,
    repeat,
    ...record.subject,
    text: eventText(record),
    arguments: record.args,
    why: record.definition.why,
    remedy: record.definition.remedy,
  });
