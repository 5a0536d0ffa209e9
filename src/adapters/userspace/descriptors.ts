import type { Prefix } from '#base/prefix';
import { err, ok, type Result } from '#base/result';
import type { DataPlaneOptions } from '#dataplane/data-plane';
import { EFD_CLOEXEC, EFD_NONBLOCK } from './linux.ts';
import { type OpenSocket, openEsp, openUdp } from './sockets.ts';
import { errorName, type Sys } from './sys.ts';
import { configureTun, type OpenTun, openTun, type TunOptions } from './tun.ts';

/** What one worker reads and writes; the main thread opened it, outlives the worker, and will close it. */
export type WorkerDescriptors = {
  readonly tun: OpenTun;
  /** An eventfd: written by the main thread after each message. */
  readonly wake: number;
  /** An eventfd: written by another worker that has something. */
  readonly bell: number;
  /** In the same order for every worker. */
  readonly sockets: readonly OpenSocket[];
};

/** What is to be opened. */
export type Openings = {
  readonly listen: DataPlaneOptions['listen'];
  readonly tun: TunOptions;
};

type Opened = { readonly fd: number };
type Keep = <T extends Opened>(
  opened: Result<readonly T[], string>,
) => Result<readonly T[], string>;

/** Opens everything for `workers` workers, or nothing; the error is one line for people. */
export function openAll(
  sys: Sys,
  openings: Openings,
  workers: number,
): Result<readonly WorkerDescriptors[], string> {
  const fds: number[] = [];
  const opened = openEach(sys, openings, workers, (some) => {
    if (some.ok) fds.push(...some.value.map(({ fd }) => fd));
    return some;
  });
  if (!opened.ok) for (const fd of fds) sys.close(fd);
  return opened;
}

export function closeAll(sys: Sys, all: readonly WorkerDescriptors[]): void {
  for (const { tun, wake, bell, sockets } of all)
    for (const fd of [tun.fd, wake, bell, ...sockets.map((socket) => socket.fd)]) sys.close(fd);
}

/** Makes the TUN interface again, which somebody took away, in place of the old one. */
export function renewTun(
  sys: Sys,
  all: readonly WorkerDescriptors[],
  options: TunOptions,
  routes: readonly Prefix[],
): Result<readonly WorkerDescriptors[], string> {
  const queues = openTun(sys, options.name, all.length);
  if (!queues.ok) return queues;
  const configured = configureTun({ ...options, routes });
  if (!configured.ok) {
    for (const { fd } of queues.value) sys.close(fd);
    return configured;
  }
  for (const { tun } of all) sys.close(tun.fd);
  return ok(all.map((one, i) => ({ ...one, tun: queues.value[i] as OpenTun })));
}

function openEach(
  sys: Sys,
  { listen, tun }: Openings,
  workers: number,
  keep: Keep,
): Result<readonly WorkerDescriptors[], string> {
  const wakes = keep(openWakes(sys, 2 * workers));
  if (!wakes.ok) return wakes;
  const groups: (readonly OpenSocket[])[] = [];
  for (const listener of listen) {
    const group = keep(openUdp(sys, listener, workers));
    if (!group.ok) return group;
    groups.push(group.value);
  }
  const floats = new Map(listen.map(({ endpoint, floating }) => [endpoint.address, floating]));
  for (const [address, floating] of floats) {
    const group = keep(openEsp(sys, address, workers, floating));
    if (!group.ok) return group;
    groups.push(group.value);
  }
  const queues = keep(openTun(sys, tun.name, workers));
  if (!queues.ok) return queues;
  const configured = configureTun(tun);
  if (!configured.ok) return configured;
  return ok(
    queues.value.map((queue, i) => ({
      tun: queue,
      wake: (wakes.value[2 * i] as Opened).fd,
      bell: (wakes.value[2 * i + 1] as Opened).fd,
      sockets: groups.map((group) => group[i] as OpenSocket),
    })),
  );
}

/** Descriptors that wake a thread out of its wait for packets. */
function openWakes(sys: Sys, count: number): Result<readonly Opened[], string> {
  const opened: Opened[] = [];
  while (opened.length < count) {
    const fd = sys.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (fd < 0) {
      const reason = errorName(sys.errno());
      for (const one of opened) sys.close(one.fd);
      return err(`no eventfd can be made: ${reason}`);
    }
    opened.push({ fd });
  }
  return ok(opened);
}
