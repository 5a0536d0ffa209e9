import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Arena, plainArena } from '#base/arena';
import { Prng } from '#base/prng';
import { espFrameOctets, NOT_EXTENDED } from '#crypto/esp-cipher';
import { ESP_SUITES, type EspSuiteName } from '#crypto/esp-suites';
import { nodeEspCiphers } from '#crypto/node-esp-ciphers';
import { espCiphersCompliance } from '#crypto/testing/esp-ciphers-compliance';
import { evpCiphers } from './evp.ts';
import { PLACES } from './evp-contexts.ts';
import { loadSys, type Sys } from './sys.ts';

const sys = await loadSys();

if (!sys.ok) test('EVP ciphers', { skip: sys.error }, () => {});
else {
  const ciphers = evpCiphers(sys.value);
  espCiphersCompliance('EVP', () => ({ ciphers, arena: sys.value.arena }));

  test('a packet beyond its arena is refused before C sees it', () => {
    for (const suite of [ESP_SUITES['aes-gcm-16-128'], ESP_SUITES['aes-cbc-128-hmac-sha1-96']]) {
      const keys = new Uint8Array(suite.keyMaterialOctets);
      const sealer = ciphers.sealer(suite);
      const opener = ciphers.opener(suite);
      const [sealing, opening] = [sealer.hold(keys), opener.hold(keys)];
      const arena = sys.value.arena(256);
      const plain = plainArena(256);
      assert.throws(() => sealer.seal(sealing, arena, 250, 16, arena, 0, -1), /beyond its arena/);
      assert.throws(() => sealer.seal(sealing, arena, 0, 64, arena, 200, -1), /beyond its arena/);
      assert.throws(() => sealer.seal(sealing, plain, 0, 64, arena, 0, -1), /beyond its arena/);
      assert.throws(() => opener.open(opening, arena, 200, 64, arena, 0, -1), /beyond its arena/);
      assert.throws(() => opener.open(opening, arena, 0, 128, arena, 250, -1), /beyond its arena/);
      assert.throws(() => opener.open(opening, arena, 0, 10, arena, 0, -1), /beyond its arena/);
      sealer.forget(sealing);
      opener.forget(opening);
    }
  });

  const crowded: readonly EspSuiteName[] = [
    'aes-gcm-16-128',
    'aes-gcm-16-256',
    'chacha20-poly1305',
    'aes-cbc-128-hmac-sha1-96',
    'aes-cbc-256-hmac-sha2-512-256',
    '3des-cbc-hmac-md5-96',
    'des-cbc-hmac-sha1-96',
    'null-hmac-sha2-256-128',
  ];
  for (const name of crowded)
    test(`${name}: more SAs than contexts, each is sealed and opened by its own keys`, () => {
      const random = new Prng(5);
      const suite = ESP_SUITES[name];
      const reference = nodeEspCiphers(random);
      const [sealer, opener] = [ciphers.sealer(suite), ciphers.opener(suite)];
      const [otherSealer, otherOpener] = [reference.sealer(suite), reference.opener(suite)];
      const begin = () => {
        const keys = random.bytes(suite.keyMaterialOctets);
        return {
          sealing: sealer.hold(keys),
          opening: opener.hold(keys),
          otherSealing: otherSealer.hold(keys),
          otherOpening: otherOpener.hold(keys),
          sequence: 0,
        };
      };
      const end = (sa: ReturnType<typeof begin>) => {
        sealer.forget(sa.sealing);
        opener.forget(sa.opening);
      };
      const sas = Array.from({ length: PLACES + 200 }, begin);
      const [plain, memory] = [plainArena(512), sys.value.arena(1024)];
      const length = 48 + espFrameOctets(suite);
      const next = (sa: ReturnType<typeof begin>) => {
        sa.sequence += 1;
        return [0, 0, 1, 0, 0, 0, sa.sequence >> 8, sa.sequence & 255];
      };
      for (let i = 0; i < 4000; i += 1) {
        // A few speak often, some of which share a context; some end, and others take their places.
        const at = random.chance(0.5)
          ? random.pick([0, 1, PLACES, PLACES + 1])
          : random.between(0, sas.length - 1);
        let sa = sas[at] as ReturnType<typeof begin>;
        if (random.chance(0.1)) {
          end(sa);
          sa = begin();
          sas[at] = sa;
        }
        const text = random.bytes(48);
        memory.bytes.set(text, 0);
        memory.bytes.set(next(sa), 128);
        sealer.seal(sa.sealing, memory, 0, 48, memory, 128, NOT_EXTENDED);
        plain.bytes.set(memory.bytes.subarray(128, 128 + length));
        const arrived = otherOpener.open(
          sa.otherOpening,
          plain,
          0,
          length,
          plain,
          256,
          NOT_EXTENDED,
        );
        assert.ok(arrived, 'sealed by other keys than its own');
        assert.deepEqual(plain.bytes.slice(256, 304), text);

        plain.bytes.set(text, 0);
        plain.bytes.set(next(sa), 128);
        otherSealer.seal(sa.otherSealing, plain, 0, 48, plain, 128, NOT_EXTENDED);
        memory.bytes.set(plain.bytes.subarray(128, 128 + length), 512);
        const stranger = sas[(at + PLACES) % sas.length] as typeof sa;
        for (const [by, isOwn] of [
          [stranger, false],
          [sa, true],
        ] as const)
          assert.equal(
            opener.open(by.opening, memory, 512, length, memory, 768, NOT_EXTENDED),
            isOwn,
          );
        assert.deepEqual(memory.bytes.slice(768, 816), text);
      }
      for (const sa of sas) end(sa);
    });

  test('when an SA ends, its keys are wiped, and with them the context that had them', () => {
    const arenas: Arena[] = [];
    const freed: number[] = [];
    const { openssl } = sys.value;
    const counted = (free: (context: number) => void) => (context: number) => {
      freed.push(context);
      free(context);
    };
    const watched: Sys = {
      ...sys.value,
      memory: (octets) => {
        const arena = sys.value.memory(octets);
        arenas.push(arena);
        return arena;
      },
      openssl: {
        ...openssl,
        EVP_CIPHER_CTX_free: counted(openssl.EVP_CIPHER_CTX_free),
        HMAC_CTX_free: counted(openssl.HMAC_CTX_free),
      },
    };
    const random = new Prng(6);
    const own = evpCiphers(watched);
    const isThere = (octets: Uint8Array) =>
      arenas.some(({ bytes }) => Buffer.from(bytes.buffer).includes(Buffer.from(octets)));
    const arena = sys.value.arena(512);
    for (const [name, contexts] of [
      ['aes-gcm-16-256', 1],
      ['3des-cbc-hmac-sha1-96', 2],
      ['des-cbc-hmac-md5-96', 2],
    ] as const) {
      const suite = ESP_SUITES[name];
      const sealer = own.sealer(suite);
      const keyMaterial = random.bytes(suite.keyMaterialOctets);
      const parts = [
        keyMaterial.subarray(0, suite.encryptionKeyOctets),
        keyMaterial.subarray(suite.encryptionKeyOctets),
      ];
      const keys = sealer.hold(keyMaterial);
      sealer.seal(keys, arena, 0, 48, arena, 128, NOT_EXTENDED);
      assert.ok(parts.every(isThere));
      freed.length = 0;
      sealer.forget(keys);
      assert.ok(!parts.some(isThere));
      assert.equal(freed.length, contexts);
    }
  });
}
