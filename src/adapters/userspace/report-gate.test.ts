import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import type { DataPlaneReport } from '#dataplane/data-plane';
import { placesOf, ReportGate } from './report-gate.ts';

const at = { address: address('192.0.2.1'), port: 4500 };
const keepalive: DataPlaneReport = { kind: 'keepalive', local: at, remote: at };

test('reports of strangers stop at a bound while nobody deals with them, others do not', () => {
  const handled = new SharedArrayBuffer(4);
  const posted: DataPlaneReport[] = [];
  let dropped = 0;
  const gate = new ReportGate(
    handled,
    8192,
    (reports) => posted.push(...reports),
    () => {
      dropped += 1;
    },
  );
  for (let i = 0; i < 10_000; i += 1) {
    gate.add(keepalive);
    if (i % 10 === 0) gate.flush();
  }
  gate.flush();
  assert.deepEqual([posted.length, dropped], [8192, 10_000 - 8192]);
  gate.add({ kind: 'inboundActive', spi: 256 });
  gate.flush();
  assert.equal(posted.length, 8193);
  Atomics.add(new Int32Array(handled), 0, 8193);
  for (let i = 0; i < 100; i += 1) gate.add(keepalive);
  gate.flush();
  assert.equal(posted.length, 8293);
});

test('a flood of first messages leaves room for repeated ones and for negotiations under way', () => {
  const handled = new SharedArrayBuffer(4);
  const posted: DataPlaneReport[] = [];
  let dropped = 0;
  const gate = new ReportGate(
    handled,
    100,
    (reports) => posted.push(...reports),
    () => {
      dropped += 1;
    },
  );
  const bytes = new Uint8Array(28);
  const message = { kind: 'datagram', local: at, remote: at, bytes, encapsulated: false } as const;
  for (let i = 0; i < 1000; i += 1) gate.add({ ...message, begins: 'first' });
  gate.flush();
  assert.deepEqual([posted.length, dropped], [25, 975]);
  gate.add({ ...message, begins: 'again' });
  for (let i = 0; i < 999; i += 1) gate.add(message);
  gate.flush();
  assert.deepEqual([posted.length, dropped], [100, 975 + 925]);
});

test('long datagrams take more places than short ones, so that the octets under way have a bound too', () => {
  const handled = new SharedArrayBuffer(4);
  const posted: DataPlaneReport[] = [];
  const gate = new ReportGate(
    handled,
    100,
    (reports) => posted.push(...reports),
    () => {},
  );
  const bytes = new Uint8Array(60_000);
  const message = { kind: 'datagram', local: at, remote: at, bytes, encapsulated: false } as const;
  for (let i = 0; i < 1000; i += 1) gate.add(message);
  gate.flush();
  assert.equal(posted.length, 4, 'thirty places each, and whoever finds one free may come');
  Atomics.add(
    new Int32Array(handled),
    0,
    posted.reduce((sum, report) => sum + placesOf(report), 0),
  );
  for (let i = 0; i < 1000; i += 1) gate.add(keepalive);
  gate.flush();
  assert.equal(posted.length, 104, 'all places are free again');
});
