import assert from 'node:assert/strict';
import type { Endpoint } from '#base/address';
import { plainArena } from '#base/arena';
import { concat } from '#base/bytes';
import type { Prefix } from '#base/prefix';
import type { Prng } from '#base/prng';
import { type EspOpener, type EspSealer, espFrameOctets, NOT_EXTENDED } from '#crypto/esp-cipher';
import { ESP_SUITES, type EspSuite, type EspSuiteName } from '#crypto/esp-suites';
import { nodeEspCiphers } from '#crypto/node-esp-ciphers';
import { decodeEspPlaintext, encodeEspPlaintext } from '#wire/esp';
import type { ForwardingChange, InboundSa, OutboundSa } from '../data-plane.ts';
import { placedLike } from '../sa-placement.ts';

export type PeerOptions = {
  readonly suite: EspSuiteName;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** What the head-end lets this peer be, and what it lets it reach. */
  readonly assigned: Prefix;
  readonly reaches: Prefix;
  readonly encapsulation?: 'udp' | 'none';
  readonly replayWindow?: number;
  readonly mode?: 'tunnel' | 'transport';
  readonly softLimitOctets?: number;
  readonly hardLimitOctets?: number;
  readonly extended?: boolean;
  /** The last octet of the head-end's SPI, which says what worker has the pair; random if absent. */
  readonly placing?: number;
};

const ROOM = 70_000;

/**
 * The far end of a pair of SAs, made of the wire codecs and `node:crypto`, so that it shares no code
 * with the packet path. Builds packets right and wrong.
 */
export class TestPeer {
  readonly options: PeerOptions;
  readonly suite: EspSuite;
  /** The head-end's inbound and outbound SA. */
  readonly inboundSpi: number;
  readonly outboundSpi: number;
  readonly #inboundKeys: Uint8Array;
  readonly #outboundKeys: Uint8Array;
  readonly #sealer: EspSealer;
  readonly #opener: EspOpener;
  readonly #held: { readonly sealing: number; readonly opening: number };
  readonly #arenas = { source: plainArena(ROOM), target: plainArena(ROOM) };
  #sequence = 0;

