import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Arena, plainArena } from '#base/arena';
import { concat, equalBytes, fromHex, toHex } from '#base/bytes';
import { Prng } from '#base/prng';
import { type EspCiphers, espFrameOctets, NOT_EXTENDED } from '../esp-cipher.ts';
import { ESP_SUITES, type EspSuiteName } from '../esp-suites.ts';
import { nodeEspCiphers } from '../node-esp-ciphers.ts';
import { prf } from '../prf.ts';
import { secretKey } from '../secret-key.ts';

/** Ciphers, and memory that they can work on. */
export type CiphersUnderTest = { readonly ciphers: EspCiphers; arena(octets: number): Arena };

type Vectors = {
  readonly cases: readonly {
    readonly source: string;
    readonly suite: EspSuiteName;
    readonly keyMaterial: string;
    readonly sequenceHigh?: number;
    readonly packet: string;
    readonly plaintext: string;
  }[];
  readonly cbc: {
    readonly source: string;
    readonly encryptionKey: string;
    readonly packetWithoutIcv: string;
    readonly plaintext: string;
  };
};

const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../../../vectors/esp-transforms.json', import.meta.url), 'utf8'),
);
const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array;

/** What lies around a packet in an arena, so that a write past its end shows. */
const PATTERN = 0xa5;
const MOST = 2048;

function load(arena: Arena, at: number, octets: Uint8Array): void {
  arena.bytes.fill(PATTERN);
  arena.bytes.set(octets, at);
}

/** Opens `packet`; the plaintext, or undefined when it is refused. */
function open(
  under: CiphersUnderTest,
  suiteName: EspSuiteName,
  keys: Uint8Array,
  packet: Uint8Array,
  high: number,
) {
  const suite = ESP_SUITES[suiteName];
  const opener = under.ciphers.opener(suite);
  const held = opener.hold(keys);
  const source = under.arena(MOST);
  const target = under.arena(MOST);
  load(source, 24, packet);
  const genuine = opener.open(held, source, 24, packet.length, target, 40, high);
  opener.forget(held);
  assert.ok(equalBytes(source.bytes.subarray(24, 24 + packet.length), packet), 'packet unchanged');
  const length = packet.length - espFrameOctets(suite);
  return genuine ? target.bytes.slice(40, 40 + length) : undefined;
}

function seal(
  under: CiphersUnderTest,
  suiteName: EspSuiteName,
  keys: Uint8Array,
  header: Uint8Array,
  plain: Uint8Array,
  high: number,
): Uint8Array {
  const suite = ESP_SUITES[suiteName];
  const sealer = under.ciphers.sealer(suite);
  const held = sealer.hold(keys);
  const source = under.arena(MOST);
  const target = under.arena(MOST);
  load(source, 8, plain);
  load(target, 16, header);
  sealer.seal(held, source, 8, plain.length, target, 16, high);
  sealer.forget(held);
  const end = 16 + plain.length + espFrameOctets(suite);
  assert.ok(equalBytes(source.bytes.subarray(8, 8 + plain.length), plain), 'plaintext unchanged');
  assert.ok(
    target.bytes.subarray(end + 64).every((octet) => octet === PATTERN),
    'nothing written beyond the room for a digest',
  );
  return target.bytes.slice(16, end);
}

function knownAnswers(name: string, make: () => CiphersUnderTest): void {
  for (const v of vectors.cases)
    test(`${name}: ${v.source} opens, and not with one bit changed`, () => {
      const under = make();
      const high = v.sequenceHigh ?? NOT_EXTENDED;
      const packet = hex(v.packet);
      const plain = open(under, v.suite, hex(v.keyMaterial), packet, high);
      assert.equal(plain && toHex(plain), v.plaintext);
      for (let i = 0; i < packet.length; i += 1) {
        const forged = packet.slice();
        forged[i] = (forged[i] as number) ^ (1 << (i % 8));
        assert.equal(open(under, v.suite, hex(v.keyMaterial), forged, high), undefined, `at ${i}`);
      }
      assert.equal(open(under, v.suite, hex(v.keyMaterial), packet, high + 1), undefined);
    });

  test(`${name}: ${vectors.cbc.source}, opens with an HMAC behind it`, () => {
    const integrityKey = new Prng(1).bytes(32);
    const packet = hex(vectors.cbc.packetWithoutIcv);
    const icv = prf('sha2-256', secretKey(integrityKey), packet).subarray(0, 16);
    const keys = concat(hex(vectors.cbc.encryptionKey), integrityKey);
    const suite = 'aes-cbc-128-hmac-sha2-256-128';
    const plain = open(make(), suite, keys, concat(packet, icv), NOT_EXTENDED);
    assert.equal(plain && toHex(plain), vectors.cbc.plaintext);
  });
}

