/**
 * A host behind one end of the tunnels of `soak.ts`: serves or drives TCP, sends datagrams of all sizes and
 * judges those that arrive. Prints what it has seen as one line of JSON when its time is over.
 * Usage: host.ts TASK, a `HostTask` as JSON
 */
import { type Cipheriv, createCipheriv, createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type HostTask = {
  /** Drives TCP; the other one serves. */
  readonly drives: boolean;
  readonly seconds: number;
  /** One of each tunnel. */
  readonly pairs: readonly { readonly own: string; readonly peer: string }[];
};

/** Whatever is not `good`, `transfers` or `sent` must be explained. */
export type HostSight = {
  readonly transfers: number;
  readonly octets: number;
  readonly damagedTransfers: number;
  /** Of datagrams. */
  readonly sent: number;
  readonly good: number;
  readonly damaged: number;
  readonly twice: number;
  readonly overtaken: number;
};

const PORTS = { tcp: 7000, udp: 7001 } as const;
const MOST_STREAM = 6 * 1024 * 1024;
const CHUNK = Buffer.alloc(32 * 1024);
const HEADER_OCTETS = 14;
const DATAGRAM_EVERY_MS = 2;
/** Larger ones travel in fragments. */
const MOST_DATAGRAM = 4000;
const SMALL_DATAGRAM = 1400;
const RETRY_MS = 20;
/** What waits while this process computes digests is not lost. */
const RECEIVE_BUFFER_OCTETS = 4 * 1024 * 1024;

const task = JSON.parse(process.argv[2] ?? '') as HostTask;
const endAt = performance.now() + 1000 * task.seconds;
const over = (): boolean => performance.now() > endAt;
const seen = {
  transfers: 0,
  octets: 0,
  damagedTransfers: 0,
  sent: 0,
  good: 0,
  damaged: 0,
  twice: 0,
  overtaken: 0,
};

const whole = (least: number, most: number): number =>
  least + Math.floor(Math.random() * (most - least + 1));

/** Content that both hosts can make: the key stream of a number. */
const streamOf = (seed: number): Cipheriv => {
  const key = Buffer.alloc(16);
  key.writeUInt32BE(seed);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16));
};

function* chunksOf(seed: number, octets: number): Generator<Buffer> {
  const stream = streamOf(seed);
  for (let left = octets; left > 0; left -= CHUNK.length)
    yield stream.update(CHUNK.subarray(0, Math.min(left, CHUNK.length)));
}

function digestOf(seed: number, octets: number): string {
  const hash = createHash('sha256');
  for (const chunk of chunksOf(seed, octets)) hash.update(chunk);
  return hash.digest('hex');
}

async function pour(socket: Socket, seed: number, octets: number): Promise<void> {
  for (const chunk of chunksOf(seed, octets))
    if (!socket.write(chunk)) await new Promise((resolve) => socket.once('drain', resolve));
  socket.end();
}

/** A request is 9 octets: 1 for upload, a seed, a length. Uploads are answered with their digest. */
function serve(host: string): void {
  createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    let request: Buffer | undefined;
    const hash = createHash('sha256');
    socket.on('data', (data) => {
      const fresh = request === undefined ? data.subarray(9) : data;
      if (request === undefined) {
        request = data.subarray(0, 9);
        if (request[0] === 0) void pour(socket, request.readUInt32BE(1), request.readUInt32BE(5));
      }
      hash.update(fresh);
    });
    socket.on('end', () => {
      if (request?.[0] === 1) socket.end(hash.digest('hex'));
    });
  }).listen(PORTS.tcp, host);
}

