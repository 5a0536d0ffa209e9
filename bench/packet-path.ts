/**
 * The packet path alone, in UDP, the same program at both ends: TCP, UDP of two sizes, ping.
 * Usage: packet-path.ts [--subjects headend,charon,openvpn,openvpn-tuned,wireguard-go]
 *                       [--suite aes-128-gcm|aes-128-cbc-sha1] [--traffic tcp,large,small,ping]
 *                       [--turns 5] [--seconds 4] [--out FILE]
 */
import { join } from 'node:path';
import type { Bed } from '../labs/runner/bed.ts';
import { LabError } from '../labs/runner/lab-error.ts';
import {
  describeMachine,
  type Metric,
  resultsFolder,
  type Sample,
  saveMeasurement,
} from './measurement.ts';
import { perPacket, processorTimeMetrics, timed } from './processor-time.ts';
import { type Given, runBench } from './program.ts';
import { newBed } from './scenario.ts';
import {
  congestionControl,
  offer,
  ping,
  serverNames,
  socketBuffer,
  startServers,
  tcp,
} from './traffic.ts';
import { headendTwoWorkers } from './tunnels/headend.ts';
import { tunnelPrograms } from './tunnels/programs.ts';
import { onlyClient, type Suite, suites, type TunnelProgram, tunnel } from './tunnels/tunnel.ts';
import { choose, reportedNames, requirePrograms, takeTurns } from './turns.ts';

/** One tunnel has one worker. */
const defaultSubjects = tunnelPrograms.filter((program) => program !== headendTwoWorkers);
const warmUpSeconds = 2;
/** Of a segment within the tunnel: IPv4, TCP and its timestamps take 52 octets. */
const segmentOctets = tunnel.mtu - 52;
const floodSeconds = 2;
const probeSeconds = 1.5;
const probes = 4;
const mostLostPercent = 0.5;
const pings = { warmUp: 300, count: 1000, intervalS: 0.002 } as const;

/** Octets of UDP payload; 1340 and its headers come to the 1368 that fit every tunnel here. */
const datagramOctets = { large: 1340, small: 64 } as const;

/** One kind of traffic: its rows, and a run of it. */
type Traffic = {
  readonly metrics: readonly Metric[];
  readonly run: (bed: Bed, seconds: number) => Promise<Sample['values']>;
};

const withTime = <T>(bed: Bed, run: () => Promise<T>) =>
  timed(bed, [onlyClient], serverNames([onlyClient]), run);

/** One TCP connection, from the client to the inside host. */
const tcpTraffic: Traffic = {
  metrics: [
    { key: 'tcpMbitPerS', title: 'TCP goodput', unit: 'Mbit/s', fractionDigits: 0 },
    ...processorTimeMetrics('tcp'),
    { key: 'receiveCpuSPerGb', title: '– CPU time, head-end', unit: 's/GB', fractionDigits: 2 },
    { key: 'sendCpuSPerGb', title: '– CPU time, client', unit: 's/GB', fractionDigits: 2 },
  ],
  async run(bed, seconds) {
    await tcp(bed, onlyClient, warmUpSeconds);
    const [{ octets, mbitPerS }, time] = await withTime(bed, () => tcp(bed, onlyClient, seconds));
    return {
      tcpMbitPerS: mbitPerS,
      ...perPacket('tcp', time, octets / segmentOctets),
      receiveCpuSPerGb: time.HeadEnd / 1e3 / (octets / 1e9),
      sendCpuSPerGb: time.Client / 1e3 / (octets / 1e9),
    };
  },
};

/** The flood, and by halving the interval the highest rate that loses next to nothing. */
function udpTraffic(name: keyof typeof datagramOctets): Traffic {
  const octets = datagramOctets[name];
  const [flood, sustained] = [`${name}Flood`, `${name}Sustained`];
  const row = (key: string, title: string): readonly Metric[] => [
    { key, title: `UDP of ${octets} octets, ${title}`, unit: 'packets/s', fractionDigits: 0 },
    ...processorTimeMetrics(key),
  ];
  return {
    metrics: [...row(flood, 'flood'), ...row(sustained, `at most ${mostLostPercent} % lost`)],
    async run(bed) {
      const offered = async (packetsPerS: number, seconds: number, key: string) => {
        const [outcome, time] = await withTime(bed, () =>
          offer(bed, onlyClient, { octets, packetsPerS, seconds }),
        );
        const values = { [key]: outcome.packetsPerS, ...perPacket(key, time, outcome.arrived) };
        return { ...outcome, values };
      };
      const most = await offered(0, floodSeconds, flood);
      let kept: Sample['values'] = { [sustained]: 0 };
      let [low, high] = [0, 2 * most.packetsPerS];
      for (let i = 0; i < probes; i += 1) {
        const rate = (low + high) / 2;
        const probe = await offered(rate, probeSeconds, sustained);
        if (probe.lostPercent > mostLostPercent) high = rate;
        else {
          low = rate;
          if (probe.packetsPerS > (kept[sustained] ?? 0)) kept = probe.values;
        }
      }
      return { ...most.values, ...kept };
    },
  };
}

