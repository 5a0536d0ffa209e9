/**
 * Builds a topology out of network namespaces and takes it away again. Every namespace carries a
 * prefix that no other run has, so that any number of labs can stand side by side.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabError } from './lab-error.ts';
import { searchPath } from './programs.ts';
import type { Link, LinkEnd, Topology } from './topology.ts';

/**
 * What runs in front of every command of a node: it dies with the runner, and it sees a /run and a
 * resolv.conf of its own, because VPN daemons and clients keep their sockets, process ids and
 * name servers there. $0 is the node's folder, $1 the command.
 */
const privateFiles = [
  'mount --bind "$0/run" /run',
  '{ [ ! -e /etc/resolv.conf ] || mount --bind "$0/resolv.conf" /etc/resolv.conf; }',
  'exec sh -c "$1"',
].join(' && ');

const ip = (...words: readonly string[]): string => {
  const done = spawnSync('ip', words, {
    encoding: 'utf8',
    env: { ...process.env, PATH: searchPath },
  });
  if (done.status !== 0)
    throw new LabError(`ip ${words.join(' ')}: ${done.stderr?.trim() || done.error?.message}`);
  return done.stdout;
};

export class Network {
  /** The process id tells people whose it is, the rest keeps the runs of one process apart. */
  readonly #prefix = `lab-${process.pid}-${randomBytes(3).toString('hex')}`;
  readonly #folder: string;
  readonly #namespaces: string[] = [];

  /** `folder` receives the private files of each node; it must exist. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Creates namespaces, links, addresses, routes; after a failure `remove` still tidies up. */
  build(topology: Topology): void {
    for (const node of topology.nodes) this.#addNode(node);
    for (const name of topology.switches) {
      this.#addNode(name);
      this.#ip(name, 'link', 'add', 'bridge', 'type', 'bridge');
      this.#ip(name, 'link', 'set', 'bridge', 'up');
    }
    for (const link of topology.links) this.#addLink(link);
    for (const node of topology.nodes) this.#forward(node, topology.forwarding.includes(node));
    for (const { node, destination, gateway } of topology.routes)
      this.#ip(node, 'route', 'add', destination, 'via', gateway);
  }

  /** The argument list that runs a shell command inside a node. */
  inside(node: string, command: string): readonly string[] {
    const enter = ['ip', 'netns', 'exec', this.#namespace(node)];
    const guard = ['setpriv', '--pdeathsig', 'KILL'];
    return [...enter, ...guard, 'sh', '-c', privateFiles, this.#nodeFolder(node), command];
  }

  /** Ends whatever still runs in the namespaces, all of it started by this run, and deletes them. */
  remove(): void {
    for (const namespace of this.#namespaces.splice(0)) {
      if (!existsSync(`/run/netns/${namespace}`)) continue;
      for (const pid of ip('netns', 'pids', namespace).split('\n'))
        if (pid !== '') killQuietly(Number(pid));
      ip('netns', 'delete', namespace);
    }
  }

  #namespace(node: string): string {
    return `${this.#prefix}-${node}`;
  }

  #nodeFolder(node: string): string {
    return join(this.#folder, node);
  }

  #ip(node: string, ...words: readonly string[]): void {
    ip('-n', this.#namespace(node), ...words);
  }

  /** Says it in both cases: a namespace takes over what the machine around it does. */
  #forward(node: string, wanted: boolean): void {
    const files = ['ipv4/ip_forward', 'ipv6/conf/all/forwarding'].map((f) => `/proc/sys/net/${f}`);
    const command = files.map((file) => `echo ${wanted ? 1 : 0} > ${file}`).join('; ');
    ip('netns', 'exec', this.#namespace(node), 'sh', '-c', command);
  }

  #addNamespace(name: string): void {
    const namespace = this.#namespace(name);
    this.#namespaces.push(namespace);
    ip('netns', 'add', namespace);
    this.#ip(name, 'link', 'set', 'lo', 'up');
  }

  #addNode(name: string): void {
    this.#addNamespace(name);
    mkdirSync(join(this.#nodeFolder(name), 'run'), { recursive: true });
    writeFileSync(join(this.#nodeFolder(name), 'resolv.conf'), '');
  }

  #addLink({ a, b }: Link): void {
    const far = 'node' in b ? b : this.#switchPort(b.switchName, a);
    const [nearNamespace, farNamespace] = [this.#namespace(a.node), this.#namespace(far.node)];
    const near = ['name', a.interfaceName, 'netns', nearNamespace, 'type', 'veth'];
    ip('link', 'add', ...near, 'peer', 'name', far.interfaceName, 'netns', farNamespace);
    for (const end of [a, far]) this.#setUp(end);
    if (!('node' in b)) this.#ip(far.node, 'link', 'set', far.interfaceName, 'master', 'bridge');
  }

  #switchPort(switchName: string, end: LinkEnd): LinkEnd {
    return { node: switchName, interfaceName: `to-${end.node}`, addresses: [] };
  }

  #setUp(end: LinkEnd): void {
    for (const address of end.addresses) {
      // Duplicate address detection would leave an IPv6 address unusable for the first seconds.
      const flags = address.includes(':') ? ['nodad'] : [];
      this.#ip(end.node, 'address', 'add', address, 'dev', end.interfaceName, ...flags);
    }
    this.#ip(end.node, 'link', 'set', end.interfaceName, 'up');
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended between being listed and being killed.
  }
}
