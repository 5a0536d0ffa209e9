import { calendarTime, formatMilliseconds, padded } from '#base/calendar';
import { eventText, subjectText } from './event.ts';
import type { LoggedEvent } from './log.ts';

/**
 * The concentrator's form, NAT-61: a header
 * `2835 10/20/2002 20:22:42.390 SEV=8 IKEDECODE/0 RPT=8190 171.69.89.78`, the group and user where
 * they are known, and the text.
 */
export function renderVpn3000({ sequence, at, repeat, record }: LoggedEvent): string {
  const t = calendarTime(at);
  const { definition, subject } = record;
  const time = `${padded(t.month)}/${padded(t.day)}/${padded(t.year, 4)} ${formatMilliseconds(t)}`;
  const kind = `SEV=${definition.severity} ${definition.class}/${definition.number}`;
  const peer = subject.peer === undefined ? '' : ` ${subject.peer}`;
  const about = subjectText(subject);
  const lines = about === undefined ? eventText(record) : `${about}\n${eventText(record)}`;
  return `${sequence} ${time} ${kind} RPT=${repeat}${peer}\n${lines}`;
}
