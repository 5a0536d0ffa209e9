import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { runDevice, type SlowWork } from '#adapters/device-runner';
import { now } from '#adapters/machine-clock';
import { MachineRandom } from '#adapters/machine-random';
import { MemoryOverUdp, type MemoryOverUdpOptions } from '#adapters/memory-over-udp';
import { loadSys, type Sys } from '#adapters/userspace/sys';
import { UserspaceDataPlane } from '#adapters/userspace/userspace-data-plane';
import type { Instant } from '#base/instant';
import { ok, type Result } from '#base/result';
import type { Configuration } from '#config/configuration';
import type { DataPlane, DataPlaneOptions, InsideNetwork } from '#dataplane/data-plane';
import type { Driver } from '#engine/driver';
import { GuardedDevice } from '#engine/guarded-device';
import { HeadEnd } from '#engine/head-end';
import type { EventRecord } from '#events/event';
import { platformOfMachine } from '#features/cluster/platform';
import { DEFAULT_SESSION_LIMIT } from '#session/session-table';
import { clusterAddressesOf } from './cluster-addresses.ts';
import { clusterPort } from './cluster-member.ts';
import {
  clampMssOf,
  dfBitOf,
  fragmentationPolicyOf,
  IKE_PORTS,
  type IkePorts,
  listenersOf,
  tunnelNetworks,
} from './listening.ts';
import { STATE_FOLDER } from './places.ts';
import { VERSION } from './program.ts';

/** Where the inside network is: behind a TUN interface of the kernel, or within this process. */
export type Inside =
  | {
      readonly kind: 'userspace';
      readonly tunName: string;
      readonly mtu: number;
      readonly workers: number;
    }
  /** `connect` is handed the way into the tunnels and answers with who takes what leaves them. */
  | {
      readonly kind: 'memory';
      readonly connect: (send: (packet: Uint8Array) => void) => InsideNetwork;
    };

/** A head-end that runs. */
export type HeadEndProcess = {
  readonly device: HeadEnd;
  readonly driver: Driver;
  readonly dataPlane: DataPlane;
  readonly inside: Inside['kind'];
  /** Fulfilled when packets are moved. */
  serving(): Promise<void>;
  /** Fulfilled, with the reason, when packets cannot be moved any more; to close it is all that is left. */
  readonly failed: Promise<string>;
  /** Tells every client good-bye and closes sockets and interface. */
  close(): Promise<void>;
  /** Closes everything without a word to anybody, as if the power failed. */
  vanish(): Promise<void>;
};

/** Starts the packet path on sockets of this machine, with the inside network of `inside`. */
async function startMemory(
  inside: Extract<Inside, { kind: 'memory' }>,
  options: Omit<MemoryOverUdpOptions, 'inside'>,
): Promise<Result<MemoryOverUdp, string>> {
  let plane: MemoryOverUdp | undefined;
  const network = inside.connect((packet) => plane?.sendInside(packet));
  const started = await MemoryOverUdp.start({ ...options, inside: network });
  if (started.ok) plane = started.value;
  return started;
}

/** Starts the packet path that a configuration describes. */
function startPacketPath(
  { configuration, inside }: HeadEndStart,
  listen: DataPlaneOptions['listen'],
  random: MachineRandom,
  report: DataPlaneOptions['report'],
): Promise<Result<DataPlane, string>> {
  const common = {
    listen,
    report,
    dontFragment: dfBitOf(configuration),
    fragmentationPolicy: fragmentationPolicyOf(configuration),
    clampMss: clampMssOf(configuration),
  };
  return inside.kind === 'memory'
    ? startMemory(inside, { ...common, random, now })
    : UserspaceDataPlane.start({
        ...common,
        workers: inside.workers,
        tun: { name: inside.tunName, mtu: inside.mtu, routes: tunnelNetworks(configuration) },
      });
}

/** What a head-end is started with. */
export type HeadEndStart = {
  readonly configuration: Configuration;
  readonly inside: Inside;
  readonly work: SlowWork;
  readonly ports?: IkePorts;
  /** Where a member of a cluster keeps what it must not forget. */
  readonly stateFolder?: string;
};

/** A member that leaves has handed over within this time, and told the others as often as it does. */
const FAREWELL_MS = 250;
const FAREWELL_LOOK_MS = 5;

/** Waits until a device is in no cluster any more. */
async function parted({ cluster }: HeadEnd): Promise<void> {
  const giveUpAt = performance.now() + FAREWELL_MS;
  while (cluster.member && performance.now() < giveUpAt) await sleep(FAREWELL_LOOK_MS);
}

/** Starts a head-end; the error is one line for people. */
export async function startHeadEnd(options: HeadEndStart): Promise<Result<HeadEndProcess, string>> {
  const { configuration, inside, work, ports = IKE_PORTS } = options;
  const random = new MachineRandom();
  let dataPlane: DataPlane | undefined;
  const device = new HeadEnd({
    random,
    configuration,
    startedAt: now(),
    version: VERSION,
    natTraversalPort: ports.natTraversal,
    isakmpPort: ports.isakmp,
    machine: platformOfMachine(availableParallelism(), DEFAULT_SESSION_LIMIT),
    counters: {
      inboundCounters: (spi) => dataPlane?.inboundCounters(spi),
      outboundCounters: (pairedSpi) => dataPlane?.outboundCounters(pairedSpi),
    },
  });
  const listen = listenersOf(configuration, ports, await clusterAddressesOf(configuration));
  const listened = new Set(listen.map((l) => l.endpoint.address));
  let place: Sys | MemoryOverUdp | undefined;
  const cluster = clusterPort({
    stateFolder: options.stateFolder ?? STATE_FOLDER,
    random,
    ports,
    input: (input) => driver.carryOut(device.clusterInput(input, now())),
    place: () => place,
    listensAt: (address) => listened.has(address),
  });
  const note = (record: EventRecord, at: Instant) => device.note(record, at);
  const driver = runDevice(new GuardedDevice({ device, note }), work, cluster.perform);
  const { promise: failed, resolve: fail } = Promise.withResolvers<string>();
  const started = await startPacketPath(options, listen, random, (report) => {
    driver.report(report);
    if (report.kind === 'failed') fail(report.reason);
  });
  if (!started.ok) {
    driver.stop();
    return started;
  }
  const plane = started.value;
  dataPlane = plane;
  driver.attach(plane);
  const sys = await loadSys();
  place = plane instanceof MemoryOverUdp ? plane : sys.ok ? sys.value : undefined;
  driver.carryOut(device.begin(now()));
  return ok({
    device,
    driver,
    dataPlane: plane,
    inside: inside.kind,
    failed,
    serving: async () => {
      if (plane instanceof UserspaceDataPlane) await plane.serving();
    },
    async close() {
      driver.carryOut(device.leaveCluster(now()));
      await parted(device);
      driver.carryOut(device.closeAll('shutdown', now()));
      driver.stop();
      await cluster.end();
      await plane.close();
    },
    async vanish() {
      driver.stop();
      await cluster.end();
      await plane.close();
    },
  });
}
