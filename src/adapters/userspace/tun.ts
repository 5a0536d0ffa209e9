import { spawnSync } from 'node:child_process';
import { constants } from 'node:os';
import type { IpAddress } from '#base/address';
import { formatPrefix, type Prefix } from '#base/prefix';
import { err, ok, type Result } from '#base/result';
import {
  IFF_MULTI_QUEUE,
  IFF_NO_PI,
  IFF_TUN,
  IFF_TUN_EXCL,
  IFF_VNET_HDR,
  IFNAMSIZ,
  IFREQ_OCTETS,
  O_CLOEXEC,
  O_NONBLOCK,
  O_RDWR,
  TUN_F_CSUM,
  TUN_F_TSO_ECN,
  TUN_F_TSO4,
  TUN_F_TSO6,
  TUN_F_USO4,
  TUN_F_USO6,
  TUNGETIFF,
  TUNSETIFF,
  TUNSETOFFLOAD,
} from './linux.ts';
import { errorName, type Sys } from './sys.ts';

/** The interface between the tunnels and the kernel, which forwards between it and the inside network. */
export type TunOptions = {
  /** Up to 15 characters. */
  readonly name: string;
  /**
   * Packets larger than this are fragmented, or answered with ICMP, by the kernel before they reach
   * the tunnel; so choose it small enough for the encapsulated packet to fit the path.
   */
  readonly mtu: number;
  /** The interface's own address, if it is to have one. */
  readonly address?: { readonly address: IpAddress; readonly length: number };
  /** Networks that lie behind tunnels: the address pools. */
  readonly routes: readonly Prefix[];
};

/** What the kernel takes for a name, without the patterns that it would complete. */
const NAME = /^[A-Za-z0-9_.-]{1,15}$/;
const DEVICE = '/dev/net/tun';
/** Packets that wait for the worker; the default of 500 is less than a burst at full speed. */
const QUEUE_PACKETS = 2000;

function describeOpenError(errno: number): string {
  const { ENOENT, ENODEV, ENXIO, EACCES, EPERM } = constants.errno;
  if (errno === ENOENT || errno === ENODEV || errno === ENXIO)
    return `${DEVICE} is missing: load the module (\`modprobe tun\`), or give the container the device`;
  if (errno === EACCES || errno === EPERM)
    return `${DEVICE} may not be opened: run as root, or let the user of the service read and write it`;
  return `${DEVICE} cannot be opened: ${errorName(errno)}`;
}

function describeAttachError(name: string, errno: number): string {
  const { EPERM, EBUSY, EINVAL } = constants.errno;
  if (errno === EPERM)
    return `the TUN interface ${name} cannot be made: run as root or grant CAP_NET_ADMIN`;
  if (errno === EBUSY)
    return `the TUN interface ${name} is in use: stop the other program, or choose another name`;
  if (errno === EINVAL)
    return `${name} is not a name for a TUN interface, or exists as one of another kind: choose another name`;
  return `the TUN interface ${name} cannot be made: ${errorName(errno)}`;
}