function everySuite(name: string, make: () => CiphersUnderTest): void {
  const random = new Prng(2);
  const reference: CiphersUnderTest = {
    ciphers: nodeEspCiphers(random),
    arena: plainArena,
  };
  for (const suite of Object.values(ESP_SUITES))
    test(`${name}: ${suite.name} agrees with node:crypto in both directions`, () => {
      const under = make();
      for (const extended of [NOT_EXTENDED, 0, 7]) {
        const keys = random.bytes(suite.keyMaterialOctets);
        for (const blocks of [1, 2, 3, 17, 85]) {
          const plain = random.bytes(blocks * suite.align);
          const header = random.bytes(8);
          const ours = seal(under, suite.name, keys, header, plain, extended);
          assert.deepEqual(open(reference, suite.name, keys, ours, extended), plain);
          const theirs = seal(reference, suite.name, keys, header, plain, extended);
          assert.deepEqual(open(under, suite.name, keys, theirs, extended), plain);
          assert.equal(open(under, suite.name, keys, theirs, extended + 1), undefined);
          const forged = theirs.slice();
          const at = random.between(0, forged.length - 1);
          forged[at] = (forged[at] as number) ^ 0x10;
          assert.equal(open(under, suite.name, keys, forged, extended), undefined);
        }
      }
    });
}

function inPlace(name: string, make: () => CiphersUnderTest): void {
  test(`${name}: one cipher serves packet after packet, whatever was refused before`, () => {
    const random = new Prng(3);
    for (const suiteName of ['aes-gcm-16-128', 'aes-cbc-128-hmac-sha1-96'] as const) {
      const suite = ESP_SUITES[suiteName];
      const { ciphers, arena } = make();
      const keys = random.bytes(suite.keyMaterialOctets);
      const sealer = ciphers.sealer(suite);
      const opener = ciphers.opener(suite);
      const [sealing, opening] = [sealer.hold(keys), opener.hold(keys)];
      const memory = arena(4 * MOST);
      for (let i = 1; i <= 200; i += 1) {
        const plain = random.bytes(16 * random.between(1, 90));
        memory.bytes.set(plain, 0);
        memory.bytes.set([0, 0, 1, 0, 0, 0, i >> 8, i & 255], MOST);
        sealer.seal(sealing, memory, 0, plain.length, memory, MOST, NOT_EXTENDED);
        const length = plain.length + espFrameOctets(suite);
        const forge = () => {
          memory.bytes[MOST + length - 1] = (memory.bytes[MOST + length - 1] as number) ^ 1;
        };
        if (random.chance(0.3)) {
          forge();
          assert.equal(
            opener.open(opening, memory, MOST, length, memory, 2 * MOST, NOT_EXTENDED),
            false,
          );
          forge();
        }
        assert.equal(
          opener.open(opening, memory, MOST, length, memory, 2 * MOST, NOT_EXTENDED),
          true,
        );
        assert.deepEqual(memory.bytes.slice(2 * MOST, 2 * MOST + plain.length), plain);
      }
      sealer.forget(sealing);
      opener.forget(opening);
    }
  });

  test(`${name}: no IV is used twice`, () => {
    const random = new Prng(4);
    for (const suite of Object.values(ESP_SUITES).filter((s) => s.ivOctets > 0)) {
      const { ciphers, arena } = make();
      const sealer = ciphers.sealer(suite);
      const held = sealer.hold(random.bytes(suite.keyMaterialOctets));
      const memory = arena(1024);
      const seen = new Set<string>();
      for (let i = 1; i <= 300; i += 1) {
        memory.bytes.set([0, 0, 1, 0, 0, 0, i >> 8, i & 255], 512);
        sealer.seal(held, memory, 0, 16, memory, 512, NOT_EXTENDED);
        seen.add(toHex(memory.bytes.subarray(520, 520 + suite.ivOctets)));
      }
      assert.equal(seen.size, 300);
      sealer.forget(held);
    }
  });
}

/** What every implementation of `EspCiphers` has to do. */
export function espCiphersCompliance(name: string, make: () => CiphersUnderTest): void {
  knownAnswers(name, make);
  everySuite(name, make);
  inPlace(name, make);
}
