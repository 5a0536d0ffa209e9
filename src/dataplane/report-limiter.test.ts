import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, ipv4FromNumber } from '#base/address';
import { instant } from '#base/instant';
import { EndpointWords } from './endpoint-words.ts';
import { ReportLimiter } from './report-limiter.ts';

const source = (host: number, port = 4500): EndpointWords =>
  EndpointWords.of({ address: ipv4FromNumber(host), port });

test('one report a second and source address, whatever its port', () => {
  const limiter = new ReportLimiter();
  assert.ok(limiter.admits(source(1), instant(0)));
  assert.ok(!limiter.admits(source(1, 9), instant(999)));
  assert.ok(limiter.admits(source(2), instant(999)));
  assert.ok(limiter.admits(source(1), instant(1000)));
});

test('a stranger with many addresses gets no more than a bounded number through', () => {
  const limiter = new ReportLimiter();
  let admitted = 0;
  for (let i = 0; i < 10_000; i += 1) if (limiter.admits(source(i), instant(i / 2))) admitted += 1;
  assert.ok(admitted <= 64 * 6, `${admitted} reports in five seconds`);
  assert.ok(admitted >= 64 * 5);
});

test('endpoints survive the way through integers', () => {
  for (const text of [
    '0.0.0.0',
    '255.255.255.255',
    '10.1.2.3',
    '::',
    'fd00::ffff:1',
    '2001:db8::1',
  ]) {
    const endpoint = { address: address(text), port: 65_535 };
    const words = EndpointWords.of(endpoint);
    assert.deepEqual(words.endpoint(), endpoint);
    const copy = new EndpointWords();
    copy.copy(words);
    assert.ok(copy.equals(words));
    copy.port = 1;
    assert.ok(!copy.equals(words) && copy.sameAddress(words));
  }
  const zero4 = EndpointWords.of({ address: address('0.0.0.0'), port: 1 });
  assert.ok(!zero4.equals(EndpointWords.of({ address: address('::'), port: 1 })));
});
