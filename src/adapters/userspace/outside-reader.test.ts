import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { address, type Endpoint } from '#base/address';
import { type Arena, plainArena } from '#base/arena';
import { concat } from '#base/bytes';
import { instant } from '#base/instant';
import { Prng } from '#base/prng';
import { pathCounters, readPathCounters } from '#dataplane/counters';
import type { DataPlaneReport } from '#dataplane/data-plane';
import { EndpointWords } from '#dataplane/endpoint-words';
import { ForwardingTable } from '#dataplane/forwarding-table';
import { PacketPath } from '#dataplane/packet-path';
import { lastingReport } from '#dataplane/path-report';
import { SaDirectory } from '#dataplane/sa-directory';
import { train } from '#dataplane/testing/flows';
import { TestPeer } from '#dataplane/testing/test-peer';
import { toyCiphers } from '#dataplane/testing/toy-ciphers';
import { SOL_UDP, UDP_GRO, writeSockaddr } from './linux.ts';
import { CMSG, MESSAGE } from './message-layout.ts';
import { OutsideReader } from './outside-reader.ts';
import type { Port } from './port.ts';
import type { Sys } from './sys.ts';

const { EAGAIN, EINTR, EINVAL, EIO, ENOBUFS } = constants.errno;

const here: Endpoint = { address: address('172.16.172.50'), port: 4500 };
const there: Endpoint = { address: address('171.69.89.78'), port: 4500 };
const moved: Endpoint = { address: address('171.69.89.78'), port: 1024 };

/** What one message of recvmmsg holds: datagrams of one size from one peer, the last may be shorter. */
type Message = { readonly remote: Endpoint; readonly datagrams: readonly Uint8Array[] };

/** A reader on a kernel that is made up: `messages` have arrived, and `write` says what becomes of each frame, 0 or an error number. */
function world(messages: Message[], write: (asked: number) => number = () => 0) {
  const random = new Prng(1);
  const memory: Arena[] = [];
  const frames: Uint8Array[] = [];
  let errno = 0;
  let asked = 0;
  const arenaOf = (pointer: number) => {
    const arena = memory.find((m) => pointer >= m.pointer && pointer < m.pointer + m.bytes.length);
    assert.ok(arena, 'a pointer into memory');
    return arena;
  };
  const sys = {
    errno: () => errno,
    memory: (octets: number) => {
      const arena = { ...plainArena(octets), pointer: 2 ** 24 * (memory.length + 1) };
      memory.push(arena);
      return arena;
    },
    recvmmsg: (_fd: number, pointer: number, count: number) => {
      const taken = messages.splice(0, count);
      for (const [i, message] of taken.entries())
        putMessage(arenaOf(pointer), pointer + i * MESSAGE.octets, message);
      errno = EAGAIN;
      return taken.length || -1;
    },
    write: (_fd: number, pointer: number, octets: number) => {
      asked += 1;
      errno = write(asked);
      if (errno !== 0) return -1;
      const arena = arenaOf(pointer);
      const at = pointer - arena.pointer;
      frames.push(arena.bytes.slice(at + 10, at + octets));
      return octets;
    },
  } as unknown as Sys;
  const directory = new SaDirectory();
  const table = new ForwardingTable(toyCiphers, directory.counters);
  const host = (text: string) => ({ address: address(text), length: 32 });
  const ends = { assigned: host('40.1.1.1'), reaches: host('192.168.2.10') };
  const options = { suite: 'aes-gcm-16-128', local: here, remote: there, ...ends } as const;
  const peer = new TestPeer(options, random, toyCiphers);
  table.apply(directory.resolve(peer.additions));
  const counters = pathCounters();
  const reports: DataPlaneReport[] = [];
  const path = new PacketPath(table, counters, (report) => reports.push(lastingReport(report)));
  const reader = new OutsideReader(sys, { fd: 5, mergesUdp: true }, path);
  const socket = { fd: 4, endpoint: here, kind: 'udp', encapsulated: true } as const;
  const port = { index: 0, socket, local: EndpointWords.of(here) } as unknown as Port;
  const read = () => {
    reader.read(port, instant(0));
    reader.flush();
  };
  return { peer, reports, frames, read, counters: () => readPathCounters(counters) };
}

