import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { loadSys, type Sys } from '../sys.ts';

const CLONE_NEWNET = 0x40000000;

/** Why the tests of the user-space data plane cannot run here; undefined when they can. */
export async function missing(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'needs root';
  if (!existsSync('/dev/net/tun')) return 'needs /dev/net/tun';
  const sys = await loadSys();
  return sys.ok ? undefined : sys.error;
}

/** Runs a command of `ip` and fails when it does. */
export function ip(...args: readonly string[]): void {
  const run = spawnSync('ip', args);
  assert.equal(run.status, 0, `ip ${args.join(' ')}: ${run.stderr}`);
}

/**
 * Puts this process, and the workers that it starts, into a network namespace of its own, which goes
 * when the process goes. It forwards, and owns the given addresses on its loopback interface.
 */
export async function enterOwnNetwork(addresses: readonly string[]): Promise<Sys> {
  const sys = await loadSys();
  assert.ok(sys.ok);
  assert.equal(sys.value.unshare(CLONE_NEWNET), 0, 'a network namespace of its own');
  ip('link', 'set', 'dev', 'lo', 'up');
  for (const address of addresses)
    ip('address', 'add', address, 'dev', 'lo', ...(address.includes(':') ? ['nodad'] : []));
  for (const [name, value] of [
    ['ipv4/ip_forward', '1'],
    ['ipv6/conf/all/forwarding', '1'],
    ['ipv4/conf/all/rp_filter', '0'],
    ['ipv4/conf/default/rp_filter', '0'],
  ] as const)
    writeFileSync(`/proc/sys/net/${name}`, value);
  return sys.value;
}