const pingTraffic: Traffic = {
  metrics: [
    { key: 'roundTripMs', title: 'Round trip, warm, median', unit: 'ms', fractionDigits: 3 },
    ...processorTimeMetrics('ping').filter(({ key }) => !key.includes('Receiver')),
  ],
  async run(bed) {
    await ping(bed, onlyClient, pings.warmUp, pings.intervalS);
    const [roundTripMs, time] = await withTime(bed, () =>
      ping(bed, onlyClient, pings.count, pings.intervalS),
    );
    // A round trip is two packets.
    return { roundTripMs, ...perPacket('ping', time, 2 * pings.count) };
  },
};

const kinds: Readonly<Record<string, Traffic>> = {
  tcp: tcpTraffic,
  large: udpTraffic('large'),
  small: udpTraffic('small'),
  ping: pingTraffic,
};

async function measure(
  program: TunnelProgram,
  suite: Suite,
  traffic: readonly Traffic[],
  seconds: number,
): Promise<Sample['values']> {
  const bed = newBed('packet-path');
  let finished = false;
  try {
    await program.open(bed, { suite, clients: [onlyClient] });
    await startServers(bed, [onlyClient]);
    let values: Sample['values'] = {};
    for (const { run } of traffic) values = { ...values, ...(await run(bed, seconds)) };
    bed.refuseFailures();
    finished = true;
    return values;
  } finally {
    await bed.close(!finished);
    if (!finished) console.error(`logs: ${bed.workFolder}`);
  }
}

function suiteOf(name: string): Suite {
  if (Object.hasOwn(suites, name)) return name as Suite;
  throw new LabError(`--suite is one of ${Object.keys(suites).join(', ')}`);
}

function trafficOf(list: string): readonly Traffic[] {
  return list.split(',').map((name) => {
    const found = kinds[name];
    if (!found) throw new LabError(`--traffic is some of ${Object.keys(kinds).join(',')}`);
    return found;
  });
}

const accepts = {
  subjects: { type: 'string', default: defaultSubjects.map(({ name }) => name).join(',') },
  suite: { type: 'string', default: 'aes-128-gcm' },
  traffic: { type: 'string', default: Object.keys(kinds).join(',') },
  turns: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '4' },
  out: { type: 'string' },
} as const;

async function main(options: Given<typeof accepts>): Promise<void> {
  const chosen = choose(options.subjects, tunnelPrograms);
  const suite = suiteOf(options.suite);
  const traffic = trafficOf(options.traffic);
  requirePrograms(['ip', 'iperf3', 'ping', ...chosen.flatMap(({ needs }) => needs)]);
  const seconds = Number(options.seconds);
  const samples = await takeTurns(chosen, Number(options.turns), (program) =>
    measure(program, suite, traffic, seconds),
  );
  const names = reportedNames(chosen);
  const file = `packet-path${suite === 'aes-128-gcm' ? '' : `-${suite}`}.json`;
  saveMeasurement(options.out ?? join(resultsFolder, file), {
    title: `The packet path: ${suites[suite]} in UDP, the same program at both ends`,
    about:
      `One tunnel from the client, which sends, through the head-end to an inside host, ${suites[suite]} in ` +
      'UDP. Both ends of the tunnel and both ends of iperf3 share the processors of one machine; below each ' +
      'figure stands what every process used, divided by the packets that arrived. UDP is counted where it ' +
      `arrives; the second figure is the highest of ${probes} offered rates, found by halving, at which no ` +
      `more than ${mostLostPercent} % was lost.`,
    takenAt: new Date().toISOString(),
    machine: describeMachine(),
    subjects: chosen.map((program, i) => ({ name: names[i] ?? '', version: program.version() })),
    parameters: {
      turns: options.turns,
      'seconds of TCP': seconds,
      'congestion control': congestionControl(),
      'MTU of the tunnel': tunnel.mtu,
      'socket buffers of UDP': socketBuffer,
    },
    metrics: traffic.flatMap(({ metrics }) => metrics),
    samples,
  });
}

await runBench(import.meta.filename, accepts, main);
