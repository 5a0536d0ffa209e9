import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { Prng } from '#base/prng';
import type { DataPlaneReport } from '#dataplane/data-plane';
import { EndpointWords } from '#dataplane/endpoint-words';
import { lastingReport, type PathReport } from '#dataplane/path-report';
import { PLACE_OCTETS, ReportReader, ReportWriter, reportMemory } from './report-ring.ts';

const four = EndpointWords.of({ address: address('192.0.2.1'), port: 4500 });
const six = EndpointWords.of({ address: address('2001:db8::1'), port: 500 });
const bytes = Uint8Array.from({ length: 700 }, (_, i) => i);

const REPORTS: readonly PathReport[] = [
  { kind: 'datagram', local: four, remote: four, bytes, encapsulated: true, begins: undefined },
  {
    kind: 'datagram',
    local: six,
    remote: six,
    bytes: bytes.subarray(3, 40),
    encapsulated: false,
    begins: 'first',
  },
  {
    kind: 'datagram',
    local: four,
    remote: four,
    bytes: new Uint8Array(0),
    encapsulated: true,
    begins: 'again',
  },
  { kind: 'keepalive', local: four, remote: four },
  { kind: 'inboundActive', spi: 0xfffffffe },
  { kind: 'peerMoved', spi: 256, remote: six },
  { kind: 'unknownSpi', spi: 0x80000000, remote: four },
  { kind: 'expiring', spi: 257, direction: 'inbound' },
  { kind: 'expired', spi: 258, direction: 'outbound' },
];

function ring(places: number) {
  const memory = reportMemory(places);
  const reader = new ReportReader(memory);
  const writer = new ReportWriter(memory);
  const heard: DataPlaneReport[] = [];
  return { memory, reader, writer, heard, hear: () => reader.drain((r) => heard.push(r)) };
}

test('every kind of report arrives as it was said', () => {
  const { writer, heard, hear } = ring(64);
  for (const report of REPORTS) assert.ok(writer.put(report));
  hear();
  assert.deepEqual(heard, [], 'nothing shows before it is published');
  assert.ok(writer.publish());
  hear();
  assert.deepEqual(heard, REPORTS.map(lastingReport));
});

test('a reader is told once, and again when it listens', () => {
  const { reader, writer, hear } = ring(64);
  const say = () => {
    writer.put(REPORTS[3] as PathReport);
    return writer.publish();
  };
  assert.deepEqual([writer.publish(), say(), say()], [false, true, false]);
  hear();
  assert.equal(say(), false, 'it does not listen yet');
  assert.equal(reader.listen(), false, 'and finds what was said meanwhile');
  hear();
  assert.equal(reader.listen(), true);
  assert.deepEqual([writer.publish(), say()], [false, true]);
});

test('an empty ring begins anew: no more memory is touched than reports wait at once', () => {
  const { memory, reader, writer, heard, hear } = ring(64);
  for (let i = 0; i < 1000; i += 1) {
    for (const report of REPORTS) writer.put(report);
    writer.publish();
    hear();
    reader.listen();
  }
  assert.equal(heard.length, 1000 * REPORTS.length);
  const touched = new Uint8Array(memory).findLastIndex((octet) => octet !== 0);
  assert.ok(touched < (REPORTS.length + 2) * PLACE_OCTETS);
});

test('reports of any length go round the ring in order, and one that has no place is refused', () => {
  const random = new Prng(7);
  const { writer, heard, hear } = ring(40);
  const said: DataPlaneReport[] = [];
  let refused = 0;
  for (let i = 0; i < 5000; i += 1) {
    const length = random.between(0, 4 * PLACE_OCTETS);
    const long = Uint8Array.from({ length }, () => random.between(0, 255));
    const report = { ...REPORTS[0], bytes: long } as PathReport;
    if (writer.put(report)) said.push(lastingReport(report));
    else refused += 1;
    writer.publish();
    if (random.between(0, 7) === 0) hear();
  }
  hear();
  assert.ok(refused > 0 && said.length > 1000);
  assert.deepEqual(heard, said);
  assert.equal(writer.taken, 0);
});

test('a successor goes on where a writer has died, without what it had not shown', () => {
  const { memory, reader, writer, heard, hear } = ring(64);
  writer.put(REPORTS[4] as PathReport);
  writer.publish();
  writer.put(REPORTS[5] as PathReport);
  hear();
  assert.ok(reader.listen());
  const successor = new ReportWriter(memory);
  successor.put(REPORTS[6] as PathReport);
  assert.ok(successor.publish());
  hear();
  assert.deepEqual(
    heard,
    [REPORTS[4], REPORTS[6]].map((r) => lastingReport(r as PathReport)),
  );
});