/** Makes the interface and attaches to it. */
function attach(sys: Sys, name: string, flags: number): Result<number, string> {
  if (!NAME.test(name)) return err(describeAttachError(name, constants.errno.EINVAL));
  const fd = sys.open(DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return err(describeOpenError(sys.errno()));
  const request = sys.arena(IFREQ_OCTETS);
  request.bytes.set(new TextEncoder().encode(name));
  new DataView(request.bytes.buffer).setUint16(IFNAMSIZ, IFF_TUN | IFF_NO_PI | flags, true);
  if (sys.ioctl(fd, TUNSETIFF, request.pointer) === 0) return ok(fd);
  const errno = sys.errno();
  sys.close(fd);
  return err(describeAttachError(name, errno));
}

/** Opens a TUN interface of bare packets; it lives as long as its descriptor. */
export const openBareTun = (sys: Sys, name: string): Result<number, string> => attach(sys, name, 0);

/** A queue of a TUN interface whose packets have virtio headers, so that one may stand for many. */
export type OpenTun = {
  readonly fd: number;
  /** Whether the kernel takes UDP datagrams merged (Linux 6.2). */
  readonly mergesUdp: boolean;
};

/**
 * Opens a TUN interface with the offloads that the kernel has, and a queue for each worker; the error is
 * one line for people.
 */
export function openTun(
  sys: Sys,
  name: string,
  workers: number,
): Result<readonly OpenTun[], string> {
  const queues: OpenTun[] = [];
  for (let worker = 0; worker < workers; worker += 1) {
    const queue = openQueue(sys, name, worker, workers);
    if (!queue.ok) {
      for (const { fd } of queues) sys.close(fd);
      return queue;
    }
    queues.push(queue.value);
  }
  return ok(queues);
}

function openQueue(
  sys: Sys,
  name: string,
  worker: number,
  workers: number,
): Result<OpenTun, string> {
  // Queues may be added by anybody, so the first makes sure that the interface is ours.
  const first = worker === 0 ? IFF_TUN_EXCL : 0;
  const fd = attach(sys, name, IFF_VNET_HDR | (workers > 1 ? IFF_MULTI_QUEUE | first : 0));
  if (!fd.ok) return fd;
  const tcp = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
  const mergesUdp = sys.ioctl(fd.value, TUNSETOFFLOAD, tcp | TUN_F_USO4 | TUN_F_USO6) === 0;
  // Without any offload the interface still works, one packet at a time.
  if (!mergesUdp) sys.ioctl(fd.value, TUNSETOFFLOAD, tcp);
  return ok({ fd: fd.value, mergesUdp });
}

/** Whether the interface of a descriptor is still there. */
export const isAttached = (sys: Sys, { fd }: OpenTun): boolean =>
  sys.ioctl(fd, TUNGETIFF, sys.arena(IFREQ_OCTETS).pointer) === 0;

/**
 * Runs commands of `ip` until one fails, or all of them with the option `-force`; the error is one line
 * for people.
 */
function ip(commands: readonly string[], ...options: readonly string[]): Result<void, string> {
  const run = spawnSync('ip', [...options, '-batch', '-'], { input: `${commands.join('\n')}\n` });
  if (run.error)
    return err(
      (run.error as NodeJS.ErrnoException).code === 'ENOENT'
        ? 'the program `ip` is missing: install iproute2'
        : `the program \`ip\` cannot be run: ${run.error.message}`,
    );
  if (run.status === 0) return ok(undefined);
  const [reason = 'it says nothing more'] = run.stderr.toString().trim().split('\n');
  return err(`the program \`ip\` refused to set up the TUN interface: ${reason}`);
}

/** Gives the interface its MTU, address and routes, and brings it up. */
export function configureTun(options: TunOptions): Result<void, string> {
  const { name, mtu } = options;
  // Without a link-local address the kernel solicits no routers there; a kernel without IPv6 refuses.
  ip([`link set dev ${name} addrgenmode none`]);
  const up = `link set dev ${name} mtu ${mtu} txqueuelen ${QUEUE_PACKETS} up`;
  return ip([up, ...additions(options)]);
}

/** Gives the interface again what the kernel took from it when somebody set it down. */
export function restoreTun(options: TunOptions): Result<void, string> {
  const commands = additions(options);
  return commands.length === 0 ? ok(undefined) : ip(commands);
}

const additions = ({ name, address, routes }: TunOptions): string[] => [
  ...(address ? [`address replace ${formatPrefix(address)} dev ${name}`] : []),
  ...routes.map((route) => addition(name, route)),
];

const addition = (name: string, route: Prefix): string =>
  `route replace ${formatPrefix(route)} dev ${name}`;

/** Makes `routes` the routes to the interface, where `before` were. */
export function replaceRoutes(
  name: string,
  before: readonly Prefix[],
  routes: readonly Prefix[],
): Result<void, string> {
  const wanted = new Set(routes.map(formatPrefix));
  const present = new Set(before.map(formatPrefix));
  const added = routes.filter((route) => !present.has(formatPrefix(route)));
  const removed = before.filter((route) => !wanted.has(formatPrefix(route)));
  const done = added.length === 0 ? ok(undefined) : ip(added.map((route) => addition(name, route)));
  // What cannot be deleted is gone already.
  if (done.ok && removed.length > 0)
    ip(
      removed.map((route) => `route delete ${formatPrefix(route)} dev ${name}`),
      '-force',
    );
  return done;
}
