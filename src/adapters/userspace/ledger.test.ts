import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ESP_SUITES, type EspSuiteName } from '#crypto/esp-suites';
import { evpCiphers } from './evp.ts';
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
    const unused = (name: EspSuiteName) =>
      ciphers.sealer(ESP_SUITES[name], new Uint8Array(ESP_SUITES[name].keyMaterialOctets));
    const sealer = (name: EspSuiteName) => {
      const made = unused(name);
      made.seal(arena, 128, 16, arena, 0, -1);
      return made;
    };
    const sealers = Array.from({ length: 600 }, () => sealer('aes-gcm-16-128'));
    for (const one of sealers.splice(0, 400)) one.close();
    sealers.push(sealer('aes-cbc-128-hmac-sha1-96'));
    // What has not sealed anything yet holds nothing.
    sealers.push(unused('aes-cbc-128-hmac-sha1-96'), unused('aes-gcm-16-128'));
    // 200 contexts of AES-GCM, one of CBC and its HMAC, scratch memory and the pool of IVs.
    assert.equal(settle(sys, memory), 200 + 2 + 2);
    assert.equal(settle(sys, memory), 0);
  });
}