/** Writes what the kernel would: octets, sender, and for a train its segment size. */
function putMessage(
  { bytes, words, pointer }: Arena,
  message: number,
  { remote, datagrams }: Message,
) {
  const at = (message - pointer) / 4;
  const octets = concat(...datagrams);
  const vector = ((words[at + MESSAGE.iovec] as number) - pointer) / 4;
  bytes.set(octets, (words[vector] as number) - pointer);
  words[at + MESSAGE.length] = octets.length;
  writeSockaddr(bytes, (words[at + MESSAGE.name] as number) - pointer, EndpointWords.of(remote));
  words[at + MESSAGE.controlOctets] = 0;
  if (datagrams.length < 2) return;
  const control = ((words[at + MESSAGE.control] as number) - pointer) / 4;
  words[control] = CMSG.dataAt + 4;
  words[control + CMSG.level] = SOL_UDP;
  words[control + CMSG.type] = UDP_GRO;
  words[control + CMSG.dataAt / 4] = (datagrams[0] as Uint8Array).length;
  words[at + MESSAGE.controlOctets] = 24;
}

const stream = (segments: number) =>
  train({ family: 4, kind: 'tcp', port: 1024, payload: new Prng(2).bytes(100 * segments) }, 100);

test('a peer whose address changes in mid-train is followed, and its packets keep their order', () => {
  const messages: Message[] = [];
  const { peer, reports, frames, read, counters } = world(messages);
  const packets = stream(9);
  const sealed = packets.map((packet) => peer.seal(packet));
  const [a, b, late, c] = [
    sealed.slice(0, 3),
    sealed.slice(3, 6),
    sealed.slice(6, 7),
    sealed.slice(7),
  ];
  messages.push(
    { remote: there, datagrams: a },
    { remote: moved, datagrams: b },
    { remote: there, datagrams: late },
    { remote: moved, datagrams: c },
  );
  read();
  assert.deepEqual([frames.length, counters().packetsRx], [1, 9], 'one frame, in order');
  const payload = concat(...packets.map((packet) => packet.subarray(40)));
  assert.deepEqual(frames[0]?.subarray(40), payload);
  const moves = reports.filter(({ kind }) => kind === 'peerMoved');
  assert.deepEqual(moves[0], { kind: 'peerMoved', spi: peer.inboundSpi, remote: moved });
});

test('a train may hold the packets of several SAs, strangers and control datagrams', () => {
  const messages: Message[] = [];
  const { peer, reports, frames, read, counters } = world(messages);
  const [first, second] = stream(2).map((packet) => peer.seal(packet));
  assert.ok(first && second);
  const control = new Uint8Array(first.length).fill(1).fill(0, 0, 4);
  const stranger = new Uint8Array(first.length).fill(9);
  messages.push({ remote: there, datagrams: [first, control, stranger, first, second] });
  read();
  assert.deepEqual(
    reports.map(({ kind }) => kind),
    ['inboundActive', 'datagram', 'unknownSpi'],
  );
  const { packetsRx, unknownSpi, replayed } = counters();
  assert.deepEqual([frames.length, packetsRx, unknownSpi, replayed], [1, 2, 1, 1]);
});

for (const [name, errno] of Object.entries({ EAGAIN, ENOBUFS, EIO, EINVAL }))
  test(`${name} from the interface costs the packets of the frame, all of which are counted`, () => {
    const messages: Message[] = [];
    const { peer, frames, read, counters } = world(messages, (asked) => (asked === 1 ? errno : 0));
    for (let i = 0; i < 2; i += 1)
      messages.push({ remote: there, datagrams: stream(5).map((packet) => peer.seal(packet)) });
    read();
    assert.deepEqual([counters().queueFull, frames.length], [5, 1]);
  });

test('EINTR from the interface costs nothing', () => {
  const messages: Message[] = [];
  const { peer, frames, read, counters } = world(messages, (asked) => (asked < 4 ? EINTR : 0));
  messages.push({ remote: there, datagrams: stream(5).map((packet) => peer.seal(packet)) });
  read();
  assert.deepEqual([counters().queueFull, frames.length], [0, 1]);
});
