import { address } from '#base/address';
import { after, type Instant, instant } from '#base/instant';
import { Prng } from '#base/prng';
import type { DataPlaneReport } from './data-plane.ts';
import { MemoryDataPlane } from './memory-data-plane.ts';
import type { Bench, BenchFactory, Sent } from './testing/bench.ts';
import { dataPlaneCompliance } from './testing/compliance.ts';

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
