import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, type Endpoint, ipv4FromNumber, ipv4ToNumber } from '#base/address';
import { instant } from '#base/instant';
import type { Prefix } from '#base/prefix';
import { Prng } from '#base/prng';
import { ESP_SUITES, type EspSuiteName } from '#crypto/esp-suites';
import { pathCounters, readPathCounters } from '#dataplane/counters';
import type { ForwardingChange } from '#dataplane/data-plane';
import { ENCAPSULATION_ROOM } from '#dataplane/encapsulate';
import { ForwardingTable } from '#dataplane/forwarding-table';
import { OutboundAssociation } from '#dataplane/outbound-association';
import { Arrival, PacketPath } from '#dataplane/packet-path';
import { SaDirectory } from '#dataplane/sa-directory';
import { innerPacket } from '#dataplane/testing/test-peer';
import { evpCiphers } from './evp.ts';
import { PLACES } from './evp-contexts.ts';
import { loadSys } from './sys.ts';

const SUITES: readonly EspSuiteName[] = [
  'aes-gcm-16-128',
  'chacha20-poly1305',
  'aes-cbc-128-hmac-sha1-96',
  '3des-cbc-hmac-md5-96',
];
/** Of each suite there are more SAs than contexts. */
const PAIRS = SUITES.length * (PLACES + 100);
const PACKETS = 6000;
const [WINDOW, WIDE_WINDOW] = [64, 1024];

const here: Endpoint = { address: address('192.0.2.1'), port: 4500 };
const everywhere: Prefix = { address: address('0.0.0.0'), length: 0 };
const host = address('192.168.2.10');
const clients = ipv4ToNumber(address('10.64.0.0'));

type Pair = {
  readonly suite: EspSuiteName;
  readonly inbound: Extract<ForwardingChange, { kind: 'addInbound' }>;
  readonly outbound: Extract<ForwardingChange, { kind: 'addOutbound' }>;
  readonly packet: Uint8Array;
  /** Packets sent so far, and the last of them. */
  sent: number;
  last: Uint8Array;
};

/** A pair whose outbound SA is the other end of its inbound SA. */
function makePair(i: number, random: Prng): Pair {
  const suite = SUITES[i % SUITES.length] as EspSuiteName;
  const client: Prefix = { address: ipv4FromNumber(clients + i), length: 32 };
  const keyMaterial = random.bytes(ESP_SUITES[suite].keyMaterialOctets);
  const spi = random.between(256, 0xffffffff);
  const ends = { mode: 'tunnel', encapsulation: 'udp', local: here, remote: here } as const;
  const common = { spi, suite, keyMaterial, ...ends };
  const replayWindow = i % 3 === 0 ? WIDE_WINDOW : WINDOW;
  const arriving = { local: client, remote: everywhere };
  const leaving = { local: everywhere, remote: client };
  const octets = (of: number) => new Uint8Array([of >>> 24, of >>> 16, of >>> 8, of]);
  const source = octets(ipv4ToNumber(host));
  return {
    suite,
    inbound: {
      kind: 'addInbound',
      sa: { ...common, direction: 'inbound', replayWindow, selectors: arriving },
    },
    outbound: {
      kind: 'addOutbound',
      sa: { ...common, direction: 'outbound', pairedSpi: spi, selectors: leaving },
    },
    packet: innerPacket({ source, destination: octets(clients + i) }, 60, random),
    sent: 0,
    last: new Uint8Array(0),
  };
}

const sys = await loadSys();

if (!sys.ok) test('many associations', { skip: sys.error }, () => {});
else
  test('more SAs than contexts: numbers, windows and nonces stay those of each SA', () => {
    const random = new Prng(9);
    const directory = new SaDirectory();
    const table = new ForwardingTable(evpCiphers(sys.value), directory.counters);
    const counters = pathCounters();
    const path = new PacketPath(table, counters, () => {});
    const [inside, outside, opened] = [0, 1, 2].map(() =>
      sys.value.arena(512 + ENCAPSULATION_ROOM),
    );
    assert.ok(inside && outside && opened);
    const arrival = new Arrival();
    arrival.local.set(here);
    arrival.remote.set(here);
    arrival.encapsulated = true;
    const pairs = Array.from({ length: PAIRS }, (_, i) => makePair(i, random));
    table.apply(directory.resolve(pairs.flatMap(({ inbound, outbound }) => [inbound, outbound])));
    const ivs = new Set<string>();
    let sealed = 0;
    let refused = 0;

    const receive = (packet: Uint8Array): number => {
      outside.bytes.set(packet);
      return path.receiveDatagram(arrival, outside, 0, packet.length, opened, 0, instant(0));
    };
    const send = (pair: Pair): void => {
      inside.bytes.set(pair.packet);
      const sa = path.route(inside.bytes, 0, pair.packet.length);
      assert.ok(sa instanceof OutboundAssociation);
      assert.equal(sa.sequence, pair.sent);
      const octets = path.seal(sa, inside, 0, pair.packet.length, outside, 0);
      pair.sent += 1;
      pair.last = outside.bytes.slice(0, octets);
      const { ivOctets } = ESP_SUITES[pair.suite];
      const iv = Buffer.from(pair.last.subarray(8, 8 + ivOctets)).toString('latin1');
      ivs.add(`${pair.inbound.sa.spi} ${iv}`);
      sealed += 1;
    };
    const renew = (at: number): Pair => {
      const { inbound, outbound } = pairs[at] as Pair;
      const next = makePair(at, random);
      table.apply(
        directory.resolve([
          { kind: 'removeInbound', spi: inbound.sa.spi },
          { kind: 'removeOutbound', pairedSpi: outbound.sa.pairedSpi },
          next.inbound,
          next.outbound,
        ]),
      );
      pairs[at] = next;
      return next;
    };

    for (let i = 0; i < PACKETS; i += 1) {
      // Sixteen pairs are busy, two and two of which share their contexts, and the others come back now and then.
      const busy = random.between(0, 7) + (random.chance(0.5) ? SUITES.length * PLACES : 0);
      const at = random.chance(0.5) ? busy : random.between(0, PAIRS - 1);
      let pair = pairs[at] as Pair;
      if (random.chance(0.05)) pair = renew(at);
      if (pair.sent > 0) {
        assert.ok(receive(pair.last) < 0, 'a packet that has come before');
        refused += 1;
      }
      send(pair);
      assert.equal(receive(pair.last), pair.packet.length);
      assert.deepEqual(opened.bytes.slice(0, pair.packet.length), pair.packet);
    }
    assert.equal(ivs.size, sealed, 'a nonce was used twice');
    const { replayed, authenticationFailed, packetsRx } = readPathCounters(counters);
    assert.deepEqual(
      { replayed, authenticationFailed },
      { replayed: refused, authenticationFailed: 0 },
    );
    assert.equal(packetsRx, PACKETS);
    table.close();
    for (const { inbound } of pairs) assert.equal(table.inbound(inbound.sa.spi), undefined);
  });
