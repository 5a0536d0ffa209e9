import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { after, type Instant, instant } from '#base/instant';
import { Prng } from '#base/prng';
import type { DataPlaneReport } from './data-plane.ts';
import { MemoryDataPlane } from './memory-data-plane.ts';
import type { Bench, BenchFactory, Sent } from './testing/bench.ts';
import { dataPlaneCompliance } from './testing/compliance.ts';
import { World } from './testing/world.ts';

const head = address('172.16.172.50');
const plain = { address: head, port: 500 };
const encapsulated = { address: head, port: 4500 };
const encapsulated6 = { address: address('2001:db8::50'), port: 4500 };

const memory: BenchFactory = {
  name: 'memory',
  plain,
  encapsulated,
  encapsulated6,
  peers: [
    { address: address('171.69.89.78'), port: 4500 },
    { address: address('171.69.89.79'), port: 4500 },
  ],
  peer6: { address: address('2001:db8::78'), port: 4500 },
  seesMarks: true,
  carriesBareEsp: true,
  carriesTransport: true,
  start: async (options = {}): Promise<Bench> => {
    const reports: DataPlaneReport[] = [];
    const sent: Sent[] = [];
    const delivered: Uint8Array[] = [];
    let now: Instant = instant(0);
    const dataPlane = new MemoryDataPlane({
      ...options,
      listen: [
        { endpoint: plain, encapsulated: false },
        { endpoint: encapsulated, encapsulated: true },
        { endpoint: encapsulated6, encapsulated: true },
      ],
      report: (report) => reports.push(report),
      inside: { deliver: (packet) => delivered.push(packet) },
      output: (packet) => sent.push(packet),
      random: new Prng(1),
    });
    return {
      dataPlane,
      reports,
      sent,
      delivered,
      arrive: (remote, local, bytes, marks) => {
        now = after(now, 1);
        dataPlane.receive(local, remote, bytes, now, marks);
      },
      sendInside: (packet) => dataPlane.sendInside(packet),
      forwarded: (packet) => packet,
      wait: () => Promise.resolve(false),
      close: () => dataPlane.close(),
    };
  },
};

dataPlaneCompliance(memory);

test('the engine and the inside network may call back from within', async () => {
  const bench = await memory.start();
  const w = new World(memory, bench, 1);
  const peer = w.peer();
  const answers: Uint8Array[] = [];
  const dataPlane: MemoryDataPlane = new MemoryDataPlane({
    listen: [{ endpoint: encapsulated, encapsulated: true }],
    report: (report) => {
      if (report.kind === 'inboundActive') dataPlane.apply([outbound]);
    },
    inside: { deliver: () => dataPlane.sendInside(answer) },
    output: (packet) => answers.push(peer.open(packet.bytes).payload),
    random: new Prng(1),
  });
  const answer = w.fromInside(peer);
  const outbound = { kind: 'addOutbound', sa: peer.outbound } as const;
  dataPlane.apply([{ kind: 'addInbound', sa: peer.inbound }]);
  const { remote } = peer.options;
  for (let i = 0; i < 3; i += 1)
    dataPlane.receive(encapsulated, remote, peer.seal(w.fromClient(peer)), instant(i));
  assert.deepEqual(answers, [answer, answer, answer], 'by the SA that came with the report');
});

test('100,000 datagrams of nonsense are counted, reported or refused', async () => {
  const bench = await memory.start();
  const w = new World(memory, bench, 2);
  const peer = await w.join();
  bench.sent.length = 0;
  const esp = peer.seal(w.fromClient(peer));
  for (let i = 0; i < 100_000; i += 1) {
    const bytes = w.random.chance(0.5)
      ? w.random.bytes(w.random.between(0, 40))
      : esp.slice(0, w.random.between(0, esp.length - 1));
    if (w.random.chance(0.1)) bytes.fill(0, 0, 4);
    if (w.random.chance(0.01)) bytes.fill(0xff, 0, 1);
    bench.arrive(peer.options.remote, encapsulated, bytes, { trafficClass: i & 255 });
  }
  assert.deepEqual([bench.delivered, bench.sent], [[], []]);
  const { unknownSpi, malformed, authenticationFailed } = bench.dataPlane.counters();
  const control = bench.reports.filter(({ kind }) => kind === 'datagram' || kind === 'keepalive');
  assert.equal(unknownSpi + malformed + authenticationFailed + control.length, 100_000);
  assert.ok(Math.min(unknownSpi, malformed, authenticationFailed, control.length) > 1000);
  assert.ok(bench.reports.filter(({ kind }) => kind === 'unknownSpi').length <= 100);
});
