import { calendarTime, formatMilliseconds, padded } from '#base/calendar';
import { eventText } from './event.ts';
import type { LoggedEvent } from './log.ts';

/** The word the VPN client prints before a severity. */
const severityWord = (severity: number): string =>
  severity === 1 ? 'Fault' : severity <= 3 ? 'Warning' : 'Info';

/**
 * The VPN client's form, NAT-41: a header
 * `42     21:07:42.326  10/18/02  Sev=Info/6   IKE/0x6300003B`, then the text. The number of a client
 * event is the whole 32-bit identifier, which holds the component too.
 */
export function renderClient({ sequence, at, record }: LoggedEvent): string {
  const t = calendarTime(at);
  const { definition } = record;
  const date = `${padded(t.month)}/${padded(t.day)}/${padded(t.year % 100)}`;
  const severity = `Sev=${severityWord(definition.severity)}/${definition.severity}`.padEnd(13);
  const identifier = definition.number.toString(16).toUpperCase().padStart(8, '0');
  const header = `${String(sequence).padEnd(7)}${formatMilliseconds(t)}  ${date}  ${severity}`;
  return `${header}${definition.class}/0x${identifier}\n${eventText(record)}`;
}