  /** `ciphers` are those of `node:crypto` if absent. */
  constructor(options: PeerOptions, random: Prng, ciphers = nodeEspCiphers(random)) {
    this.options = options;
    this.suite = ESP_SUITES[options.suite];
    const drawn = random.between(256, 0xffffffff);
    this.inboundSpi = options.placing === undefined ? drawn : placedLike(drawn, options.placing);
    this.outboundSpi = random.between(256, 0xffffffff);
    this.#inboundKeys = random.bytes(this.suite.keyMaterialOctets);
    this.#outboundKeys = random.bytes(this.suite.keyMaterialOctets);
    this.#sealer = ciphers.sealer(this.suite);
    this.#opener = ciphers.opener(this.suite);
    this.#held = {
      sealing: this.#sealer.hold(this.#inboundKeys),
      opening: this.#opener.hold(this.#outboundKeys),
    };
  }

  get inbound(): InboundSa {
    const replayWindow = this.options.replayWindow ?? 64;
    return {
      ...this.#common(this.inboundSpi, this.#inboundKeys),
      direction: 'inbound',
      replayWindow,
    };
  }

  get outbound(): OutboundSa {
    return {
      ...this.#common(this.outboundSpi, this.#outboundKeys),
      direction: 'outbound',
      pairedSpi: this.inboundSpi,
    };
  }

  /** The transaction that installs both directions. */
  get additions(): ForwardingChange[] {
    return [
      { kind: 'addInbound', sa: this.inbound },
      { kind: 'addOutbound', sa: this.outbound },
    ];
  }

  get removals(): ForwardingChange[] {
    return [
      { kind: 'removeInbound', spi: this.inboundSpi },
      { kind: 'removeOutbound', pairedSpi: this.inboundSpi },
    ];
  }

  /** The changes that follow the peer to another endpoint. */
  moves(to: Endpoint): ForwardingChange[] {
    return [
      { kind: 'moveInbound', spi: this.inboundSpi, to },
      { kind: 'moveOutbound', pairedSpi: this.inboundSpi, to },
    ];
  }

  /** The ESP packet of an inner packet, with the next sequence number unless one is given. */
  seal(
    payload: Uint8Array,
    change: { readonly sequence?: number; readonly nextHeader?: number } = {},
  ): Uint8Array {
    const version = (payload[0] ?? 0) >> 4;
    const nextHeader = change.nextHeader ?? (version === 6 ? 41 : 4);
    return this.sealBody(encodeEspPlaintext({ payload, nextHeader }, this.suite), change.sequence);
  }

  /** The ESP packet of a body that has its padding and trailer, or something in their place. */
  sealBody(body: Uint8Array, sequence?: number): Uint8Array {
    this.#sequence = sequence ?? this.#sequence + 1;
    const { source, target } = this.#arenas;
    source.bytes.set(body);
    const header = new DataView(target.bytes.buffer);
    header.setUint32(0, this.inboundSpi);
    header.setUint32(4, this.#sequence >>> 0);
    this.#sealer.seal(
      this.#held.sealing,
      source,
      0,
      body.length,
      target,
      0,
      this.#high(this.#sequence),
    );
    return target.bytes.slice(0, body.length + espFrameOctets(this.suite));
  }

  /** Opens what the head-end sent. */
  open(packet: Uint8Array): { sequence: number; payload: Uint8Array; nextHeader: number } {
    const header = new DataView(packet.buffer, packet.byteOffset);
    assert.equal(header.getUint32(0), this.outboundSpi);
    const sequence = header.getUint32(4);
    const { source, target } = this.#arenas;
    source.bytes.set(packet);
    const high = this.#high(sequence);
    assert.ok(
      this.#opener.open(this.#held.opening, source, 0, packet.length, target, 0, high),
      'ICV of the head-end',
    );
    const body = packet.length - espFrameOctets(this.suite);
    const plain = decodeEspPlaintext(target.bytes.slice(0, body));
    assert.ok(plain.ok);
    return { sequence, ...plain.value };
  }

  #high(sequence: number): number {
    return this.options.extended ? Math.floor(sequence / 2 ** 32) : NOT_EXTENDED;
  }

  #common(spi: number, keyMaterial: Uint8Array) {
    const { options } = this;
    return {
      spi,
      keyMaterial,
      suite: options.suite,
      mode: options.mode ?? ('tunnel' as const),
      encapsulation: options.encapsulation ?? ('udp' as const),
      local: options.local,
      remote: options.remote,
      selectors: { local: options.reaches, remote: options.assigned },
      ...(options.softLimitOctets !== undefined && { softLimitOctets: options.softLimitOctets }),
      ...(options.hardLimitOctets !== undefined && { hardLimitOctets: options.hardLimitOctets }),
      ...(options.extended && { extendedSequenceNumbers: true }),
    };
  }
}

/** A UDP packet of the inside network of `octets` octets in all; the content tells packets apart. */
export function innerPacket(
  ends: { readonly source: Uint8Array; readonly destination: Uint8Array },
  octets: number,
  random: Prng,
  { trafficClass = 0, dontFragment = true } = {},
): Uint8Array {
  if (ends.source.length === 16) {
    const packet = concat(
      new Uint8Array(8),
      ends.source,
      ends.destination,
      random.bytes(octets - 40),
    );
    packet.set([0x60 | (trafficClass >> 4), (trafficClass & 15) << 4]);
    packet.set([(octets - 40) >> 8, (octets - 40) & 255, 59, 64], 4);
    return packet;
  }
  const packet = concat(
    new Uint8Array(12),
    ends.source,
    ends.destination,
    random.bytes(octets - 20),
  );
  packet.set([0x45, trafficClass, octets >> 8, octets & 255]);
  packet.set([random.between(0, 255), random.between(0, 255), dontFragment ? 0x40 : 0, 0], 4);
  // 253 is for experiments (RFC 3692), so that no kernel on the way looks into the payload.
  packet.set([64, 253], 8);
  setHeaderChecksum(packet);
  return packet;
}

/** Makes the checksum of an IPv4 header right. */
export function setHeaderChecksum(packet: Uint8Array): void {
  packet.set([0, 0], 10);
  let sum = 0;
  const header = 4 * ((packet[0] as number) & 15);
  for (let i = 0; i < header; i += 2)
    sum += ((packet[i] as number) << 8) | (packet[i + 1] as number);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  packet.set([(~sum >> 8) & 255, ~sum & 255], 10);
}
