import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  calendarTime,
  formatDuration,
  formatMilliseconds,
  monthName,
  weekdayName,
} from './calendar.ts';
import { instant } from './instant.ts';
import { Prng } from './prng.ts';

test('the calendar agrees with the platform over four thousand years', () => {
  const prng = new Prng(1);
  const samples = [0, -1, Date.UTC(2000, 1, 29), Date.UTC(1900, 2, 1), Date.UTC(2100, 1, 28)];
  for (let i = 0; i < 20_000; i += 1)
    samples.push(prng.between(-3e13, 6e13) + prng.between(0, 999));
  for (const ms of samples) {
    const date = new Date(ms);
    const t = calendarTime(instant(ms));
    assert.equal(
      Date.UTC(t.year, t.month - 1, t.day, t.hour, t.minute, t.second, t.millisecond),
      ms,
    );
    assert.equal(t.weekday, date.getUTCDay());
  }
});

test('names and times of day', () => {
  const t = calendarTime(instant(Date.UTC(2002, 9, 20, 20, 22, 42, 390)));
  assert.equal(formatMilliseconds(t), '20:22:42.390');
  assert.equal(monthName(t), 'Oct');
  assert.equal(weekdayName(t), 'Sun');
});

test('LB-68: a duration is H:MM:SS, and hours go on above 24', () => {
  assert.equal(formatDuration(13 * 60_000 + 5_999), '0:13:05');
  assert.equal(formatDuration(((45 * 60 + 33) * 60 + 53) * 1000), '45:33:53');
  assert.equal(formatDuration(-5), '0:00:00');
});
