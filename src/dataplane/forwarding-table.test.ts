import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, addressBytes, type IpAddress, ipv4FromNumber } from '#base/address';
import { contains, type Prefix, prefixOf } from '#base/prefix';
import { Prng } from '#base/prng';
import type { EspCiphers } from '#crypto/esp-cipher';
import { ESP_SUITES } from '#crypto/esp-suites';
import type { ForwardingChange, InboundSa, OutboundSa } from './data-plane.ts';
import { ForeignOutbound, ForwardingTable } from './forwarding-table.ts';
import type { OutboundAssociation } from './outbound-association.ts';
import { SaDirectory } from './sa-directory.ts';
import { innerPacket } from './testing/test-peer.ts';

/** Ciphers that only count of how many SAs they hold keys. */
function countingCiphers(failAt = Number.POSITIVE_INFINITY) {
  const alive = { count: 0, made: 0 };
  const hold = () => {
    alive.made += 1;
    if (alive.made > failAt) throw new Error('out of memory');
    alive.count += 1;
    return alive.made;
  };
  const forget = () => {
    alive.count -= 1;
  };
  const transform = () => ({ seal: () => {}, open: () => false, hold, forget });
  const ciphers: EspCiphers = { sealer: transform, opener: transform };
  return { ciphers, alive };
}

const { keyMaterialOctets } = ESP_SUITES['aes-gcm-16-128'];
const local = { address: address('192.0.2.1'), port: 4500 };

function outbound(spi: number, remote: Prefix, reaches: Prefix, key = 0): OutboundSa {
  return {
    direction: 'outbound',
    spi,
    pairedSpi: spi,
    suite: 'aes-gcm-16-128',
    keyMaterial: new Uint8Array(keyMaterialOctets).fill(key),
    mode: 'tunnel',
    encapsulation: 'udp',
    local,
    remote: { address: address('198.51.100.1'), port: 1024 + (spi % 60_000) },
    selectors: { local: reaches, remote },
  };
}

/** The SA that a table of one worker finds. */
function own(table: ForwardingTable, packet: Uint8Array): OutboundAssociation | undefined {
  const found = table.outbound(packet, 0);
  assert.ok(!(found instanceof ForeignOutbound));
  return found;
}

/** The rule of the table, word for word: most specific, then newest, source admitted. */
function expected(sas: readonly OutboundSa[], source: IpAddress, destination: IpAddress) {
  let best: OutboundSa | undefined;
  for (const sa of sas) {
    const { local: from, remote: to } = sa.selectors;
    if (!contains(to, destination) || !contains(from, source)) continue;
    if (!best || to.length >= best.selectors.remote.length) best = sa;
  }
  return best?.spi;
}

function randomAddress(random: Prng, six: boolean): IpAddress {
  if (!six) return ipv4FromNumber((10 << 24) | random.between(0, 4095));
  return address(`fd00::${random.between(0, 4095).toString(16)}`);
}

for (const six of [false, true])
  test(`outbound SAs are found by the rule, IPv${six ? 6 : 4}, while they come and go`, () => {
    const random = new Prng(six ? 6 : 4);
    const { ciphers, alive } = countingCiphers();
    const directory = new SaDirectory();
    const table = new ForwardingTable(ciphers, directory.counters);
    let sas: OutboundSa[] = [];
    const least = six ? 112 : 16;
    for (let i = 0; i < 1200; i += 1) {
      const change: ForwardingChange[] = [];
      if (sas.length < 5 || (sas.length < 200 && random.chance(0.55))) {
        const remote = prefixOf(randomAddress(random, six), least + random.between(0, 16));
        const reaches = prefixOf(randomAddress(random, six), least + random.between(0, 6));
        const sa = outbound(256 + i, remote, reaches);
        sas.push(sa);
        change.push({ kind: 'addOutbound', sa });
      } else {
        const sa = random.pick(sas);
        sas = sas.filter((other) => other !== sa);
        change.push({ kind: 'removeOutbound', pairedSpi: sa.spi });
      }
      table.apply(directory.resolve(change));
      for (let k = 0; k < 5; k += 1) {
        const source = randomAddress(random, six);
        const destination = randomAddress(random, six);
        const octets = { source: addressBytes(source), destination: addressBytes(destination) };
        const found = own(table, innerPacket(octets, 64, random));
        assert.equal(found?.spi, expected(sas, source, destination));
      }
      assert.equal(alive.count, sas.length);
    }
    table.close();
    assert.equal(alive.count, 0);
  });

test('when keys cannot be held, the transaction leaves nothing behind', () => {
  const { ciphers, alive } = countingCiphers(3);
  const directory = new SaDirectory();
  const table = new ForwardingTable(ciphers, directory.counters);
  const everywhere = { address: address('0.0.0.0'), length: 0 };
  const add = (spi: number): ForwardingChange => ({
    kind: 'addOutbound',
    sa: outbound(spi, everywhere, everywhere),
  });
  table.apply(directory.resolve([add(1000)]));
  assert.throws(() => table.apply(directory.resolve([add(1001), add(1002), add(1003)])));
  assert.equal(alive.count, 1);
  const ends = { source: new Uint8Array(4), destination: new Uint8Array(4) };
  assert.equal(own(table, innerPacket(ends, 60, new Prng(1)))?.spi, 1000);
});

