import { runDevice, SlowWork } from '#adapters/device-runner';
import { localAddressTowards } from '#adapters/local-address';
import { now } from '#adapters/machine-clock';
import { MachineRandom } from '#adapters/machine-random';
import { MemoryOverUdp } from '#adapters/memory-over-udp';
import type { Endpoint, IpAddress } from '#base/address';
import { ClientLoad } from '#engine/client-load';
import type { Profile } from '#features/client/profile';
import { IKE_PORTS } from './head-end-process.ts';
import { UsageError } from './program.ts';

export type LoadWanted = {
  readonly profile: Profile;
  readonly local: IpAddress | undefined;
  readonly count: number;
  readonly concurrency: number;
};

/** The profile of one client of the load: `%n` in its user name and password is its number. */
const numbered = (profile: Profile, number: number): Profile => ({
  ...profile,
  username: profile.username?.replaceAll('%n', String(number)),
  userPassword: profile.userPassword?.replaceAll('%n', String(number)),
});

/** Connects many clients and prints one line of JSON; the exit status is 1 when one of them failed. */
export async function runLoad({ profile, local, count, concurrency }: LoadWanted): Promise<number> {
  const random = new MachineRandom();
  const work = new SlowWork();
  const from = local ?? (await localAddressTowards(profile.host));
  if (from === undefined) throw new UsageError(`no route to ${profile.host}`);
  const any: Endpoint = { address: from, port: 0 };
  let report: (r: Parameters<typeof driver.report>[0]) => void = () => {};
  const started = await MemoryOverUdp.start({
    listen: [
      { endpoint: any, encapsulated: false },
      { endpoint: any, encapsulated: true },
    ],
    report: (r) => report(r),
    inside: { deliver: () => {} },
    random,
    now,
  });
  if (!started.ok) throw new UsageError(started.error);
  const plane = started.value;
  const [end, endEncapsulated] = plane.endpoints as [Endpoint, Endpoint];
  const load = new ClientLoad({
    random,
    count,
    concurrency,
    profile: (number) => numbered(profile, number),
    ends: {
      local: end,
      localEncapsulated: endEncapsulated,
      remotePort: IKE_PORTS.isakmp,
      remoteEncapsulatedPort: IKE_PORTS.natTraversal,
    },
  });
  const driver = runDevice(load, work);
  driver.attach(plane);
  report = driver.report;
  const startedAt = performance.now();
  driver.carryOut(load.start(now()));
  while (!load.finished) await new Promise((resolve) => setTimeout(resolve, 5));
  const seconds = (performance.now() - startedAt) / 1000;
  driver.stop();
  await plane.close();
  work.close();
  process.stdout.write(`${JSON.stringify({ ...load.result, seconds })}\n`);
  return load.result.failed === 0 ? 0 : 1;
}