/** What comes back of one transfer, hashed if it was a download. */
function transfer(own: string, peer: string, upload: boolean, seed: number, octets: number) {
  return new Promise<string>((resolve, reject) => {
    const socket = connect({ host: peer, port: PORTS.tcp, localAddress: own, allowHalfOpen: true });
    const request = Buffer.alloc(9);
    request.writeUInt8(upload ? 1 : 0);
    request.writeUInt32BE(seed, 1);
    request.writeUInt32BE(octets, 5);
    const hash = createHash('sha256');
    let text = '';
    socket.on('connect', async () => {
      // By itself, so that the server finds it whole in what it reads first.
      socket.write(request);
      if (upload) await pour(socket, seed, octets);
    });
    socket.on('data', (data) => {
      if (upload) text += data.toString();
      else hash.update(data);
    });
    socket.on('end', () => {
      socket.end();
      resolve(upload ? text : hash.digest('hex'));
    });
    socket.on('error', reject);
  });
}

async function drive(own: string, peer: string, upload: boolean): Promise<void> {
  while (!over()) {
    const [seed, octets] = [whole(0, 0xffffffff), whole(1, whole(1, MOST_STREAM))];
    try {
      const came = await transfer(own, peer, upload, seed, octets);
      if (came !== digestOf(seed, octets)) seen.damagedTransfers += 1;
      seen.transfers += 1;
      seen.octets += octets;
    } catch {
      // The peer's server is not there yet, or not any more.
      await sleep(RETRY_MS);
    }
  }
}

const check = (datagram: Buffer): Buffer =>
  createHash('sha1')
    .update(datagram.subarray(0, 4))
    .update(datagram.subarray(HEADER_OCTETS))
    .digest()
    .subarray(0, 8);

/** Number, length and digest of the rest, then the rest. */
function datagramOf(number: number, junk: Buffer): Buffer {
  const octets = whole(0, whole(0, 20) === 0 ? MOST_DATAGRAM : whole(0, SMALL_DATAGRAM));
  const datagram = Buffer.alloc(HEADER_OCTETS + octets);
  junk.copy(datagram, HEADER_OCTETS, whole(0, junk.length - octets));
  datagram.writeUInt32BE(number);
  datagram.writeUInt16BE(octets, 4);
  check(datagram).copy(datagram, 6);
  return datagram;
}

/** Judges what arrives from one peer. */
function judge(): (datagram: Buffer) => void {
  const numbers = new Set<number>();
  let last = 0;
  return (datagram) => {
    const isWhole =
      datagram.length >= HEADER_OCTETS &&
      datagram.readUInt16BE(4) === datagram.length - HEADER_OCTETS &&
      check(datagram).equals(datagram.subarray(6, HEADER_OCTETS));
    if (!isWhole) {
      seen.damaged += 1;
      return;
    }
    const number = datagram.readUInt32BE();
    seen.good += 1;
    if (numbers.has(number)) seen.twice += 1;
    else if (number < last) seen.overtaken += 1;
    numbers.add(number);
    last = Math.max(last, number);
  };
}

async function exchangeDatagrams(own: string, peer: string): Promise<void> {
  const type = own.includes(':') ? 'udp6' : 'udp4';
  const socket = createSocket({ type, recvBufferSize: RECEIVE_BUFFER_OCTETS });
  socket.on('message', judge());
  socket.on('error', () => {});
  await new Promise<void>((resolve) => socket.bind(PORTS.udp, own, resolve));
  const junk = streamOf(1).update(Buffer.alloc(2 * MOST_DATAGRAM));
  for (let number = 1; !over(); number += 1) {
    socket.send(datagramOf(number, junk), PORTS.udp, peer, () => {});
    seen.sent += 1;
    await sleep(DATAGRAM_EVERY_MS);
  }
}

for (const { own, peer } of task.pairs) {
  void exchangeDatagrams(own, peer);
  if (!task.drives) serve(own);
  else for (const upload of [true, false]) void drive(own, peer, upload);
}
/** What is under way when the time is over still has to arrive. */
const GRACE_MS = 3000;
await sleep(1000 * task.seconds + GRACE_MS);
console.log(JSON.stringify(seen));
process.exit();
