import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, type Endpoint } from '#base/address';
import { instant } from '#base/instant';
import { hostPrefix } from '#base/prefix';
import { Prng } from '#base/prng';
import { Ipv4Packet } from '#wire/ipv4';
import { Ipv6Packet } from '#wire/ipv6';
import { ipProtocols } from '#wire/protocol-numbers';
import { encodeUdp } from '#wire/udp';
import type { DataPlaneOptions } from './data-plane.ts';
import { MemoryDataPlane, type OuterPacket } from './memory-data-plane.ts';
import { TestPeer } from './testing/test-peer.ts';

const ends = {
  4: { local: address('172.16.172.50'), remote: address('171.69.89.78') },
  6: { local: address('2001:db8::50'), remote: address('2001:db8::78') },
} as const;

type Family = 4 | 6;
type Encapsulation = 'udp' | 'none';

function world(
  family: Family,
  encapsulation: Encapsulation,
  rules: Partial<DataPlaneOptions> = {},
) {
  const { local, remote } = ends[family];
  const at = (a: typeof local): Endpoint => ({ address: a, port: 4500 });
  const sent: OuterPacket[] = [];
  const delivered: Uint8Array[] = [];
  const dataPlane = new MemoryDataPlane({
    listen: [{ endpoint: at(local), encapsulated: true }],
    report: () => {},
    inside: { deliver: (packet) => delivered.push(packet) },
    output: (packet) => sent.push(packet),
    random: new Prng(1),
    ...rules,
  });
  const peer = new TestPeer(
    {
      suite: 'aes-gcm-16-128',
      mode: 'transport',
      encapsulation,
      local: at(local),
      remote: at(remote),
      assigned: hostPrefix(remote),
      reaches: hostPrefix(local),
    },
    new Prng(2),
  );
  dataPlane.apply(peer.additions);
  const arrive = (esp: Uint8Array, trafficClass = 0) =>
    dataPlane.receive(at(local), at(remote), esp, instant(0), {
      protocol: encapsulation === 'udp' ? ipProtocols.udp : ipProtocols.esp,
      trafficClass,
    });
  return { dataPlane, peer, sent, delivered, arrive };
}

type PacketOptions = { readonly protocol?: number; readonly dontFragment?: boolean };

/** A packet between the two hosts themselves. */
function packetOf(
  family: Family,
  outward: boolean,
  payload: Uint8Array,
  { protocol = ipProtocols.gre, dontFragment = false }: PacketOptions = {},
): Uint8Array {
  const { local, remote } = ends[family];
  const path = outward
    ? { source: local, destination: remote }
    : { source: remote, destination: local };
  const common = { ...path, dscp: 10, ecn: 2, payload };
  if (family === 6)
    return Ipv6Packet.encode({ ...common, flowLabel: 0, nextHeader: protocol, hopLimit: 64 });
  return Ipv4Packet.encode({
    ...common,
    identification: 0,
    dontFragment,
    moreFragments: false,
    fragmentOffset: 0,
    timeToLive: 64,
    protocol,
    options: new Uint8Array(0),
  });
}

const TRAFFIC_CLASS = (10 << 2) | 2;
const random = new Prng(3);

for (const family of [4, 6] as const)
  for (const encapsulation of ['udp', 'none'] as const) {
    test(`transport mode leaves the IPv${family} header outside, ESP ${encapsulation === 'udp' ? 'in UDP' : 'on its own'}`, () => {
      const { dataPlane, peer, sent, delivered, arrive } = world(family, encapsulation);
      for (const octets of [1, 2, 3, 4, 100, 1300]) {
        const payload = random.bytes(octets);
        dataPlane.sendInside(packetOf(family, true, payload));
        const [out] = sent.splice(0);
        assert.ok(out);
        assert.equal(out.trafficClass, TRAFFIC_CLASS);
        const opened = peer.open(out.bytes);
        assert.deepEqual([opened.nextHeader, opened.payload], [ipProtocols.gre, payload]);
        arrive(peer.seal(payload, { nextHeader: ipProtocols.gre }), TRAFFIC_CLASS);
        assert.deepEqual(delivered.splice(0), [packetOf(family, false, payload)]);
      }
    });
  }

test('checksums that a NAT has made wrong are made right', () => {
  for (const family of [4, 6] as const) {
    const { peer, delivered, arrive } = world(family, 'udp');
    const { local, remote } = ends[family];
    const behind = family === 4 ? address('10.0.0.2') : address('fd00::2');
    const udp = { sourcePort: 1701, destinationPort: 1701, payload: random.bytes(33) };
    const before = encodeUdp(udp, { source: behind, destination: local });
    const after = encodeUdp(udp, { source: remote, destination: local });
    assert.notDeepEqual(before, after);
    const protocol = ipProtocols.udp;
    arrive(peer.seal(before, { nextHeader: protocol }), TRAFFIC_CLASS);
    assert.deepEqual(delivered, [packetOf(family, false, after, { protocol })]);
  }
});

test('transport mode carries no fragments and never makes any inside', () => {
  for (const fragmentationPolicy of [1, 2, 3] as const) {
    const { dataPlane, sent, delivered, peer } = world(4, 'udp', { fragmentationPolicy });
    const fragment = packetOf(4, true, random.bytes(80));
    fragment[6] = 0x20;
    dataPlane.sendInside(fragment);
    assert.equal(sent.length, 0);
    assert.equal(dataPlane.counters().malformed, 1);
    const large = random.bytes(1480);
    dataPlane.sendInside(packetOf(4, true, large));
    assert.deepEqual(peer.open(sent.splice(0)[0]?.bytes ?? large).payload, large);
    dataPlane.sendInside(packetOf(4, true, large, { dontFragment: true }));
    assert.equal(sent.length, fragmentationPolicy === 1 ? 1 : 0);
    assert.equal(delivered.length, fragmentationPolicy === 1 ? 0 : 1, 'ICMP');
  }
});

test('what comes in transport mode has to agree with the selectors', () => {
  const { dataPlane, peer, delivered, arrive } = world(4, 'udp');
  const elsewhere = { address: address('171.69.89.99'), length: 32 };
  const { inbound } = peer;
  const selectors = { ...inbound.selectors, remote: elsewhere };
  dataPlane.apply([{ kind: 'addInbound', sa: { ...inbound, selectors } }]);
  arrive(peer.seal(random.bytes(20), { nextHeader: ipProtocols.gre }));
  assert.equal(delivered.length, 0);
  assert.equal(dataPlane.counters().selectorMismatch, 1);
});
