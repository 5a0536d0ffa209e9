import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatDuration,
  formatEndpoint,
  formatEventTime,
  formatLoginTime,
  formatMemory,
  formatOctets,
  formatPageTime,
  formatRate,
  formatSpi,
} from './format.ts';

const localTime = (...parts: [number, number, number, number, number, number, number?]) =>
  new Date(...parts).getTime();

test('LB-68: durations are H:MM:SS with hours that run past 24', () => {
  assert.equal(formatDuration(785_000), '0:13:05');
  assert.equal(formatDuration(1_107_000), '0:18:27');
  assert.equal(formatDuration(164_033_999), '45:33:53');
  assert.equal(formatDuration(-5), '0:00:00');
});

test('LB-68: login times are month, day and time without a year', () => {
  assert.equal(formatLoginTime(localTime(2001, 9, 18, 9, 49, 17)), 'Oct 18 09:49:17');
  assert.equal(formatLoginTime(localTime(2001, 0, 5, 0, 0, 0)), 'Jan 05 00:00:00');
});

test('events and pages carry the time as the concentrator writes it', () => {
  const at = localTime(2001, 9, 18, 10, 2, 23, 45);
  assert.equal(formatEventTime(at), '10/18/2001 10:02:23.045');
  assert.equal(formatPageTime(at), 'Thursday, 18 October 2001 10:02:23');
});

test('octets are exact up to five digits, then have three', () => {
  assert.equal(formatOctets(16_112), '16,112');
  assert.equal(formatOctets(99_999), '99,999');
  assert.equal(formatOctets(100_000), '100 kB');
  assert.equal(formatOctets(999_600), '1.00 MB');
  assert.equal(formatOctets(1_534_000_000), '1.53 GB');
  assert.equal(formatOctets(99_960_000), '100 MB');
});

test('rates are in bits per second', () => {
  assert.equal(formatRate(0), '0 b/s');
  assert.equal(formatRate(999), '999 b/s');
  assert.equal(formatRate(1000), '1.00 kb/s');
  assert.equal(formatRate(12_340_000), '12.3 Mb/s');
  assert.equal(formatRate(3.1e9), '3.10 Gb/s');
});

test('memory, SPIs and endpoints', () => {
  assert.equal(formatMemory(96 << 20), '96 MiB');
  assert.equal(formatMemory(4 * 2 ** 30), '4.00 GiB');
  assert.equal(formatSpi(0x1a2b), '0x00001a2b');
  assert.equal(formatSpi(0xfedcba98), '0xfedcba98');
  assert.equal(formatEndpoint('171.69.89.78', 1029), '171.69.89.78:1029');
  assert.equal(formatEndpoint('2001:db8::1', 4500), '[2001:db8::1]:4500');
  assert.equal(formatEndpoint('171.69.89.78', undefined), '171.69.89.78');
});
