import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { O_CLOEXEC } from '../linux.ts';
import { loadSys, type Sys } from '../sys.ts';
import { openBareTun } from '../tun.ts';

const CLONE_NEWNET = 0x40000000;

/**
 * Why the tests of the user-space data plane cannot run here; undefined when they can, and then this
 * thread has left the network of the machine already.
 */
export async function missing(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'needs root';
  const sys = await loadSys();
  if (!sys.ok) return sys.error;
  if (sys.value.unshare(CLONE_NEWNET) !== 0) return 'needs to make network namespaces';
  const tun = openBareTun(sys.value, 'probe0');
  if (!tun.ok) return tun.error;
  sys.value.close(tun.value);
  return undefined;
}

/** Runs a command of `ip` and fails when it does. */
export function ip(...args: readonly string[]): void {
  const run = spawnSync('ip', args);
  assert.equal(run.status, 0, `ip ${args.join(' ')}: ${run.stderr}`);
}

/** The library, which a test has made sure of. */
export async function systemCalls(): Promise<Sys> {
  const sys = await loadSys();
  assert.ok(sys.ok, sys.ok ? '' : sys.error);
  return sys.value;
}

/**
 * Puts this thread, and the workers and processes that it starts, into a new network namespace, which
 * goes when nobody is in it any more. It forwards, and owns the given addresses on its loopback
 * interface. Returns a descriptor by which `visit` finds it again.
 */
export function enterNewNetwork(sys: Sys, addresses: readonly string[]): number {
  assert.equal(sys.unshare(CLONE_NEWNET), 0, 'a network namespace of its own');
  ip('link', 'set', 'dev', 'lo', 'mtu', '1500', 'up');
  for (const address of addresses)
    ip('address', 'add', address, 'dev', 'lo', ...(address.includes(':') ? ['nodad'] : []));
  for (const [name, value] of [
    ['ipv4/ip_forward', '1'],
    ['ipv6/conf/all/forwarding', '1'],
    ['ipv4/conf/all/rp_filter', '0'],
    ['ipv4/conf/default/rp_filter', '0'],
  ] as const)
    writeFileSync(`/proc/sys/net/${name}`, value);
  const fd = sys.open('/proc/thread-self/ns/net', O_CLOEXEC);
  assert.ok(fd >= 0);
  return fd;
}

/** Puts this thread into a namespace of `enterNewNetwork`. */
export function visit(sys: Sys, network: number): void {
  assert.equal(sys.setns(network, CLONE_NEWNET), 0);
}
