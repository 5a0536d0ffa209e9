import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after as afterAll, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Prng } from '#base/prng';
import type { ArpView, PatCountersView, XlateView } from '#features/nat/show';
import { PacketSocket } from './packet-socket.ts';
import { linuxNameOf, readLinuxNames } from './pat-box.ts';
import { loadSys } from './userspace/sys.ts';

test('a Linux interface is the one that was said, or of the hardware name, or of the nameif name', () => {
  const wanted = { hardware: 'ethernet0', name: 'outside' };
  const there =
    (...names: string[]) =>
    (name: string) =>
      names.includes(name);
  const said = readLinuxNames(['ethernet0=eth7', 'ethernet1=eth8']);
  assert.ok(said.ok);
  assert.equal(linuxNameOf(wanted, said.value, there('ethernet0')), 'eth7');
  assert.equal(linuxNameOf(wanted, new Map(), there('ethernet0', 'outside')), 'ethernet0');
  assert.equal(linuxNameOf(wanted, new Map(), there('outside')), 'outside');
  assert.equal(linuxNameOf(wanted, new Map(), there()), 'ethernet0');
  for (const wrong of ['ethernet0', '=eth0', 'ethernet0=', 'a=b=c', ''])
    assert.ok(!readLinuxNames([wrong]).ok);
});

const prefix = `pat${process.pid}`;
const ns = (name: string) => `${prefix}-${name}`;
const nodes = ['c1', 'c2', 'lan', 'pix', 'out'] as const;
type Node = (typeof nodes)[number];

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: 'pipe' });
const inside = (node: Node, ...command: string[]): string =>
  execFileSync('ip', ['netns', 'exec', ns(node), ...command], {
    encoding: 'utf8',
    stdio: 'pipe',
    timeout: 60_000,
  });

