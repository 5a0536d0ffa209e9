import type { Instant } from './instant.ts';

/** A moment in the calendar of UTC. */
export type CalendarTime = {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly day: number;
  /** 0 for Sunday to 6. */
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
};

const MONTH_NAMES = [
  ...['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun'],
  ...['Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'],
] as const;
const WEEKDAY_NAMES = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;

const LONG_MONTH_NAMES = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
] as const;
const LONG_WEEKDAY_NAMES = [
  ...['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'],
] as const;

const DAY_MS = 86_400_000;

/**
 * The calendar date of an instant: the Gregorian rules run backwards over years that begin in March,
 * so that the leap day is the last of its year.
 */
export function calendarTime(at: Instant): CalendarTime {
  const days = Math.floor(at / DAY_MS);
  const ms = Math.floor(at) - days * DAY_MS;
  // Days since 1 March of the year 0; 400 years have 146,097 days.
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
    weekday: (((days + 4) % 7) + 7) % 7,
    hour: Math.floor(ms / 3_600_000),
    minute: Math.floor(ms / 60_000) % 60,
    second: Math.floor(ms / 1000) % 60,
    millisecond: ms % 1000,
  };
}

/** A number with leading zeros up to `width` digits. */
export const padded = (value: number, width = 2): string => String(value).padStart(width, '0');

/** `20:22:42`. */
export const formatTimeOfDay = (t: CalendarTime): string =>
  `${padded(t.hour)}:${padded(t.minute)}:${padded(t.second)}`;

/** `20:22:42.390`. */
export const formatMilliseconds = (t: CalendarTime): string =>
  `${formatTimeOfDay(t)}.${padded(t.millisecond, 3)}`;

/** `Oct`. */
export const monthName = (t: CalendarTime): string => MONTH_NAMES[t.month - 1] as string;
/** `Sun`. */
export const weekdayName = (t: CalendarTime): string => WEEKDAY_NAMES[t.weekday] as string;

/** `Thursday, 18 October 2001`; LB-50. */
export const longDate = (t: CalendarTime): string =>
  `${LONG_WEEKDAY_NAMES[t.weekday]}, ${t.day} ${LONG_MONTH_NAMES[t.month - 1]} ${t.year}`;

/** `0:13:05`, hours above 24 allowed; LB-68. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const minutes = Math.floor(seconds / 60);
  return `${Math.floor(minutes / 60)}:${padded(minutes % 60)}:${padded(seconds % 60)}`;
}
