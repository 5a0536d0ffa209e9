import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainArena } from '#base/arena';
import { ESP_SUITES } from '#crypto/esp-suites';
import { espCiphersCompliance } from '#crypto/testing/esp-ciphers-compliance';
import { evpCiphers } from './evp.ts';
import { loadSys } from './sys.ts';

const sys = await loadSys();

if (!sys.ok) test('EVP ciphers', { skip: sys.error }, () => {});
else {
  const ciphers = evpCiphers(sys.value);
  espCiphersCompliance('EVP', () => ({ ciphers, arena: sys.value.arena }));

  test('a packet beyond its arena is refused before C sees it', () => {
    for (const suite of [ESP_SUITES['aes-gcm-16-128'], ESP_SUITES['aes-cbc-128-hmac-sha1-96']]) {
      const keys = new Uint8Array(suite.keyMaterialOctets);
      const sealer = ciphers.sealer(suite, keys);
      const opener = ciphers.opener(suite, keys);
      const arena = sys.value.arena(256);
      const plain = plainArena(256);
      assert.throws(() => sealer.seal(arena, 250, 16, arena, 0, -1), /beyond its arena/);
      assert.throws(() => sealer.seal(arena, 0, 64, arena, 200, -1), /beyond its arena/);
      assert.throws(() => sealer.seal(plain, 0, 64, arena, 0, -1), /beyond its arena/);
      assert.throws(() => opener.open(arena, 200, 64, arena, 0, -1), /beyond its arena/);
      assert.throws(() => opener.open(arena, 0, 128, arena, 250, -1), /beyond its arena/);
      assert.throws(() => opener.open(arena, 0, 10, arena, 0, -1), /beyond its arena/);
      sealer.close();
      opener.close();
    }
  });
}
