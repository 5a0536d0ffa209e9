/**
 * Minutes of mixed traffic through several tunnels at once while 1 % is lost on the way and keys change
 * all the time: TCP both ways, datagrams of all sizes both ways, pings. Every octet is checked.
 * Usage: soak.ts [--minutes 10] [--loss 1] [--workers 1]   (root; ends with status 1 when something is not explained)
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  enterNewNetwork,
  ip,
  missing,
  systemCalls,
  visit,
} from '../src/adapters/userspace/testing/network.ts';
import { UserspaceDataPlane } from '../src/adapters/userspace/userspace-data-plane.ts';
import { address, type Endpoint } from '../src/base/address.ts';
import { hostPrefix } from '../src/base/prefix.ts';
import type { DataPlaneReport } from '../src/dataplane/data-plane.ts';
import { givenOptions } from './program.ts';
import type { HostSight, HostTask } from './soak/host.ts';
import { SoakKeys, type SoakTunnel } from './soak/pairs.ts';

const HOST = new URL('./soak/host.ts', import.meta.url).pathname;
const MTU = 1400;
const RESTLESS_MS = 4000;
/** Deviations from the expected loss that chance does not explain. */
const MOST_DEVIATIONS = 6;

const outside: readonly [Endpoint, Endpoint] = [
  { address: address('192.0.2.1'), port: 4500 },
  { address: address('192.0.2.2'), port: 4500 },
];
const tunnels: readonly SoakTunnel[] = [
  { suite: 'aes-gcm-16-128', encapsulation: 'udp', replayWindow: 64 },
  { suite: 'aes-cbc-128-hmac-sha1-96', encapsulation: 'udp', replayWindow: 64 },
  { suite: 'chacha20-poly1305', encapsulation: 'none', replayWindow: 1024, extended: true },
  { suite: 'aes-cbc-256-hmac-sha2-256-128', encapsulation: 'udp', replayWindow: 4096 },
  { suite: 'aes-gcm-16-256', encapsulation: 'udp', replayWindow: 64, six: true },
].map(({ six, ...tunnel }, i) => ({
  ...(tunnel as Omit<SoakTunnel, 'hosts'>),
  hosts: six ? [`fd98:${i}::1`, `fd98:${i}::2`] : [`10.98.${i}.1`, `10.98.${i}.2`],
}));

const options = givenOptions(import.meta.filename, {
  minutes: { type: 'string', default: '10' },
  loss: { type: 'string', default: '1' },
  workers: { type: 'string', default: '1' },
});
const seconds = 60 * Number(options.minutes);
const lossPercent = Number(options.loss);

const reason = await missing();
if (reason) throw new Error(`the soak cannot run: ${reason}`);
const sys = await systemCalls();
const networks = [enterNewNetwork(sys, []), enterNewNetwork(sys, [])] as const;
ip('link', 'add', 'veth0', 'type', 'veth', 'peer', 'name', 'veth1');
ip('link', 'set', 'veth0', 'netns', `/proc/${process.pid}/fd/${networks[0]}`);

const trouble: string[] = [];
const keys: SoakKeys[] = [];

/** What the engine would do about a report. */
function hear(end: 0 | 1, report: DataPlaneReport): void {
  if (report.kind === 'expiring') keys.find((one) => one.has(report.spi))?.change();
  else if (report.kind !== 'inboundActive')
    trouble.push(`end ${end} reports ${JSON.stringify(report)}`);
}

/** Loses a part of what arrives, as a bad line would. */
function lose(device: string): void {
  const rule = `table ip loss { chain in { type filter hook prerouting priority -300;
    iifname "${device}" numgen random mod 10000 < ${Math.round(100 * lossPercent)} counter drop
  }
}
`;
  const run = spawnSync('nft', ['-f', '-'], { input: rule });
  if (run.status !== 0) throw new Error(`nft: ${run.stderr ?? run.error}`);
}

async function openEnd(end: 0 | 1): Promise<UserspaceDataPlane> {
  visit(sys, networks[end]);
  const far = end === 0 ? 1 : 0;
  ip('address', 'add', `${outside[end].address}/24`, 'dev', `veth${end}`);
  ip('link', 'set', 'dev', `veth${end}`, 'up');
  lose(`veth${end}`);
  const started = await UserspaceDataPlane.start({
    workers: Number(options.workers),
    listen: [{ endpoint: outside[end], encapsulated: true }],
    report: (report) => hear(end, report),
    tun: {
      name: 'soak0',
      mtu: MTU,
      routes: tunnels.map(({ hosts }) => hostPrefix(address(hosts[far]))),
    },
  });
  if (!started.ok) throw new Error(started.error);
  for (const { hosts } of tunnels) {
    const own = hosts[end];
    const six = own.includes(':');
    ip('address', 'add', `${own}/${six ? 128 : 32}`, 'dev', 'soak0', ...(six ? ['nodad'] : []));
  }
  return started.value;
}

