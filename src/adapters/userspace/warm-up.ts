import { address } from '#base/address';
import { instant } from '#base/instant';
import type { EspCiphers } from '#crypto/esp-cipher';
import { ESP_SUITES } from '#crypto/esp-suites';
import { Coalescer, coalescerOctets } from '#dataplane/coalescer';
import { pathCounters } from '#dataplane/counters';
import { ENCAPSULATION_ROOM, TRAILER_ROOM } from '#dataplane/encapsulate';
import { ForwardingTable } from '#dataplane/forwarding-table';
import { MOST_IP_OCTETS } from '#dataplane/ip-packet';
import { writeUint16 } from '#dataplane/octets';
import { OutboundAssociation } from '#dataplane/outbound-association';
import { Arrival, PacketPath } from '#dataplane/packet-path';
import { SaDirectory } from '#dataplane/sa-directory';
import { Segmenter } from '#dataplane/segmenter';
import {
  NEEDS_CHECKSUM,
  SEGMENTATION,
  VIRTIO_HEADER_OCTETS,
  writeVirtioHeader,
} from '#dataplane/virtio-header';
import type { Sys } from './sys.ts';

/** Enough for the compiler to have seen every part of the path often. */
const TRAINS = 100;
const SEGMENTS = 20;
const SEGMENT_OCTETS = 1348;
const HEADER_OCTETS = 40;
const FRAME = 2;

const suite = 'aes-gcm-16-128';
const here = { address: address('192.0.2.1'), port: 4500 };
const everything = { address: address('0.0.0.0'), length: 0 };
const common = {
  suite,
  spi: 256,
  keyMaterial: new Uint8Array(ESP_SUITES[suite].keyMaterialOctets),
  mode: 'tunnel',
  encapsulation: 'udp',
  local: here,
  remote: here,
  selectors: { local: everything, remote: everything },
} as const;

/** Writes the frame of a TCP train at `FRAME`; its length. */
function writeTrain(bytes: Uint8Array): number {
  const octets = HEADER_OCTETS + SEGMENTS * SEGMENT_OCTETS;
  const packet = FRAME + VIRTIO_HEADER_OCTETS;
  bytes.fill(0, packet, packet + HEADER_OCTETS);
  bytes.set([0x45, 0], packet);
  writeUint16(bytes, packet + 2, octets);
  bytes.set([64, 6], packet + 8);
  bytes.set([0x50, 0x10], packet + 32);
  writeVirtioHeader(
    bytes,
    FRAME,
    NEEDS_CHECKSUM,
    SEGMENTATION.tcp4,
    HEADER_OCTETS,
    SEGMENT_OCTETS,
    20,
    16,
  );
  return VIRTIO_HEADER_OCTETS + octets;
}

/**
 * Sends packets of our own through the whole path, from one arena into another and back, so that the
 * first packets of a client do not wait for the compiler. Touches no socket and no SA of others.
 */
export function warmUp(sys: Sys, ciphers: EspCiphers): void {
  const directory = new SaDirectory();
  const table = new ForwardingTable(ciphers, directory.counters);
  table.apply(
    directory.resolve([
      { kind: 'addInbound', sa: { ...common, direction: 'inbound', replayWindow: 64 } },
      { kind: 'addOutbound', sa: { ...common, direction: 'outbound', pairedSpi: common.spi } },
    ]),
  );
  const path = new PacketPath(table, pathCounters(), () => {});
  const inside = sys.memory(FRAME + VIRTIO_HEADER_OCTETS + MOST_IP_OCTETS + TRAILER_ROOM);
  const outside = sys.memory(SEGMENT_OCTETS + HEADER_OCTETS + ENCAPSULATION_ROOM);
  const collected = sys.memory(coalescerOctets(outside.bytes.length));
  const segmenter = new Segmenter(inside);
  const coalescer = new Coalescer(collected, true, () => {});
  const arrival = new Arrival();
  arrival.local.set(here);
  arrival.remote.set(here);
  for (let i = 0; i < TRAINS; i += 1) {
    segmenter.begin(FRAME, writeTrain(inside.bytes));
    while (segmenter.next()) {
      const sa = path.route(inside.bytes, segmenter.at, segmenter.octets);
      if (!(sa instanceof OutboundAssociation)) continue;
      const octets = path.seal(sa, inside, segmenter.at, segmenter.octets, outside, 0);
      const to = coalescer.place(octets);
      const opened = path.receiveDatagram(arrival, outside, 0, octets, collected, to, instant(0));
      if (opened > 0) coalescer.accept(opened);
      else coalescer.refuse();
    }
    coalescer.flush();
  }
  table.close();
}
