import { runDevice, type SlowWork } from '#adapters/device-runner';
import { localAddressTowards } from '#adapters/local-address';
import { now } from '#adapters/machine-clock';
import { MachineRandom } from '#adapters/machine-random';
import { MemoryOverUdp } from '#adapters/memory-over-udp';
import type { bindUdp } from '#adapters/udp';
import type { Endpoint, IpAddress } from '#base/address';
import { ok, type Result } from '#base/result';
import { InsideHost } from '#dataplane/inside-host';
import { ClientDevice } from '#engine/client-device';
import type { Profile } from '#features/client/profile';
import type { IkePorts } from './listening.ts';

/** A client that runs. */
export type ClientProcess = {
  readonly device: ClientDevice;
  /** Called after everything that may have changed the status. */
  changed: () => void;
  connect(): void;
  /** Pings from the assigned address; nothing happens while there is none. */
  ping(target: IpAddress, answered: () => void): void;
  /** Tells the head-end good-bye and closes the sockets. */
  close(): Promise<void>;
};

export type ClientProcessOptions = {
  readonly profile: Profile;
  readonly work: SlowWork;
  /** Ports of the head-end. */
  readonly ports: IkePorts;
  /** The address to connect from; by default that of the route to the head-end. */
  readonly local?: IpAddress | undefined;
  readonly bind?: typeof bindUdp;
  readonly reconnectAfterMs?: number;
};

/** Starts a client without connecting it; the error is one line for people. */
export async function startClient(
  options: ClientProcessOptions,
): Promise<Result<ClientProcess, string>> {
  const { profile, work, ports, bind, reconnectAfterMs } = options;
  const random = new MachineRandom();
  const from = options.local ?? (await localAddressTowards(profile.host));
  if (from === undefined) return { ok: false, error: `no route to ${profile.host}` };
  const inside = new InsideHost([], (packet) => plane.sendInside(packet));
  const any: Endpoint = { address: from, port: 0 };
  let report: (r: Parameters<typeof driver.report>[0]) => void = () => {};
  const started = await MemoryOverUdp.start({
    listen: [
      { endpoint: any, encapsulated: false },
      { endpoint: any, encapsulated: true },
    ],
    report: (r) => report(r),
    inside,
    random,
    now,
    ...(bind && { bind }),
  });
  if (!started.ok) return started;
  const plane = started.value;
  const [local, localEncapsulated] = plane.endpoints as [Endpoint, Endpoint];
  const device = new ClientDevice({
    random,
    profile,
    ends: {
      local,
      localEncapsulated,
      remotePort: ports.isakmp,
      remoteEncapsulatedPort: ports.natTraversal,
    },
    reconnectAfterMs,
    inboundPackets: (spi) => plane.inboundCounters(spi)?.packets ?? 0,
  });
  const driver = runDevice(device, work);
  driver.attach(plane);
  report = driver.report;
  const client: ClientProcess = {
    device,
    changed: () => {},
    connect: () => driver.carryOut(device.connect(now())),
    ping(target, answered) {
      const source = device.status().address;
      if (source === undefined) return;
      inside.addAddress(source);
      inside.ping({ source, target, data: new Uint8Array(56) }, answered);
    },
    async close() {
      driver.carryOut(device.disconnect(now()));
      driver.stop();
      await plane.close();
    },
  };
  // Everything that happens to a client is said in its log.
  device.log.listen(() => queueMicrotask(() => client.changed()));
  return ok(client);
}