/** Why namespaces cannot be made here; undefined when they can. */
function hindrance(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root for network namespaces and packet sockets';
  try {
    execFileSync('ip', ['netns', 'add', ns('try')], { stdio: 'pipe' });
    execFileSync('ip', ['netns', 'delete', ns('try')], { stdio: 'pipe' });
    for (const program of ['ping', 'curl', 'python3'])
      execFileSync('which', [program], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `needs ip netns, ping, curl and python3: ${(error as Error).message.split('\n')[0]}`;
  }
}

/** A veth pair between two namespaces. */
function cable(a: Node, aName: string, b: Node, bName: string): void {
  ip('link', 'add', aName, 'netns', ns(a), 'type', 'veth', 'peer', 'name', bName, 'netns', ns(b));
  for (const [node, name] of [
    [a, aName],
    [b, bName],
  ] as const)
    ip('-n', ns(node), 'link', 'set', name, 'up');
}

/** The seed's network (NAT-05), with the head-end's address on the box that stands for the outside. */
function build(): void {
  for (const node of nodes) {
    ip('netns', 'add', ns(node));
    ip('-n', ns(node), 'link', 'set', 'lo', 'up');
  }
  ip('-n', ns('lan'), 'link', 'add', 'bridge', 'type', 'bridge');
  ip('-n', ns('lan'), 'link', 'set', 'bridge', 'up');
  for (const [node, name, port] of [
    ['c1', 'eth0', 'p1'],
    ['c2', 'eth0', 'p2'],
    ['pix', 'ethernet1', 'p3'],
  ] as const) {
    cable(node, name, 'lan', port);
    ip('-n', ns('lan'), 'link', 'set', port, 'master', 'bridge');
  }
  cable('pix', 'ethernet0', 'out', 'eth0');
  for (const [node, address] of [
    ['c1', '10.10.10.2/24'],
    ['c2', '10.10.10.3/24'],
    ['out', '171.69.88.1/23'],
  ] as const)
    ip('-n', ns(node), 'address', 'add', address, 'dev', 'eth0');
  ip('-n', ns('out'), 'address', 'add', '172.16.172.50/32', 'dev', 'lo');
  for (const node of ['c1', 'c2'] as const)
    ip('-n', ns(node), 'route', 'add', 'default', 'via', '10.10.10.1');
}

const running: ChildProcess[] = [];

/** Starts a program in a namespace and waits for a line of its output. */
async function start(node: Node, ready: string, command: readonly string[]) {
  const child = spawn('ip', ['netns', 'exec', ns(node), ...command], { stdio: 'pipe' });
  running.push(child);
  const lines = createInterface({ input: child.stdout });
  const collected: string[] = [];
  const waiting: (() => void)[] = [];
  const errors: string[] = [];
  child.stderr.on('data', (text) => errors.push(String(text)));
  lines.on('line', (line) => {
    collected.push(line);
    for (const wake of waiting.splice(0)) wake();
  });
  child.on('exit', () => {
    for (const wake of waiting.splice(0)) wake();
  });
  /** The next line of output. */
  const next = async (): Promise<string> => {
    while (collected.length === 0) {
      assert.equal(child.exitCode, null, `${command.join(' ')} ended: ${errors.join('')}`);
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    return collected.shift() as string;
  };
  assert.equal(await next(), ready);
  return { child, next };
}

const node = process.execPath;

/** A UDP server that answers with the port it saw, and a client that binds a port and prints the answer. */
const echoServer = `const s = require('dgram').createSocket('udp4');
s.on('message', (m, r) => s.send(String(r.port), r.port, r.address));
s.bind(4500, '172.16.172.50', () => console.log('ready'));`;
const echoClient = `const s = require('dgram').createSocket('udp4');
const again = setInterval(() => s.send('x', 4500, '172.16.172.50'), 200);
s.on('message', (m) => { console.log(String(m)); clearInterval(again); s.close(); });
s.bind(4500, () => s.send('x', 4500, '172.16.172.50'));
setTimeout(() => process.exit(1), 30000).unref();`;

type Views = { xlate: XlateView; arp: ArpView; counters: PatCountersView };

const reason = hindrance();

describe('a PAT box on packet sockets between two hosts and the outside', { skip: reason }, () => {
  let views: () => Promise<Views>;
  let folder: string;

  before(async () => {
    build();
    folder = mkdtempSync(join(tmpdir(), 'headend-pat-'));
    const program = fileURLToPath(new URL('./testing-pat-box.ts', import.meta.url));
    const box = await start('pix', 'ready', [node, program]);
    views = async () => {
      box.child.stdin?.write('\n');
      return JSON.parse(await box.next()) as Views;
    };
    await start('out', 'ready', [node, '-e', echoServer]);
  });

  afterAll(() => {
    for (const child of running) child.kill();
    for (const name of nodes) ip('netns', 'delete', ns(name));
    rmSync(folder, { recursive: true });
  });

  test('pings pass, and the box answers for itself', () => {
    for (const client of ['c1', 'c2'] as const) {
      inside(client, 'ping', '-c', '2', '-i', '0.1', '-W', '10', '172.16.172.50');
      inside(client, 'ping', '-c', '1', '-W', '10', '10.10.10.1');
    }
    inside('out', 'ping', '-c', '1', '-W', '10', '171.69.89.78');
    assert.throws(() => inside('c1', 'ping', '-c', '1', '-W', '1', '171.69.89.78'));
    assert.throws(() => inside('out', 'ping', '-c', '1', '-W', '1', '10.10.10.2'));
  });

  test('pings in fragments pass', () => {
    inside('c1', 'ping', '-c', '1', '-W', '10', '-s', '5000', '172.16.172.50');
  });

  test('the box is a hop that says so', () => {
    assert.throws(
      () => inside('c1', 'ping', '-c', '1', '-W', '10', '-t', '1', '172.16.172.50'),
      (error: { stdout?: string }) => /10\.10\.10\.1.*exceeded/.test(error.stdout ?? ''),
    );
  });

  test('NAT-31 NAT-32 NAT-33: UDP 4500 of both clients has a global port each', async () => {
    const seen = (['c1', 'c2'] as const).map((client) =>
      inside(client, node, '-e', echoClient).trim(),
    );
    assert.deepEqual(seen, ['1025', '1026']);
    const { xlate, counters } = await views();
    const udp = xlate.items.filter((x) => x.protocol === 'udp' && x.localPort === 4500);
    assert.deepEqual(
      udp.map((x) => `${x.globalAddress}(${x.globalPort}) ${x.localAddress}`),
      ['171.69.89.78(1025) 10.10.10.2', '171.69.89.78(1026) 10.10.10.3'],
    );
    assert.ok(xlate.mostUsed >= xlate.inUse);
    assert.ok(counters.forwarded > 10);
  });

  test('NAT-34: both hosts and the gateway are known by their hardware addresses', async () => {
    const hardwareOf = (name: Node) =>
      (
        JSON.parse(inside(name, 'ip', '-json', 'link', 'show', 'dev', 'eth0')) as [
          { address: string },
        ]
      )[0].address
        .replaceAll(':', '')
        .replace(/(....)(....)(....)/, '$1.$2.$3');
    const { arp } = await views();
    assert.deepEqual(
      arp.items.map((n) => `${n.interface} ${n.address} ${n.hardware}`),
      [
        `outside 171.69.88.1 ${hardwareOf('out')}`,
        `inside 10.10.10.3 ${hardwareOf('c2')}`,
        `inside 10.10.10.2 ${hardwareOf('c1')}`,
      ],
    );
  });

  test('files of 20 MB come through TCP unharmed, both ways and at once', async () => {
    const content = Buffer.from(new Prng(78).bytes(20_000_000));
    writeFileSync(join(folder, 'file'), content);
    const expected = createHash('sha256').update(content).digest('hex');
    const server = `import http.server, functools, sys
class Handler(http.server.SimpleHTTPRequestHandler):
    def do_PUT(self):
        data = self.rfile.read(int(self.headers['Content-Length']))
        open(self.translate_path(self.path), 'wb').write(data)
        self.send_response(201); self.end_headers()
    def log_message(self, *a): pass
s = http.server.ThreadingHTTPServer(('172.16.172.50', 8080), functools.partial(Handler, directory=sys.argv[1]))
print('ready', flush=True)
s.serve_forever()`;
    await start('out', 'ready', ['python3', '-c', server, folder]);
    const curl = (client: Node, ...args: string[]) =>
      new Promise<void>((resolve, reject) => {
        const command = ['netns', 'exec', ns(client), 'curl', '-sSf', '--max-time', '60', ...args];
        const child = spawn('ip', command, { stdio: ['ignore', 'ignore', 'inherit'] });
        child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`curl: ${code}`))));
      });
    const url = 'http://172.16.172.50:8080';
    await Promise.all([
      curl('c1', '-o', join(folder, 'got1'), `${url}/file`),
      curl('c2', '-o', join(folder, 'got2'), `${url}/file`),
      curl('c1', '-T', join(folder, 'file'), `${url}/put1`),
    ]);
    for (const name of ['got1', 'got2', 'put1'])
      assert.equal(
        createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex'),
        expected,
        name,
      );
  });

  test('a link that was down for a while is served again', () => {
    ip('-n', ns('pix'), 'link', 'set', 'ethernet0', 'down');
    assert.throws(() => inside('c1', 'ping', '-c', '1', '-W', '1', '172.16.172.50'));
    ip('-n', ns('pix'), 'link', 'set', 'ethernet0', 'up');
    // Until one is answered; the kernel takes its time to see that a carrier is back.
    inside('c1', 'ping', '-c', '1', '-i', '0.3', '-w', '30', '172.16.172.50');
  });

  test('an interface that is not there, or has an address, is named with what to do', async () => {
    const sys = await loadSys();
    assert.ok(sys.ok);
    const absent = PacketSocket.open(sys.value, 'no-such-if0');
    assert.ok(!absent.ok && absent.error.includes('there is no interface no-such-if0'));
    const loopback = PacketSocket.open(sys.value, 'lo');
    assert.ok(!loopback.ok && loopback.error.includes('no Ethernet interface'));
    ip('-n', ns('pix'), 'address', 'add', '10.10.10.1/24', 'dev', 'ethernet1');
    const program = fileURLToPath(new URL('./testing-pat-box.ts', import.meta.url));
    const complaint = (): string => {
      try {
        inside('pix', node, program);
      } catch (error) {
        return (error as { stderr: string }).stderr.trim();
      }
      return 'started';
    };
    assert.match(
      complaint(),
      /^ethernet1 \(inside\): the kernel has address 10\.10\.10\.1 on interface ethernet1, .*flush dev ethernet1`$/,
    );
    ip('-n', ns('pix'), 'address', 'flush', 'dev', 'ethernet1');
    ip('-n', ns('pix'), 'link', 'set', 'ethernet1', 'down');
    assert.match(complaint(), /^ethernet1 \(inside\): interface ethernet1 is down/);
    ip('-n', ns('pix'), 'link', 'set', 'ethernet1', 'up');
    inside('pix', 'sysctl', '-qw', 'net.ipv4.conf.ethernet1.forwarding=1');
    assert.match(complaint(), /the kernel routes what arrives .*ethernet1\.forwarding=0/);
  });
});
