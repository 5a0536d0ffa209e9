/** Frames that Linux sent, against what another dissector reads in them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fromHex, toHex } from '#base/bytes';
import type { Fault, Result } from '#base/result';
import { ArpPacket } from './arp.ts';
import type { AddressPair } from './checksum.ts';
import { EthernetFrame, etherTypes } from './ethernet.ts';
import { IcmpMessage, icmpTypes, isIcmpIntact } from './icmp.ts';
import { decodeIcmpv6, encodeIcmpv6, icmpv6Types, isIcmpv6Intact } from './icmpv6.ts';
import { decodeIpv4Header, Ipv4Packet, isIpv4HeaderIntact } from './ipv4.ts';
import { Ipv6Packet } from './ipv6.ts';
import { ipProtocols } from './protocol-numbers.ts';
import { decodeTcp, encodeTcp, isTcpIntact } from './tcp.ts';
import { decodeUdp, encodeUdp, isUdpIntact } from './udp.ts';

type Fields = Readonly<Record<string, string | number>>;
type Vector = {
  readonly name: string;
  readonly octets: string;
  readonly fields: {
    readonly arp?: Fields;
    readonly network?: Fields;
    readonly transport?: Fields;
  };
};

const { frames } = JSON.parse(
  readFileSync(new URL('../../vectors/ethernet-frames.json', import.meta.url), 'utf8'),
) as { readonly frames: readonly Vector[] };

function decodedOf<T>(result: Result<T, Fault>): T {
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

/** The value in the dissector's words: numbers for kinds. */
function icmpFields(message: IcmpMessage): object {
  return message.kind === 'other'
    ? message
    : { code: 0, ...message, type: icmpTypes[message.kind] };
}

/** Decodes a transport, checks its checksum, encodes it again. */
const transports: Record<
  number,
  (octets: Uint8Array, ends: AddressPair) => { value: object; intact: boolean; again: Uint8Array }
> = {
  [ipProtocols.icmp](octets) {
    const message = decodedOf(IcmpMessage.decode(octets));
    const again = IcmpMessage.encode(message);
    return { value: icmpFields(message), intact: isIcmpIntact(octets), again };
  },
  [ipProtocols.icmpv6](octets, ends) {
    const message = decodedOf(decodeIcmpv6(octets));
    const type = message.kind === 'other' ? message.type : icmpv6Types[message.kind];
    const value = { code: 0, ...message, type };
    const again = encodeIcmpv6(message, ends);
    return { value, intact: isIcmpv6Intact(octets, ends), again };
  },
  [ipProtocols.udp](octets, ends) {
    const value = decodedOf(decodeUdp(octets));
    return { value, intact: isUdpIntact(octets, ends), again: encodeUdp(value, ends) };
  },
  [ipProtocols.tcp](octets, ends) {
    const value = decodedOf(decodeTcp(octets));
    return { value, intact: isTcpIntact(octets, ends), again: encodeTcp(value, ends) };
  },
};

function networkOf(frame: EthernetFrame) {
  if (frame.etherType === etherTypes.ipv6) {
    const packet = decodedOf(Ipv6Packet.decode(frame.payload));
    return { packet, again: Ipv6Packet.encode(packet), protocol: packet.nextHeader };
  }
  assert.ok(isIpv4HeaderIntact(frame.payload));
  const packet = decodedOf(Ipv4Packet.decode(frame.payload));
  return { packet, again: Ipv4Packet.encode(packet), protocol: packet.protocol };
}

for (const { name, octets, fields } of frames) {
  test(`${name}: read as another dissector reads it, and written back`, () => {
    const frame = decodedOf(EthernetFrame.decode(fromHex(octets) as Uint8Array));
    assert.equal(toHex(EthernetFrame.encode(frame)), octets);
    if (fields.arp) {
      const packet = decodedOf(ArpPacket.decode(frame.payload));
      const { operation, senderAddress, targetAddress } = packet;
      const { senderProtocol, targetProtocol } = fields.arp;
      assert.deepEqual(
        [operation, senderAddress, targetAddress],
        [fields.arp.operation, senderProtocol, targetProtocol],
      );
      return;
    }
    const { packet, again, protocol } = networkOf(frame);
    assert.partialDeepStrictEqual(packet, fields.network as object);
    assert.deepEqual(again, frame.payload);
    if (!fields.transport) return;
    const transport = transports[protocol]?.(packet.payload, packet);
    assert.ok(transport);
    assert.partialDeepStrictEqual(transport.value, fields.transport);
    assert.ok(transport.intact);
    assert.equal(toHex(transport.again), toHex(packet.payload));
  });
}

test('any damaged bit of a transport or an IPv4 header breaks its checksum', () => {
  for (const vector of frames.filter((v) => v.fields.transport)) {
    const frame = decodedOf(EthernetFrame.decode(fromHex(vector.octets) as Uint8Array));
    const { packet, protocol } = networkOf(frame);
    for (let at = 0; at < packet.payload.length; at += 1) {
      const damaged = packet.payload.slice();
      damaged[at] = (damaged[at] as number) ^ 0x10;
      const stillIntact = {
        [ipProtocols.icmp]: () => isIcmpIntact(damaged),
        [ipProtocols.icmpv6]: () => isIcmpv6Intact(damaged, packet),
        [ipProtocols.udp]: () => isUdpIntact(damaged, packet),
        [ipProtocols.tcp]: () => isTcpIntact(damaged, packet),
      }[protocol];
      assert.equal(stillIntact?.(), false, `${vector.name} at ${at}`);
    }
    if (frame.etherType !== etherTypes.ipv4) continue;
    for (let at = 0; at < 20; at += 1) {
      const damaged = frame.payload.slice();
      damaged[at] = (damaged[at] as number) ^ 0x10;
      assert.equal(isIpv4HeaderIntact(damaged), false, `${vector.name} at ${at}`);
    }
  }
});

test('the packet quoted by an ICMP error is cut short; its header is read all the same', () => {
  const vector = frames.find((v) => v.name === 'fragmentation needed') as Vector;
  const frame = decodedOf(EthernetFrame.decode(fromHex(vector.octets) as Uint8Array));
  const message = decodedOf(
    IcmpMessage.decode(decodedOf(Ipv4Packet.decode(frame.payload)).payload),
  );
  assert.ok(message.kind === 'destinationUnreachable');
  assert.equal(message.nextHopMtu, 1300);
  const whole = Ipv4Packet.decode(message.quoted);
  assert.ok(!whole.ok && whole.error.kind === 'truncated');
  const { header, headerLength, totalLength } = decodedOf(decodeIpv4Header(message.quoted));
  assert.equal(header.destination, '198.51.100.1');
  assert.deepEqual([headerLength, totalLength], [20, 1428]);
});
