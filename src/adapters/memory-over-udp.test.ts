import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, type Endpoint } from '#base/address';
import { instant } from '#base/instant';
import { hostPrefix } from '#base/prefix';
import { Prng } from '#base/prng';
import { ESP_SUITES } from '#crypto/esp-suites';
import type { DataPlaneReport, ForwardingChange } from '#dataplane/data-plane';
import { InsideHost } from '#dataplane/inside-host';
import { MemoryOverUdp } from './memory-over-udp.ts';
import { bindUdp } from './udp.ts';

const loopback = (port: number): Endpoint => ({ address: address('127.0.0.1'), port });
const suite = 'aes-gcm-16-128';
const keys = [1, 2].map((fill) => new Uint8Array(ESP_SUITES[suite].keyMaterialOctets).fill(fill));

/** A data plane with a host behind it, and what it reported. */
async function start(inside: string) {
  const reports: DataPlaneReport[] = [];
  const host: InsideHost = new InsideHost([address(inside)], (packet) =>
    dataPlane.sendInside(packet),
  );
  const started = await MemoryOverUdp.start({
    listen: [{ endpoint: loopback(0), encapsulated: true }],
    report: (report) => reports.push(report),
    inside: host,
    random: new Prng(1),
    now: () => instant(0),
  });
  assert.ok(started.ok);
  const dataPlane = started.value;
  return { dataPlane, host, reports, at: dataPlane.endpoints[0] as Endpoint, inside };
}

type Side = Awaited<ReturnType<typeof start>>;

/** One side's transaction for a tunnel between two hosts. */
function tunnel(us: Side, them: Side, ours: number, theirs: number): ForwardingChange[] {
  const common = {
    suite,
    mode: 'tunnel',
    encapsulation: 'udp',
    local: us.at,
    remote: them.at,
    selectors: {
      local: hostPrefix(address(us.inside)),
      remote: hostPrefix(address(them.inside)),
    },
  } as const;
  const key = (n: number) => ({ spi: 1000 + n, keyMaterial: keys[n] as Uint8Array });
  return [
    { kind: 'addInbound', sa: { ...common, ...key(ours), direction: 'inbound', replayWindow: 64 } },
    {
      kind: 'addOutbound',
      sa: { ...common, ...key(theirs), direction: 'outbound', pairedSpi: 1000 + ours },
    },
  ];
}

const patience = () => AbortSignal.timeout(30_000);

async function eventually(condition: () => boolean): Promise<void> {
  for (const signal = patience(); !condition(); ) {
    assert.ok(!signal.aborted, 'it never happened');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

test('two data planes ping through a tunnel over real sockets, without root', async () => {
  const left = await start('192.168.2.251');
  const right = await start('40.1.1.1');
  left.dataPlane.apply(tunnel(left, right, 0, 1));
  right.dataPlane.apply(tunnel(right, left, 1, 0));
  let answered = 0;
  const ping = { target: address(left.inside), data: new Uint8Array(56) };
  for (let i = 0; i < 3; i += 1)
    right.host.ping({ source: address(right.inside), ...ping }, () => {
      answered += 1;
    });
  await eventually(() => answered === 3);
  assert.equal(left.dataPlane.inboundCounters(1000)?.packets, 3);
  right.dataPlane.sendKeepalive(right.at, left.at);
  right.dataPlane.send(right.at, left.at, new Uint8Array([7, 7]), true);
  await eventually(() => left.reports.some(({ kind }) => kind === 'datagram'));
  assert.deepEqual(
    left.reports.map(({ kind }) => kind),
    ['inboundActive', 'keepalive', 'datagram'],
  );
  await left.dataPlane.close();
  await right.dataPlane.close();
});

test('a port that is taken, or an address that is not ours, is named in one line', async () => {
  const first = await bindUdp(loopback(0), () => {});
  assert.ok(first.ok);
  const { endpoint } = first.value;
  const second = await bindUdp(endpoint, () => {});
  assert.ok(!second.ok);
  assert.match(second.error, new RegExp(`^UDP 127.0.0.1:${endpoint.port} is taken by another`));
  const elsewhere = await bindUdp({ address: address('192.0.2.55'), port: 0 }, () => {});
  assert.ok(!elsewhere.ok);
  assert.match(elsewhere.error, /no interface here has that address/);
  const start = await MemoryOverUdp.start({
    listen: [
      { endpoint: loopback(0), encapsulated: false },
      { endpoint, encapsulated: true },
    ],
    report: () => {},
    inside: { deliver: () => {} },
    random: new Prng(1),
    now: () => instant(0),
  });
  assert.ok(!start.ok && start.error.includes('is taken'));
  await first.value.close();
});

test('an address that comes while the data plane is closed leaves no socket behind', async () => {
  const free = await bindUdp(loopback(0), () => {});
  assert.ok(free.ok);
  const { endpoint } = free.value;
  await free.value.close();
  const started = await MemoryOverUdp.start({
    listen: [{ endpoint, encapsulated: true, floating: true }],
    report: () => {},
    inside: { deliver: () => {} },
    random: new Prng(1),
    now: () => instant(0),
  });
  assert.ok(started.ok);
  const floated = started.value.float([endpoint.address], true);
  await started.value.close();
  await floated;
  const next = await bindUdp(endpoint, () => {});
  assert.ok(next.ok, next.ok ? '' : next.error);
  await next.value.close();
});
