import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { address } from '#base/address';
import type { Prefix } from '#base/prefix';
import type { DataPlaneReport } from '#dataplane/data-plane';
import type { Bench, BenchFactory, Sent } from '#dataplane/testing/bench';
import { setHeaderChecksum } from '#dataplane/testing/test-peer';
import { INSIDE } from '#dataplane/testing/world';
import type { Sys } from '../sys.ts';
import { configureTun, openBareTun } from '../tun.ts';
import { UserspaceDataPlane, type UserspaceOptions } from '../userspace-data-plane.ts';
import { Peers } from './peers.ts';

const head = address('172.16.172.50');
const head6 = address('2001:db8::50');
const peer = address('171.69.89.78');
const other = address('171.69.89.79');
const peer6 = address('2001:db8::78');

/** What the namespace of the tests has to own. */
export const ADDRESSES = [
  ...[head, peer, other].map((a) => `${a}/32`),
  ...[head6, peer6].map((a) => `${a}/128`),
];

/** Two milliseconds each, half a minute in all, without anything happening. */
const PATIENCE = 15_000;
const MOST_OCTETS = 65_535;
/** See `innerPacket` and `flowPacket`; and ICMP that says that a packet was too large. */
const OURS = { protocol: 253, nextHeader: 59, tcp: 6, icmp: 1, icmpv6: 58 } as const;
const TOO_LARGE = { icmp: 3, icmpv6: 2 } as const;

/** Whether a packet is a story's or the data plane's; the kernel has some of its own. */
function isOurs(packet: Uint8Array): boolean {
  const four = (packet[0] as number) >> 4 === 4;
  const protocol = packet[four ? 9 : 6];
  if (protocol === OURS.icmp && four) return packet[20] === TOO_LARGE.icmp;
  if (protocol === OURS.icmpv6 && !four) return packet[40] === TOO_LARGE.icmpv6;
  return protocol === OURS.tcp || protocol === (four ? OURS.protocol : OURS.nextHeader);
}

/** What a router makes of a packet. */
function routed(packet: Uint8Array): Uint8Array {
  const after = packet.slice();
  if ((after[0] as number) >> 4 === 6) after[7] = (after[7] as number) - 1;
  else {
    after[8] = (after[8] as number) - 1;
    setHeaderChecksum(after);
  }
  return after;
}

/** The inside network: a TUN interface whose other end is the test. */
class InsideTun {
  readonly #sys: Sys;
  readonly #fd: number;
  readonly #arena;

  constructor(sys: Sys, name: string, routes: readonly Prefix[]) {
    this.#sys = sys;
    this.#arena = sys.arena(MOST_OCTETS);
    const fd = openBareTun(sys, name);
    assert.ok(fd.ok);
    this.#fd = fd.value;
    const configured = configureTun({ name, mtu: MOST_OCTETS, routes });
    assert.ok(configured.ok, configured.ok ? '' : configured.error);
  }

  send(packet: Uint8Array): void {
    this.#arena.bytes.set(packet);
    assert.equal(this.#sys.write(this.#fd, this.#arena.pointer, packet.length), packet.length);
  }

  take(): Uint8Array[] {
    const packets: Uint8Array[] = [];
    const read = () => this.#sys.read(this.#fd, this.#arena.pointer, MOST_OCTETS);
    for (let octets = read(); octets > 0; octets = read())
      packets.push(this.#arena.bytes.slice(0, octets));
    return packets.filter(isOurs);
  }

  close(): void {
    this.#sys.close(this.#fd);
  }
}

/** A bench of the user-space data plane, with what only its own tests look at. */
export type UserspaceBench = Bench & {
  readonly dataPlane: UserspaceDataPlane;
  /** The present workers, by their number. */
  readonly workers: Worker[];
  /** All workers so far. */
  readonly started: Worker[];
};

export type UserspaceFactory = Omit<BenchFactory, 'start'> & {
  start(options?: Partial<UserspaceOptions>): Promise<UserspaceBench>;
};

/** Benches in the namespace that the process is in. */
export function userspaceFactory(sys: Sys, workerCount = 1): UserspaceFactory {
  const plain = { address: head, port: 500 };
  const encapsulated = { address: head, port: 4500 };
  const encapsulated6 = { address: head6, port: 4500 };
  const peers = [
    { address: peer, port: 4500 },
    { address: other, port: 4500 },
  ] as const;
  const listen = [
    { endpoint: plain, encapsulated: false },
    { endpoint: encapsulated, encapsulated: true },
    { endpoint: encapsulated6, encapsulated: true },
  ];
  const v6Peer = { address: peer6, port: 4500 };
  return {
    name: workerCount === 1 ? 'userspace' : `userspace, ${workerCount} workers`,
    plain,
    encapsulated,
    encapsulated6,
    peers,
    peer6: v6Peer,
    seesMarks: true,
    carriesBareEsp: true,
    carriesTransport: false,
    workers: workerCount,
    start: async (options = {}) => {
      const reports: DataPlaneReport[] = [];
      const workers: Worker[] = [];
      const started: Worker[] = [];
      const inside = new InsideTun(sys, 'inside0', [INSIDE.network, INSIDE.network6]);
      const outside = new Peers(sys);
      for (const remote of [...peers, v6Peer]) outside.listen(remote, 17);
      outside.listen(peers[0], 50);
      const opened = await UserspaceDataPlane.start({
        listen,
        report: (report) => reports.push(report),
        tun: { name: 'headend0', mtu: 1500, routes: [INSIDE.pool, INSIDE.pool6] },
        workers: workerCount,
        onWorker: (worker, index) => {
          started.push(worker);
          workers[index] = worker;
        },
        ...options,
      });
      assert.ok(opened.ok, opened.ok ? '' : opened.error);
      const sent: Sent[] = [];
      const delivered: Uint8Array[] = [];
      let idle = 0;
      let seen = 0;
      return {
        dataPlane: opened.value,
        workers,
        started,
        reports,
        sent,
        delivered,
        arrive: (remote, local, bytes, marks = {}) => outside.send(remote, local, bytes, marks),
        sendInside: (packet) => inside.send(packet),
        forwarded: routed,
        wait: async () => {
          await setTimeout(2);
          sent.push(...outside.take());
          delivered.push(...inside.take());
          const now = reports.length + sent.length + delivered.length;
          idle = now === seen ? idle + 1 : 0;
          seen = now;
          return idle < PATIENCE;
        },
        close: async () => {
          await opened.value.close();
          inside.close();
          outside.close();
        },
      };
    },
  };
}
