/**
 * Sends datagrams at a steady rate, each to the next of many addresses in a shuffled order; or takes
 * what is sent to any address of this node, and reads none of it.
 * Usage: spread.ts sink | spread.ts FIRST-ADDRESS COUNT OCTETS PACKETS-PER-S SECONDS
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { SendBatch } from '../../src/adapters/userspace/send-batch.ts';
import { openUdp } from '../../src/adapters/userspace/sockets.ts';
import { loadSys } from '../../src/adapters/userspace/sys.ts';
import { address, ipv4FromNumber, ipv4ToNumber } from '../../src/base/address.ts';
import { Prng } from '../../src/base/prng.ts';
import type { Result } from '../../src/base/result.ts';
import { EndpointWords } from '../../src/dataplane/endpoint-words.ts';
import { table } from '../tunnels/table.ts';

/** The same order in every run. */
const seed = 1;
const sinkMs = 3_600_000;

function value<T>(result: Result<T, string>): T {
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

const [first = '', ...numbers] = process.argv.slice(2);
const sys = value(await loadSys());
const isSink = first === 'sink';
const any = { address: address('0.0.0.0'), port: isSink ? table.sinkPort : 0 };
const [{ fd } = { fd: -1 }] = value(openUdp(sys, { endpoint: any, encapsulated: false }, 1));

/** Every address once, in an order without a pattern. */
function shuffled(count: number): readonly EndpointWords[] {
  const start = ipv4ToNumber(address(first));
  const targets = Array.from({ length: count }, (_, i) =>
    EndpointWords.of({ address: ipv4FromNumber(start + i), port: table.sinkPort }),
  );
  const random = new Prng(seed);
  for (let i = count - 1; i > 0; i -= 1) {
    const other = random.uint32() % (i + 1);
    const moved = targets[i] as EndpointWords;
    targets[i] = targets[other] as EndpointWords;
    targets[other] = moved;
  }
  return targets;
}

async function send(count: number, octets: number, perS: number, seconds: number): Promise<void> {
  const batch = new SendBatch(
    sys,
    { fd, family: 4, isUdp: true },
    { dropped: () => {}, tooLarge: () => {} },
  );
  const targets = shuffled(count);
  const begunAt = performance.now();
  const total = perS * seconds;
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, ((performance.now() - begunAt) / 1000) * perS);
    for (; sent < due; sent += 1) {
      batch.reserve(octets, false);
      batch.commit(targets[sent % count] as EndpointWords, octets, 0, true);
    }
    batch.flush();
    await sleep(1);
  }
}

console.log('ready');
if (isSink) await sleep(sinkMs);
else {
  const [count = 0, octets = 0, perS = 0, seconds = 0] = numbers.map(Number);
  await send(count, octets, perS, seconds);
}
