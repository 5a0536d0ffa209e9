import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import type { DataPlaneReport } from '#dataplane/data-plane';
import { EndpointWords } from '#dataplane/endpoint-words';
import type { PathReport } from '#dataplane/path-report';
import { gateMemory, ReportGate } from './report-gate.ts';
import { ReportReader } from './report-ring.ts';

const at = EndpointWords.of({ address: address('192.0.2.1'), port: 4500 });
const keepalive: PathReport = { kind: 'keepalive', local: at, remote: at };
const active: PathReport = { kind: 'inboundActive', spi: 256 };

const message = (octets: number, begins?: 'first' | 'again'): PathReport => ({
  kind: 'datagram',
  local: at,
  remote: at,
  bytes: new Uint8Array(octets),
  encapsulated: false,
  begins,
});

/** A gate with `most` places, and the main thread behind it, which looks when it is asked to. */
function gated(most: number) {
  const memory = gateMemory(most);
  const reader = new ReportReader(memory);
  const beside: DataPlaneReport[] = [];
  const counts = { dropped: 0, told: 0 };
  const gate = new ReportGate(
    memory,
    most,
    (report) => {
      if (report) beside.push(report);
      else counts.told += 1;
    },
    () => {
      counts.dropped += 1;
    },
  );
  /** Deals with everything that waits; how much that was. */
  const hear = (): number => {
    let heard = 0;
    reader.drain(() => {
      heard += 1;
    });
    reader.listen();
    return heard;
  };
  return { gate, counts, beside, hear };
}

test('reports of strangers stop at a bound while nobody deals with them, others do not', () => {
  const { gate, counts, beside, hear } = gated(8192);
  for (let i = 0; i < 10_000; i += 1) {
    gate.add(keepalive);
    if (i % 10 === 0) gate.flush();
  }
  gate.flush();
  assert.deepEqual(counts, { dropped: 10_000 - 8192, told: 1 });
  for (let i = 0; i < 2000; i += 1) gate.add(active);
  gate.flush();
  assert.equal(counts.dropped, 10_000 - 8192);
  assert.ok(beside.length > 0, 'what has no place goes beside the ring');
  assert.equal(hear() + beside.length, 8192 + 2000);
  for (let i = 0; i < 100; i += 1) gate.add(keepalive);
  gate.flush();
  assert.equal(hear(), 100);
});

test('a flood of first messages leaves room for repeated ones and for negotiations under way', () => {
  const { gate, counts, hear } = gated(100);
  for (let i = 0; i < 1000; i += 1) gate.add(message(28, 'first'));
  gate.flush();
  assert.equal(counts.dropped, 975);
  gate.add(message(28, 'again'));
  for (let i = 0; i < 999; i += 1) gate.add(message(28));
  gate.flush();
  assert.deepEqual([hear(), counts.dropped], [100, 975 + 925]);
});

test('long datagrams take more places than short ones, so that the octets under way have a bound too', () => {
  const { gate, hear } = gated(100);
  for (let i = 0; i < 1000; i += 1) gate.add(message(16_000));
  gate.flush();
  assert.equal(hear(), 4, 'thirty-two places each, and whoever finds one free may come');
  for (let i = 0; i < 1000; i += 1) gate.add(keepalive);
  gate.flush();
  assert.equal(hear(), 100, 'all places are free again');
});
