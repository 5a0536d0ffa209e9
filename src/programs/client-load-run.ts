import { setTimeout as sleep } from 'node:timers/promises';
import { runDevice, SlowWork } from '#adapters/device-runner';
import { localAddressTowards } from '#adapters/local-address';
import { now } from '#adapters/machine-clock';
import { MachineRandom } from '#adapters/machine-random';
import { MemoryOverUdp } from '#adapters/memory-over-udp';
import type { Endpoint, IpAddress } from '#base/address';
import { ClientLoad } from '#engine/client-load';
import type { ClientEnds } from '#features/client/client';
import type { Profile } from '#features/client/profile';
import { IKE_PORTS } from './listening.ts';
import { UsageError } from './program.ts';

export type LoadWanted = {
  readonly profile: Profile;
  readonly local: IpAddress | undefined;
  /** Clients that count, and those that connect before. */
  readonly count: number;
  readonly warmUp: number;
  readonly concurrency: number;
  /** Distinct users; a head-end takes two clients of one user for one unless their ports differ. */
  readonly users: number | undefined;
  readonly staySeconds: number;
};

/** Between the clients that do not count and those that do: what they left behind is dealt with. */
const SETTLE_MS = 500;
const POLL_MS = 5;

/** The profile of one client of the load: `%n` in its user name and password is its number. */
const numbered = (profile: Profile, number: number): Profile => ({
  ...profile,
  username: profile.username?.replaceAll('%n', String(number)),
  userPassword: profile.userPassword?.replaceAll('%n', String(number)),
});

/** Pairs of sockets; clients of one pair have users of their own. */
async function bindPairs(from: IpAddress, pairs: number) {
  const any: Endpoint = { address: from, port: 0 };
  const pair = [
    { endpoint: any, encapsulated: false },
    { endpoint: any, encapsulated: true },
  ];
  let report: Parameters<typeof MemoryOverUdp.start>[0]['report'] = () => {};
  const started = await MemoryOverUdp.start({
    listen: Array.from({ length: pairs }, () => pair).flat(),
    report: (r) => report(r),
    inside: { deliver: () => {} },
    random: new MachineRandom(),
    now,
  });
  if (!started.ok) throw new UsageError(started.error);
  const plane = started.value;
  const { endpoints } = plane;
  const ends = Array.from(
    { length: pairs },
    (_, index): ClientEnds => ({
      local: endpoints[2 * index] as Endpoint,
      localEncapsulated: endpoints[2 * index + 1] as Endpoint,
      remotePort: IKE_PORTS.isakmp,
      remoteEncapsulatedPort: IKE_PORTS.natTraversal,
    }),
  );
  const listen = (to: typeof report) => {
    report = to;
  };
  return { plane, ends, listen };
}

/** The value that `part` of the sorted values do not exceed, in milliseconds to three digits. */
const percentile = (sorted: readonly number[], part: number): number =>
  Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(3));

/** Connects many clients and prints one line of JSON; the exit status is 1 when one of them failed. */
export async function runLoad(wanted: LoadWanted): Promise<number> {
  const { profile, local, count, warmUp, concurrency } = wanted;
  const work = new SlowWork();
  const from = local ?? (await localAddressTowards(profile.host));
  if (from === undefined) throw new UsageError(`no route to ${profile.host}`);
  const users = wanted.users ?? warmUp + count;
  const { plane, ends, listen } = await bindPairs(from, Math.ceil((warmUp + count) / users));
  const load = new ClientLoad({
    random: new MachineRandom(),
    concurrency,
    profile: (number) => numbered(profile, ((number - 1) % users) + 1),
    ends: (number) => ends[Math.floor((number - 1) / users)] as ClientEnds,
  });
  const driver = runDevice(load, work);
  driver.attach(plane);
  listen(driver.report);
  const connect = async (more: number) => {
    driver.carryOut(load.connect(more, now()));
    while (!load.finished) await sleep(POLL_MS);
  };
  if (warmUp > 0) {
    await connect(warmUp);
    process.stdout.write(`${JSON.stringify({ warmUp: load.result.established })}\n`);
    await sleep(SETTLE_MS);
  }
  const before = load.result;
  const warmSetups = before.setupsMs.length;
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  await connect(count);
  const seconds = (performance.now() - startedAt) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  const { established, failed, setupsMs } = load.result;
  const sorted = setupsMs.slice(warmSetups).sort((a, b) => a - b);
  const result = {
    established: established - before.established,
    failed: failed - before.failed,
    seconds,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    setupMs: Object.fromEntries(
      [50, 90, 99].map((n) => [`p${n}`, percentile(sorted, n / 100)] as const),
    ),
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
  if (wanted.staySeconds > 0) await sleep(wanted.staySeconds * 1000);
  driver.stop();
  await plane.close();
  work.close();
  return result.failed === 0 ? 0 : 1;
}