/** Runs a program at one end to its end; what it printed. */
function run(end: 0 | 1, command: string, args: readonly string[]): Promise<string> {
  visit(sys, networks[end]);
  const child: ChildProcess = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout?.on('data', (data: Buffer) => {
    text += data.toString();
  });
  return new Promise((resolve) => child.once('close', () => resolve(text)));
}

function host(end: 0 | 1): Promise<HostSight> {
  const pairs = tunnels.map(({ hosts: [a, b] }) =>
    end ? { own: b, peer: a } : { own: a, peer: b },
  );
  const task: HostTask = { drives: end === 1, seconds, pairs };
  return run(end, process.execPath, [HOST, JSON.stringify(task)]).then((t) => JSON.parse(t));
}

/** Pings of one size; ping compares the content itself. */
async function ping(tunnel: SoakTunnel, octets: number): Promise<[sent: number, came: number]> {
  const [target, source] = tunnel.hosts;
  const text = await run(1, 'ping', [
    ...['-i', '0.05', '-w', `${Math.ceil(seconds)}`, '-s', `${octets}`, '-I', source, '-q'],
    target,
  ]);
  if (/wrong data|DUP/.test(text)) trouble.push(`ping: ${text}`);
  const [, sent = '0', came = '0'] = /(\d+) packets transmitted, (\d+) received/.exec(text) ?? [];
  return [Number(sent), Number(came)];
}

/** Notes what is more than the loss explains, of things that take up to `packets` packets each. */
function expectLoss(what: string, sent: number, came: number, packets: number): void {
  const percent = (100 * (sent - came)) / Math.max(1, sent);
  const expected = sent * (1 - (1 - lossPercent / 100) ** packets);
  console.log(`${what}: ${came} of ${sent} came, ${percent.toFixed(2)} % lost`);
  if (sent === 0 || sent - came > expected + MOST_DEVIATIONS * Math.sqrt(expected + 1))
    trouble.push(`${what}: ${percent.toFixed(2)} % lost`);
}

const ends = [await openEnd(0), await openEnd(1)] as const;
for (const tunnel of tunnels) keys.push(new SoakKeys(tunnel, outside, ends));
await Promise.all(keys.map((one) => one.change()));
const restless = setInterval(() => {
  void keys[Math.floor(Math.random() * keys.length)]?.change();
}, RESTLESS_MS / keys.length);
const sizes = [0, 56, 1000, 1371, 3000];
const pings = tunnels.map((tunnel, i) => ping(tunnel, sizes[i % sizes.length] as number));
const sights = [await Promise.all([host(0), host(1)]), await Promise.all(pings)] as const;
clearInterval(restless);

const [[a, b], answers] = sights;
console.log(
  `TCP: ${b.transfers} transfers, ${(b.octets / 1e6).toFixed(0)} MB, ${b.damagedTransfers} damaged`,
);
if (b.damagedTransfers > 0 || b.transfers < tunnels.length) trouble.push('TCP');
expectLoss('datagrams to end 0', b.sent, a.good, 2);
expectLoss('datagrams to end 1', a.sent, b.good, 2);
for (const [i, [sent, came]] of answers.entries()) {
  const octets = sizes[i % sizes.length] as number;
  expectLoss(`pings of ${octets} octets`, sent, came, 2 * Math.ceil((octets + 28) / MTU));
}
for (const { damaged, twice, overtaken } of [a, b]) {
  console.log(`datagrams: ${damaged} damaged, ${twice} twice, ${overtaken} overtaken`);
  if (damaged + twice > 0) trouble.push('datagrams damaged, or twice');
}
for (const [i, one] of keys.entries()) {
  const sums = one.counters();
  console.log(
    `${tunnels[i]?.suite}: keys changed ${one.changes} times, inbound ${JSON.stringify(sums)}`,
  );
  for (const name of [
    'replayed',
    'authenticationFailed',
    'malformed',
    'selectorMismatch',
    'expired',
  ])
    if ((sums[name] ?? 0) > 0) trouble.push(`${tunnels[i]?.suite}: ${name} ${sums[name]}`);
}
for (const [i, end] of ends.entries()) {
  const counters = end.counters();
  console.log(`end ${i}: ${JSON.stringify(counters)}`);
  if (counters.unknownSpi + counters.malformed > 0) trouble.push(`end ${i} refused packets`);
  await end.close();
}
for (const one of new Set(trouble)) console.log(`not explained: ${one}`);
console.log(trouble.length === 0 ? 'everything is explained' : `${trouble.length} things are not`);
process.exit(trouble.length === 0 ? 0 : 1);
