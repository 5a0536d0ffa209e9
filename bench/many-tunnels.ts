/**
 * TCP through many tunnels at once, one connection from each of as many clients, beside one of them alone.
 * Usage: many-tunnels.ts [--subjects headend,charon,openvpn-tuned,wireguard-go] [--clients 16]
 *                        [--turns 5] [--seconds 4] [--out FILE]
 */
import { join } from 'node:path';
import { bedOfClients, severalClients } from './clients.ts';
import {
  describeMachine,
  type Metric,
  resultsFolder,
  type Sample,
  saveMeasurement,
} from './measurement.ts';
import { perPacket, processorTimeMetrics, timed } from './processor-time.ts';
import { type Given, runBench } from './program.ts';
import { congestionControl, serverNames, startServers, tcpTogether } from './traffic.ts';
import { tunnelPrograms } from './tunnels/programs.ts';
import { suites, type TunnelProgram, tunnel } from './tunnels/tunnel.ts';
import { choose, reportedNames, requirePrograms, takeTurns } from './turns.ts';

const suite = 'aes-128-gcm';
const warmUpSeconds = 3;
/** Of a segment within the tunnel: IPv4, TCP and its timestamps take 52 octets. */
const segmentOctets = tunnel.mtu - 52;

const metrics: readonly Metric[] = [
  { key: 'oneMbitPerS', title: 'TCP goodput, one client', unit: 'Mbit/s', fractionDigits: 0 },
  ...processorTimeMetrics('one'),
  { key: 'allMbitPerS', title: 'TCP goodput, all clients', unit: 'Mbit/s', fractionDigits: 0 },
  ...processorTimeMetrics('all'),
  { key: 'leastMbitPerS', title: '– of the slowest', unit: 'Mbit/s', fractionDigits: 1 },
  { key: 'partPercent', title: 'All clients against one', unit: '%', fractionDigits: 0 },
];

async function measure(
  program: TunnelProgram,
  count: number,
  seconds: number,
): Promise<Sample['values']> {
  const clients = severalClients(count, program.sharesProcess);
  const bed = bedOfClients('many-tunnels', clients);
  let finished = false;
  try {
    await program.open(bed, { suite, clients });
    await startServers(bed, clients);
    const run = async (key: string, some: typeof clients) => {
      await tcpTogether(bed, some, warmUpSeconds);
      const servers = serverNames(clients);
      const [outcome, time] = await timed(bed, clients, servers, () =>
        tcpTogether(bed, some, seconds),
      );
      const costs = perPacket(key, time, outcome.octets / segmentOctets);
      return { ...outcome, values: { [`${key}MbitPerS`]: outcome.mbitPerS, ...costs } };
    };
    const one = await run('one', clients.slice(0, 1));
    const all = await run('all', clients);
    bed.refuseFailures();
    finished = true;
    return {
      ...one.values,
      ...all.values,
      leastMbitPerS: all.leastMbitPerS,
      partPercent: (100 * all.mbitPerS) / one.mbitPerS,
    };
  } finally {
    await bed.close(!finished);
    if (!finished) console.error(`logs: ${bed.workFolder}`);
  }
}

const accepts = {
  subjects: { type: 'string', default: 'headend,charon,openvpn-tuned,wireguard-go' },
  clients: { type: 'string', default: '16' },
  turns: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '4' },
  out: { type: 'string' },
} as const;

async function main(options: Given<typeof accepts>): Promise<void> {
  const chosen = choose(options.subjects, tunnelPrograms);
  requirePrograms(['ip', 'iperf3', ...chosen.flatMap(({ needs }) => needs)]);
  const [count, seconds] = [Number(options.clients), Number(options.seconds)];
  const samples = await takeTurns(chosen, Number(options.turns), (program) =>
    measure(program, count, seconds),
  );
  const names = reportedNames(chosen);
  saveMeasurement(options.out ?? join(resultsFolder, 'many-tunnels.json'), {
    title: `${count} tunnels at once from ${count} clients`,
    about:
      `One TCP connection of each of ${count} clients, ${suites[suite]} in UDP, through one head-end, which is ` +
      'one process. The clients of headend and of charon are one process, each client with an outside and an ' +
      'inside address and with keys of its own; OpenVPN and wireguard-go need a process for each client, which ' +
      'has a network namespace of its own. All of them share the processors of one machine with the head-end ' +
      'and with as many pairs of iperf3. Beside it one of these clients, while the others are connected and ' +
      'silent. The rate is that of the seconds in which all connections run.',
    takenAt: new Date().toISOString(),
    machine: describeMachine(),
    subjects: chosen.map((program, i) => ({ name: names[i] ?? '', version: program.version() })),
    parameters: {
      turns: options.turns,
      clients: count,
      'seconds of TCP': seconds,
      'congestion control': congestionControl(),
      'MTU of the tunnel': tunnel.mtu,
    },
    metrics,
    samples,
  });
}

await runBench(import.meta.filename, accepts, main);
