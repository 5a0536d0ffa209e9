import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { address, type Endpoint } from '#base/address';
import { plainArena } from '#base/arena';
import { concat, fromHex, toHex } from '#base/bytes';
import type { Prefix } from '#base/prefix';
import { Prng } from '#base/prng';
import { ESP_SUITES, type EspSuiteName } from '#crypto/esp-suites';
import { nodeEspCiphers } from '#crypto/node-esp-ciphers';
import type { InboundSa } from './data-plane.ts';
import { decapsulate, REFUSED } from './decapsulate.ts';
import { ForwardingTable } from './forwarding-table.ts';
import type { InboundAssociation } from './inbound-association.ts';
import { SaDirectory } from './sa-directory.ts';
import { innerPacket, TestPeer } from './testing/test-peer.ts';

type Vpnc = {
  readonly suite: EspSuiteName;
  readonly sessions: readonly {
    readonly port: number;
    readonly packets: readonly {
      readonly wire: string;
      readonly encryptionKey: string;
      readonly integrityKey: string;
      readonly plaintext: string;
    }[];
  }[];
};

const vpnc: Vpnc = JSON.parse(
  readFileSync(new URL('../../vectors/esp-vpnc.json', import.meta.url), 'utf8'),
);
const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array;
const prefix = (text: string, length: number): Prefix => ({ address: address(text), length });
const end: Endpoint = { address: address('192.0.2.1'), port: 4500 };
const inner = {
  assigned: prefix('10.99.0.5', 32),
  reaches: prefix('10.0.0.0', 8),
};

const SOURCE = plainArena(4096);

function install(sa: InboundSa): InboundAssociation {
  const directory = new SaDirectory();
  const table = new ForwardingTable(nodeEspCiphers(new Prng(1)), directory.counters);
  table.apply(directory.resolve([{ kind: 'addInbound', sa }]));
  const installed = table.inbound(sa.spi);
  assert.ok(installed);
  return installed;
}

/** Decapsulates one packet; the outcome, and the inner packet when there is one. */
function open(sa: InboundAssociation, packet: Uint8Array, target = plainArena(4096)) {
  SOURCE.bytes.set(packet);
  const outcome = decapsulate(sa, SOURCE, 0, packet.length, target, 0, 0);
  return { outcome, inner: target.bytes.slice(0, Math.max(0, outcome)) };
}

for (const { port, packets } of vpnc.sessions)
  test(`vpnc's packets on port ${port} open: pings pass, IPv6 that nobody gave it does not`, () => {
    const [first] = packets;
    assert.ok(first);
    const sa: InboundSa = {
      direction: 'inbound',
      spi: Number.parseInt(first.wire.slice(0, 8), 16),
      suite: vpnc.suite,
      keyMaterial: concat(hex(first.encryptionKey), hex(first.integrityKey)),
      mode: 'tunnel',
      encapsulation: 'udp',
      local: end,
      remote: end,
      selectors: { local: inner.reaches, remote: inner.assigned },
      replayWindow: 32,
    };
    const pool4 = install(sa);
    const selectors = { local: prefix('ff00::', 8), remote: prefix('fe80::', 10) };
    const pool6 = install({ ...sa, selectors });
    for (const { wire, plaintext } of packets) {
      const [ours, others] = plaintext.startsWith('4') ? [pool4, pool6] : [pool6, pool4];
      assert.equal(open(others, hex(wire)).outcome, REFUSED.selectorMismatch);
      const { outcome, inner: packet } = open(ours, hex(wire));
      assert.ok(outcome > 0);
      assert.ok(plaintext.startsWith(toHex(packet)), 'what was captured, without its trailer');
      assert.equal(open(ours, hex(wire)).outcome, REFUSED.replayed);
    }
  });

function peerOf(suite: EspSuiteName, random: Prng): TestPeer {
  return new TestPeer({ suite, local: end, remote: end, ...inner }, random);
}

const ends = { source: new Uint8Array([10, 99, 0, 5]), destination: new Uint8Array([10, 1, 1, 1]) };

test('100,000 damaged packets are refused or are the packet that was sent', () => {
  const random = new Prng(11);
  const outcomes = new Map<number, number>();
  for (const suite of ['aes-gcm-16-128', 'null-hmac-md5-96', '3des-cbc-hmac-sha1-96'] as const) {
    const peer = peerOf(suite, random);
    const sa = install(peer.inbound);
    const target = plainArena(4096);
    const packet = innerPacket(ends, 60, random);
    const esp = peer.seal(packet, { sequence: 1 });
    for (let i = 0; i < 100_000 / 3; i += 1) {
      const damaged = esp.slice(0, random.chance(0.3) ? random.between(8, esp.length) : esp.length);
      const hits = random.between(1, 3);
      for (let h = 0; h < hits; h += 1)
        damaged[random.between(4, damaged.length - 1)] = random.between(0, 255);
      if (toHex(damaged) === toHex(esp)) continue;
      const { outcome } = open(sa, damaged, target);
      assert.ok(outcome < 0, `accepted ${toHex(damaged)}`);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    assert.deepEqual(open(sa, esp).inner, packet);
  }
  assert.ok((outcomes.get(REFUSED.malformed) ?? 0) > 1000);
  assert.ok((outcomes.get(REFUSED.authenticationFailed) ?? 0) > 1000);
});

test('100,000 authentic bodies of nonsense are refused or hold an inner packet', () => {
  const random = new Prng(12);
  const peer = peerOf('null-hmac-md5-96', random);
  const sa = install(peer.inbound);
  const target = plainArena(4096);
  const { align } = ESP_SUITES[peer.options.suite];
  const outcomes = new Map<string, number>();
  const genuine = innerPacket(ends, 40, random);
  for (let i = 0; i < 100_000; i += 1) {
    const body = random.bytes(align * random.between(1, 20));
    body.set(genuine.subarray(0, Math.min(body.length, random.between(0, 40))));
    if (random.chance(0.7)) body.set([0, random.pick([4, 41, 59, 6])], body.length - 2);
    const { outcome, inner: packet } = open(sa, peer.sealBody(body), target);
    assert.ok(outcome <= body.length - 2);
    if (outcome > 0) assert.deepEqual(packet, body.slice(0, outcome));
    const name = outcome > 0 ? 'accepted' : String(outcome);
    outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
  }
  const { dummy, malformed, selectorMismatch } = REFUSED;
  for (const name of ['accepted', ...[dummy, malformed, selectorMismatch].map(String)])
    assert.ok((outcomes.get(name) ?? 0) > 100, `${name}: ${outcomes.get(name)}`);
});
