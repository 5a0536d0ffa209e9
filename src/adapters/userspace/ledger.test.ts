import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ESP_SUITES, type EspSuiteName } from '#crypto/esp-suites';
import { evpCiphers } from './evp.ts';
import { PLACES } from './evp-contexts.ts';
import { ledgerMemory, recorded, settle } from './ledger.ts';
import { loadSys } from './sys.ts';

const loaded = await loadSys();

if (!loaded.ok) test('memory of C', { skip: loaded.error }, () => {});
else {
  const sys = loaded.value;

  test('memory for packets is zero and lies where addresses are small integers', () => {
    const arenas = [100, 70_000, 100].map((octets) => sys.memory(octets));
    for (const [i, arena] of arenas.entries()) {
      assert.ok(arena.pointer > 0 && arena.pointer < 2 ** 31);
      assert.ok(arena.bytes.every((octet) => octet === 0));
      arena.bytes.fill(i + 1);
    }
    for (const [i, arena] of arenas.entries()) {
      assert.ok(arena.bytes.every((octet) => octet === i + 1));
      assert.equal(sys.munmap(arena.pointer, arena.bytes.length), 0);
    }
  });

  test('what a dead worker held of the memory of C is given back, once', () => {
    const memory = ledgerMemory();
    const ciphers = evpCiphers(recorded(sys, memory));
    const arena = sys.arena(256);
    const held = (name: EspSuiteName) => {
      const sealer = ciphers.sealer(ESP_SUITES[name]);
      const keys = sealer.hold(new Uint8Array(ESP_SUITES[name].keyMaterialOctets));
      return {
        seal: () => sealer.seal(keys, arena, 128, 16, arena, 0, -1),
        forget: () => sealer.forget(keys),
      };
    };
    const many = Array.from({ length: PLACES + 344 }, () => held('aes-gcm-16-128'));
    for (const one of many) one.seal();
    // The last of them have the contexts; of those, 56 end, and their contexts with them.
    for (const one of many.slice(0, 400)) one.forget();
    held('aes-cbc-128-hmac-sha1-96').seal();
    // What has not sealed anything yet has no context.
    held('3des-cbc-hmac-md5-96');
    // Contexts of AES-GCM, one of CBC and its HMAC; keys of three suites, scratch memory, the pool of IVs.
    assert.equal(settle(sys, memory), PLACES - 56 + 2 + 5);
    assert.equal(settle(sys, memory), 0);
  });
}
