import { calendarTime, formatMilliseconds, monthName } from '#base/calendar';
import { eventText } from './event.ts';
import type { LoggedEvent } from './log.ts';
import { syslogSeverity } from './syslog-severity.ts';

/**
 * The form of IOS: a message `Mar 1 06:03:40.174: %SYS-5-CONFIG_I: Configured from console`, or, for
 * what is a debug line there, the time and the text alone. Each line of a text gets its own time.
 */
export function renderIos({ at, record }: LoggedEvent): string {
  const t = calendarTime(at);
  const time = `${monthName(t)} ${t.day} ${formatMilliseconds(t)}: `;
  const { definition, subject } = record;
  const severity = syslogSeverity(definition.severity);
  const lines = eventText(record).split('\n');
  if (severity === 7) return lines.map((line) => time + line).join('\n');
  const about = [subject.group, subject.user, subject.peer].filter((part) => part !== undefined);
  const tail = about.length > 0 ? ` (${about.join(', ')})` : '';
  const name = definition.mnemonic ?? `E${definition.number}`;
  const text = lines.map((line) => line.trim()).join(' ');
  return `${time}%${definition.class}-${severity}-${name}: ${text}${tail}`;
}
