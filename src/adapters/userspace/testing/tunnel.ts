import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { address, type Endpoint } from '#base/address';
import { hostPrefix } from '#base/prefix';
import { Prng } from '#base/prng';
import { ESP_SUITES, type EspSuiteName } from '#crypto/esp-suites';
import type { DataPlaneReport, ForwardingChange } from '#dataplane/data-plane';
import type { BenchOptions } from '#dataplane/testing/bench';
import type { Sys } from '../sys.ts';
import { UserspaceDataPlane } from '../userspace-data-plane.ts';
import { enterNewNetwork, ip, visit } from './network.ts';

/** One end: a network namespace with a data plane, and an address that is reached through the tunnel. */
export type End = {
  readonly dataPlane: UserspaceDataPlane;
  readonly inside: string;
  readonly reports: DataPlaneReport[];
  /** Starts a process there. */
  run(command: string, args: readonly string[]): ChildProcess;
};

export type TunnelOptions = {
  readonly suite: EspSuiteName;
  readonly encapsulation: 'udp' | 'none';
  /** Of the TUN interfaces. */
  readonly mtu: number;
  /** Of the interfaces between the two. */
  readonly pathMtu?: number;
  /** The outside addresses come when the data planes listen there already. */
  readonly floating?: boolean;
} & BenchOptions;

const outside = [address('192.0.2.1'), address('192.0.2.2')] as const;
const inside = [address('10.98.0.1'), address('10.98.0.2')] as const;
const inside6 = [address('fd98::1'), address('fd98::2')] as const;

const endpoint = (i: 0 | 1): Endpoint => ({ address: outside[i], port: 4500 });

/** The transaction of end `i`, for IPv4 and for IPv6 inside. */
function additions(i: 0 | 1, options: TunnelOptions): ForwardingChange[] {
  const far = i === 0 ? 1 : 0;
  const { suite, encapsulation } = options;
  const changes: ForwardingChange[] = [];
  for (const [n, hosts] of [inside, inside6].entries()) {
    const spi = (from: number) => 1000 * (n + 1) + from;
    const keys = (from: number) => new Prng(spi(from)).bytes(ESP_SUITES[suite].keyMaterialOctets);
    const common = {
      suite,
      encapsulation,
      mode: 'tunnel' as const,
      local: endpoint(i),
      remote: endpoint(far),
      selectors: { local: hostPrefix(hosts[i]), remote: hostPrefix(hosts[far]) },
    };
    changes.push({
      kind: 'addInbound',
      sa: {
        ...common,
        spi: spi(far),
        keyMaterial: keys(far),
        direction: 'inbound',
        replayWindow: 64,
      },
    });
    changes.push({
      kind: 'addOutbound',
      sa: {
        ...common,
        spi: spi(i),
        pairedSpi: spi(far),
        keyMaterial: keys(i),
        direction: 'outbound',
      },
    });
  }
  return changes;
}

/** Two namespaces joined by a pair of interfaces, and a tunnel between two data planes in them. */
export async function openTunnel(
  sys: Sys,
  options: TunnelOptions,
): Promise<{ readonly ends: readonly [End, End]; close(): Promise<void> }> {
  const networks = [enterNewNetwork(sys, []), enterNewNetwork(sys, [])] as const;
  ip('link', 'add', 'veth0', 'type', 'veth', 'peer', 'name', 'veth1');
  ip('link', 'set', 'veth0', 'netns', `/proc/${process.pid}/fd/${networks[0]}`);
  const end = async (i: 0 | 1): Promise<End> => {
    visit(sys, networks[i]);
    const { floating = false } = options;
    const haveAddress = () => ip('address', 'add', `${outside[i]}/24`, 'dev', `veth${i}`);
    if (!floating) haveAddress();
    ip('link', 'set', 'dev', `veth${i}`, 'mtu', `${options.pathMtu ?? 1500}`, 'up');
    const reports: DataPlaneReport[] = [];
    const far = i === 0 ? 1 : 0;
    const started = await UserspaceDataPlane.start({
      ...options,
      listen: [{ endpoint: endpoint(i), encapsulated: true, floating }],
      report: (report) => reports.push(report),
      tun: {
        name: 'tunnel0',
        mtu: options.mtu,
        address: { address: inside[i], length: 32 },
        routes: [hostPrefix(inside[far]), hostPrefix(inside6[far])],
      },
    });
    assert.ok(started.ok, started.ok ? '' : started.error);
    if (floating) haveAddress();
    ip('address', 'add', `${inside6[i]}/128`, 'dev', 'tunnel0', 'nodad');
    started.value.apply(additions(i, options));
    const run = (command: string, args: readonly string[]) => {
      visit(sys, networks[i]);
      return spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    };
    return { dataPlane: started.value, inside: inside[i], reports, run };
  };
  const ends = [await end(0), await end(1)] as const;
  return {
    ends,
    close: async () => {
      for (const { dataPlane } of ends) await dataPlane.close();
      for (const network of networks) sys.close(network);
    },
  };
}