test('a directory can build a lost table anew, with the numbers going on', () => {
  const { ciphers } = countingCiphers();
  const directory = new SaDirectory();
  const everywhere = { address: address('0.0.0.0'), length: 0 };
  const sa = outbound(4711, everywhere, everywhere);
  const lost = new ForwardingTable(ciphers, directory.counters);
  lost.apply(directory.resolve([{ kind: 'addOutbound', sa }]));
  const moved = { ...sa.remote, port: 9 };
  lost.apply(directory.resolve([{ kind: 'moveOutbound', pairedSpi: sa.spi, to: moved }]));
  const packet = innerPacket(
    { source: new Uint8Array(4), destination: new Uint8Array(4) },
    60,
    new Prng(1),
  );
  const before = own(lost, packet);
  assert.ok(before);
  before.sequence = 77;
  const next = new ForwardingTable(ciphers, directory.counters);
  next.apply(directory.everything());
  const after = own(next, packet);
  assert.equal(after?.sequence, 77);
  assert.deepEqual(after?.remote.endpoint(), moved);
});

test('an inbound SA that is there already is left alone, one that changed keeps its slot', () => {
  const directory = new SaDirectory();
  const everywhere = { address: address('0.0.0.0'), length: 0 };
  const { direction, pairedSpi, ...common } = outbound(4711, everywhere, everywhere);
  const sa: InboundSa = { ...common, direction: 'inbound', replayWindow: 64 };
  const add = (changes: Partial<InboundSa>) =>
    directory.resolve([{ kind: 'addInbound', sa: { ...sa, ...changes } }]);
  const [first] = add({});
  assert.ok(first?.kind === 'install');
  assert.deepEqual(add({ keyMaterial: sa.keyMaterial.slice() }), []);
  const moved = { ...sa.remote, port: 9 };
  for (const changes of [{ remote: moved }, { remote: moved, hardLimitOctets: 1024 }, {}])
    assert.deepEqual(add(changes), [{ ...first, sa: { ...sa, ...changes } }]);
  const [other] = add({ keyMaterial: new Uint8Array(keyMaterialOctets).fill(1) });
  assert.deepEqual(other, { kind: 'remove', slot: first.slot });
  const pair = { ...outbound(4712, everywhere, everywhere), pairedSpi: 4711 };
  for (let i = 0; i < 2; i += 1)
    assert.equal(directory.resolve([{ kind: 'addOutbound', sa: pair }]).length, 1, 'routes anew');
});

test('an SPI of a peer that another peer, or its own next pair, has too costs neither an SA', () => {
  const { ciphers } = countingCiphers();
  const directory = new SaDirectory();
  const table = new ForwardingTable(ciphers, directory.counters);
  const everywhere = { address: address('0.0.0.0'), length: 0 };
  const net = (n: number): Prefix => ({ address: address(`10.${n}.0.0`), length: 16 });
  const apply = (...changes: ForwardingChange[]) => table.apply(directory.resolve(changes));
  const found = (n: number) => {
    const ends = { source: new Uint8Array(4), destination: new Uint8Array([10, n, 0, 1]) };
    const sa = own(table, innerPacket(ends, 60, new Prng(1)));
    return sa && [sa.spi, sa.remote.port];
  };
  const victim = outbound(4711, net(1), everywhere, 1);
  const other = { ...outbound(4711, net(2), everywhere, 2), pairedSpi: 1000 };
  const elsewhere = { ...victim.remote, port: 9 };
  apply({ kind: 'addOutbound', sa: victim });
  apply({ kind: 'addOutbound', sa: { ...other, remote: elsewhere } });
  apply({ kind: 'moveOutbound', pairedSpi: 1000, to: victim.remote });
  const { port } = victim.remote;
  assert.deepEqual(
    [found(1), found(2)],
    [4711, 4711].map((spi) => [spi, port]),
  );
  apply({ kind: 'moveOutbound', pairedSpi: 4711, to: elsewhere });
  assert.deepEqual(
    [found(1), found(2)],
    [9, port].map((at) => [4711, at]),
  );
  apply({ kind: 'removeOutbound', pairedSpi: 1000 });
  assert.deepEqual([found(1), found(2)], [[4711, 9], undefined]);
  const next = { ...outbound(4711, net(1), everywhere, 3), pairedSpi: 1001, remote: elsewhere };
  apply({ kind: 'addOutbound', sa: next });
  apply({ kind: 'removeOutbound', pairedSpi: 4711 });
  assert.deepEqual(found(1), [4711, 9]);
  assert.ok(directory.outboundCounters(1001) && !directory.outboundCounters(4711));
});

test('slots are used again, and 3,000 SAs have counters of their own', () => {
  const { ciphers } = countingCiphers();
  const directory = new SaDirectory();
  const table = new ForwardingTable(ciphers, directory.counters);
  const everywhere = { address: address('0.0.0.0'), length: 0 };
  const sas = Array.from({ length: 3000 }, (_, i) => outbound(256 + i, everywhere, everywhere));
  for (let round = 0; round < 3; round += 1) {
    table.apply(directory.resolve(sas.map((sa) => ({ kind: 'addOutbound', sa }))));
    for (const [i, change] of directory.everything().entries()) {
      assert.equal(change.kind, 'install');
      const values = directory.counters.values(change.slot);
      values[directory.counters.base(change.slot) + 1] = i + 1;
    }
    for (const [i, sa] of sas.entries())
      assert.equal(directory.outboundCounters(sa.spi)?.packets, i + 1);
    const removals = sas.map((sa) => ({ kind: 'removeOutbound', pairedSpi: sa.spi }) as const);
    table.apply(directory.resolve(removals));
  }
  assert.equal(directory.counters.capacity, 3072);
});
