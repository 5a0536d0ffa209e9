import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { address, type Endpoint, formatEndpoint } from '#base/address';
import { instant } from '#base/instant';
import { Prng } from '#base/prng';
import type { DataPlaneReport } from '#dataplane/data-plane';
import type { Bench, BenchFactory, Sent } from '#dataplane/testing/bench';
import { dataPlaneCompliance } from '#dataplane/testing/compliance';
import { ipProtocols } from '#wire/protocol-numbers';
import { MemoryOverUdp } from './memory-over-udp.ts';
import { bindUdp, type UdpSocket } from './udp.ts';

/** The portable way: sockets of dgram and ciphers of node:crypto, without root and without koffi. */

const at = (host: string, port: number): Endpoint => ({ address: address(host), port });
/** Other runs of these tests on this machine have other ports, below those that the system gives out. */
const port = 10_000 + (process.pid % 7000);
const plain = at('127.77.0.1', port + 7000);
const encapsulated = at('127.77.0.1', port);
const encapsulated6 = at('::1', port);
const peers = [at('127.77.0.2', port), at('127.77.0.3', port)] as const;
const peer6 = at('::1', port + 14_000);

/** Turns of two milliseconds without anything happening before something is given up. */
const PATIENCE = 15_000;

/** Peers on sockets of this machine; those that a story invents are bound when they first speak. */
class Peers {
  readonly sent: Sent[];
  readonly #sockets = new Map<string, Promise<UdpSocket>>();

  constructor(sent: Sent[]) {
    this.sent = sent;
  }

  listen(remote: Endpoint): Promise<UdpSocket> {
    const key = formatEndpoint(remote);
    const known = this.#sockets.get(key);
    if (known) return known;
    const socket = this.#bind(remote);
    this.#sockets.set(key, socket);
    return socket;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.values()) await (await socket).close();
  }

  async #bind(remote: Endpoint): Promise<UdpSocket> {
    const bound = await bindUdp(remote, (local, bytes) =>
      this.sent.push({ local, remote, protocol: ipProtocols.udp, bytes }),
    );
    assert.ok(bound.ok, bound.ok ? '' : bound.error);
    return bound.value;
  }
}

async function start(options: Parameters<BenchFactory['start']>[0]): Promise<Bench> {
  const reports: DataPlaneReport[] = [];
  const delivered: Uint8Array[] = [];
  const outside = new Peers([]);
  const started = await MemoryOverUdp.start({
    ...options,
    listen: [
      { endpoint: plain, encapsulated: false },
      { endpoint: encapsulated, encapsulated: true },
      { endpoint: encapsulated6, encapsulated: true },
    ],
    report: (report) => reports.push(report),
    inside: { deliver: (packet) => delivered.push(packet) },
    random: new Prng(1),
    now: () => instant(performance.now()),
  });
  assert.ok(started.ok, started.ok ? '' : started.error);
  const dataPlane = started.value;
  for (const peer of [...peers, peer6]) await outside.listen(peer);
  /** What was asked for earlier happens earlier. */
  let last = Promise.resolve();
  let idle = 0;
  let seen = 0;
  return {
    dataPlane,
    reports,
    sent: outside.sent,
    delivered,
    arrive: (remote, local, bytes) => {
      const octets = bytes.slice();
      last = last.then(async () => (await outside.listen(remote)).send(local, octets));
    },
    sendInside: (packet) => dataPlane.sendInside(packet),
    forwarded: (packet) => packet,
    wait: async () => {
      await setTimeout(2);
      const now = reports.length + outside.sent.length + delivered.length;
      idle = now === seen ? idle + 1 : 0;
      seen = now;
      return idle < PATIENCE;
    },
    close: async () => {
      await last;
      await dataPlane.close();
      await outside.close();
    },
  };
}

dataPlaneCompliance({
  name: 'memory over UDP',
  plain,
  encapsulated,
  encapsulated6,
  peers,
  peer6,
  seesMarks: false,
  carriesBareEsp: false,
  carriesTransport: true,
  start,
});
