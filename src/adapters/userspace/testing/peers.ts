import assert from 'node:assert/strict';
import { type Endpoint, formatEndpoint } from '#base/address';
import { toHex } from '#base/bytes';
import { EndpointWords } from '#dataplane/endpoint-words';
import type { Marks } from '#dataplane/memory-data-plane';
import type { Sent } from '#dataplane/testing/bench';
import { AF_INET, SOCK_NONBLOCK, SOCK_RAW } from '../linux.ts';
import { ReceiveBatch } from '../receive-batch.ts';
import { SendBatch } from '../send-batch.ts';
import { type OpenSocket, openEsp, openUdp } from '../sockets.ts';
import type { Sys } from '../sys.ts';

type Socket = {
  readonly open: OpenSocket;
  readonly batch: SendBatch;
  readonly remote: Endpoint;
};

const UDP = 17;
const ESP = 50;

/** Peers of a data plane: real sockets of this machine, read when asked. */
export class Peers {
  readonly #sys: Sys;
  readonly #sockets = new Map<string, Socket>();
  readonly #receive: ReceiveBatch;
  /** Sees the IP headers of every UDP packet that arrives here. */
  readonly #tap: number;
  /** Whether DF was set, of packets that the tap saw and no socket has delivered yet. */
  readonly #dontFragment = new Map<string, boolean>();

  constructor(sys: Sys) {
    this.#sys = sys;
    this.#receive = new ReceiveBatch(sys, 8);
    this.#tap = sys.socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK, UDP);
    assert.ok(this.#tap >= 0);
  }

  /** Has a peer listen at `remote`. */
  listen(remote: Endpoint, protocol: number): Socket {
    const key = `${protocol} ${formatEndpoint(remote)}`;
    const known = this.#sockets.get(key);
    if (known) return known;
    const opened =
      protocol === ESP
        ? openEsp(this.#sys, remote.address, 1)
        : openUdp(this.#sys, { endpoint: remote, encapsulated: true }, 1);
    assert.ok(opened.ok, opened.ok ? '' : opened.error);
    const open = opened.value[0] as OpenSocket;
    const family = remote.address.includes(':') ? 6 : 4;
    const outlet = { fd: open.fd, family, isUdp: protocol === UDP } as const;
    const cannot = () => assert.fail('the peer cannot send');
    const batch = new SendBatch(this.#sys, outlet, { dropped: cannot, tooLarge: () => {} });
    const socket = { open, batch, remote };
    this.#sockets.set(key, socket);
    return socket;
  }

  /** Sends one datagram. */
  send(remote: Endpoint, local: Endpoint, bytes: Uint8Array, marks: Marks): void {
    const { batch } = this.listen(remote, marks.protocol ?? UDP);
    batch.arena.bytes.set(bytes, batch.reserve(bytes.length, false));
    batch.commit(EndpointWords.of(local), bytes.length, marks.trafficClass ?? 0, false);
    batch.flush();
  }

  /** What has arrived from the data plane. */
  take(): Sent[] {
    const taken: Sent[] = [];
    for (const socket of this.#sockets.values()) this.#read(socket, taken);
    this.#readTap();
    return taken.map((sent) => {
      const key = packetKey(sent.remote.port, sent.bytes);
      const dontFragment = this.#dontFragment.get(key);
      this.#dontFragment.delete(key);
      return dontFragment === undefined ? sent : { ...sent, dontFragment };
    });
  }

  close(): void {
    for (const { open } of this.#sockets.values()) this.#sys.close(open.fd);
    this.#sys.close(this.#tap);
  }

  #read({ open, remote }: Socket, taken: Sent[]): void {
    const receive = this.#receive;
    const from = new EndpointWords();
    for (let count = receive.receive(open.fd); count > 0; count = receive.receive(open.fd))
      for (let i = 0; i < count; i += 1) {
        receive.remote(i, from);
        const { bytes } = receive.arena;
        // A raw socket of IPv4 sees the header of the packet too.
        const start = receive.offset(i) + (open.kind === 'esp' ? 20 : 0);
        const end = receive.offset(i) + receive.octets(i);
        const step = open.kind === 'esp' ? end - start : receive.segmentOctets(i);
        for (let at = start; at < end; at += step)
          taken.push({
            local: from.endpoint(),
            remote,
            protocol: open.kind === 'esp' ? ESP : UDP,
            bytes: bytes.slice(at, Math.min(at + step, end)),
            trafficClass: receive.trafficClass(i),
          });
      }
  }

  /** The kernel gives the tap a packet before its socket, so what is seen here may be for later. */
  #readTap(): void {
    const receive = this.#receive;
    for (let count = receive.receive(this.#tap); count > 0; count = receive.receive(this.#tap))
      for (let i = 0; i < count; i += 1) {
        const start = receive.offset(i);
        const { bytes } = receive.arena;
        const port = ((bytes[start + 22] as number) << 8) | (bytes[start + 23] as number);
        const payload = bytes.subarray(start + 28, start + receive.octets(i));
        this.#dontFragment.set(
          packetKey(port, payload),
          ((bytes[start + 6] as number) & 0x40) !== 0,
        );
      }
  }
}

/** Enough to know a packet again: its port, and SPI and sequence number. */
const packetKey = (port: number, payload: Uint8Array): string =>
  `${port} ${toHex(payload.subarray(0, 8))}`;
