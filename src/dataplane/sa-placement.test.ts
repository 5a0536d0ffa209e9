import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, addressBytes } from '#base/address';
import { hostPrefix } from '#base/prefix';
import { Prng } from '#base/prng';
import { nodeEspCiphers } from '#crypto/node-esp-ciphers';
import { CounterPages } from './counters.ts';
import { ForeignOutbound, ForwardingTable } from './forwarding-table.ts';
import { OutboundAssociation } from './outbound-association.ts';
import { SaDirectory } from './sa-directory.ts';
import { partOf, workerOf } from './sa-placement.ts';
import { innerPacket, TestPeer } from './testing/test-peer.ts';

const WORKERS = 3;
const random = new Prng(1);
const local = { address: address('192.0.2.1'), port: 4500 };

const peerOf = (placing: number) =>
  new TestPeer(
    {
      suite: 'aes-gcm-16-128',
      local,
      remote: { address: address('198.51.100.1'), port: 4500 + placing },
      assigned: hostPrefix(address(`40.1.1.${1 + placing}`)),
      reaches: hostPrefix(address('192.168.2.10')),
      placing,
    },
    random,
  );

const packetFor = (peer: TestPeer) =>
  innerPacket(
    {
      source: addressBytes(address('192.168.2.10')),
      destination: addressBytes(peer.options.assigned.address),
    },
    60,
    random,
  );

/** A directory of three workers with the table of each. */
function crew() {
  const directory = new SaDirectory(WORKERS);
  const ciphers = nodeEspCiphers(random);
  const members = Array.from({ length: WORKERS }, () => {
    const pages = new CounterPages();
    return { pages, known: 0, table: new ForwardingTable(ciphers, pages) };
  });
  const apply = (changes: Parameters<SaDirectory['resolve']>[0]) => {
    const resolved = directory.resolve(changes);
    for (const [i, member] of members.entries()) {
      for (const page of directory.counters.pages(member.known)) {
        member.pages.adopt(page);
        member.known += 1;
      }
      member.table.apply(partOf(i, resolved));
    }
    return resolved;
  };
  return { directory, tables: members.map(({ table }) => table), apply };
}

test('both SAs of a pair are with the worker of its SPI, and the others know whose it is', () => {
  const { tables, apply } = crew();
  const peers = Array.from({ length: 9 }, (_, i) => peerOf(i));
  for (const peer of peers) apply(peer.additions);
  for (const peer of peers) {
    const owner = workerOf(peer.inboundSpi, WORKERS);
    for (const [worker, table] of tables.entries()) {
      assert.equal(table.inbound(peer.inboundSpi) !== undefined, worker === owner);
      const outbound = table.outbound(packetFor(peer), 0);
      if (worker === owner) assert.ok(outbound instanceof OutboundAssociation);
      else assert.ok(outbound instanceof ForeignOutbound && outbound.worker === owner);
    }
  }
  for (const peer of peers) apply(peer.removals);
  for (const table of tables)
    for (const peer of peers) assert.equal(table.outbound(packetFor(peer), 0), undefined);
});

test('keys reach their worker only', () => {
  const { apply } = crew();
  const peer = peerOf(1);
  const resolved = apply(peer.additions);
  for (const worker of [0, 2])
    assert.ok(partOf(worker, resolved).every((change) => change.kind === 'route'));
  assert.deepEqual(partOf(1, resolved), resolved);
});

test('an outbound SA that is installed again with its keys stays with its worker', () => {
  const { directory, tables, apply } = crew();
  const peer = peerOf(1);
  apply(peer.additions);
  apply([{ kind: 'addOutbound', sa: peer.outbound }]);
  assert.ok(tables[1]?.outbound(packetFor(peer), 0) instanceof OutboundAssociation);
  const kinds = partOf(2, directory.everything()).map(({ kind }) => kind);
  assert.deepEqual(kinds, ['route']);
});

test('no worker gets a slot that another wrote to', () => {
  const { apply } = crew();
  const owners = new Map<number, number>();
  for (let round = 0; round < 50; round += 1) {
    const peer = peerOf(round);
    for (const change of apply(peer.additions)) {
      assert.ok(change.kind === 'install');
      assert.equal(owners.get(change.slot) ?? change.worker, change.worker);
      owners.set(change.slot, change.worker);
    }
    apply(peer.removals);
  }
  assert.deepEqual(new Set(owners.values()), new Set([0, 1, 2]));
});
