import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { plainArena } from '#base/arena';
import { Prng } from '#base/prng';
import { ESP_SUITES } from '#crypto/esp-suites';
import { nodeEspCiphers } from '#crypto/node-esp-ciphers';
import { pathCounters, readPathCounters } from './counters.ts';
import type { DataPlaneReport } from './data-plane.ts';
import { ForwardingTable } from './forwarding-table.ts';
import { readUint32 } from './octets.ts';
import { OutboundAssociation } from './outbound-association.ts';
import { PacketPath } from './packet-path.ts';
import { lastingReport } from './path-report.ts';
import { SaDirectory } from './sa-directory.ts';
import { flowPacket } from './testing/flows.ts';

const suite = 'aes-gcm-16-128';
const endpoint = { address: address('192.0.2.1'), port: 4500 };
const everything = { address: address('0.0.0.0'), length: 0 };

/** A path with one outbound SA that has sent `sequence` packets already. */
function world(sequence: number, extendedSequenceNumbers: boolean) {
  const directory = new SaDirectory();
  const table = new ForwardingTable(nodeEspCiphers(new Prng(1)), directory.counters);
  table.apply(
    directory.resolve([
      {
        kind: 'addOutbound',
        sa: {
          direction: 'outbound',
          suite,
          spi: 256,
          pairedSpi: 256,
          keyMaterial: new Uint8Array(ESP_SUITES[suite].keyMaterialOctets),
          mode: 'tunnel',
          encapsulation: 'udp',
          local: endpoint,
          remote: endpoint,
          selectors: { local: everything, remote: everything },
          extendedSequenceNumbers,
        },
      },
    ]),
  );
  const reports: DataPlaneReport[] = [];
  const counters = pathCounters();
  const path = new PacketPath(table, counters, (report) => reports.push(lastingReport(report)));
  const packet = flowPacket({ family: 4, kind: 'udp', port: 1, payload: new Uint8Array(10) });
  const source = plainArena(200);
  const target = plainArena(400);
  source.bytes.set(packet);
  const sa = path.route(source.bytes, 0, packet.length);
  assert.ok(sa instanceof OutboundAssociation);
  sa.sequence = sequence;
  const send = () => path.seal(sa, source, 0, packet.length, target, 0);
  const sent = () => readUint32(target.bytes, 4);
  return { send, sent, reports, counters: () => readPathCounters(counters) };
}

test('sequence numbers that run out are announced in time, and none is ever sent twice', () => {
  const early = world(2 ** 32 - 2 ** 28 - 3, false);
  assert.ok(early.send() > 0);
  assert.deepEqual(early.reports, []);
  early.send();
  early.send();
  assert.deepEqual(early.reports, [{ kind: 'expiring', spi: 256, direction: 'outbound' }]);
  const late = world(2 ** 32 - 3, false);
  for (const expected of [2 ** 32 - 2, 2 ** 32 - 1]) {
    assert.ok(late.send() > 0);
    assert.equal(late.sent(), expected);
  }
  for (let i = 0; i < 3; i += 1) assert.equal(late.send(), 0);
  const { noPolicy, expired, packetsTx } = late.counters();
  assert.deepEqual([noPolicy, expired, packetsTx], [0, 3, 2]);
  assert.deepEqual(
    late.reports.map(({ kind }) => kind),
    ['expiring', 'expired'],
    'each once',
  );
});

test('extended sequence numbers end too, where numbers are no longer exact', () => {
  const late = world(Number.MAX_SAFE_INTEGER - 1, true);
  assert.ok(late.send() > 0);
  for (let i = 0; i < 3; i += 1) assert.equal(late.send(), 0);
  const { expired, packetsTx } = late.counters();
  assert.deepEqual([expired, packetsTx], [3, 1]);
});

test('extended sequence numbers go on where others end', () => {
  const { send, sent, reports } = world(2 ** 32 - 2, true);
  for (const expected of [2 ** 32 - 1, 0, 1]) {
    assert.ok(send() > 0);
    assert.equal(sent(), expected);
  }
  assert.deepEqual(reports, []);
});
