import assert from 'node:assert/strict';
import { getCipherInfo } from 'node:crypto';
import { test } from 'node:test';
import { ESP_SUITES, espSuiteOf } from './esp-suites.ts';

test('every suite that IKEv1 can name is found again by its numbers, and no two share them', () => {
  const seen = new Set<string>();
  for (const suite of Object.values(ESP_SUITES)) {
    if (suite.isakmpTransform === undefined) {
      assert.equal(suite.name, 'chacha20-poly1305');
      continue;
    }
    const { isakmpTransform, keyLengthBits, isakmpAuthentication } = suite;
    assert.equal(espSuiteOf(isakmpTransform, keyLengthBits, isakmpAuthentication), suite);
    seen.add(`${isakmpTransform} ${keyLengthBits} ${isakmpAuthentication}`);
  }
  assert.equal(seen.size, 33);
  assert.equal(espSuiteOf(12, 128, undefined), undefined, 'CBC without integrity');
  assert.equal(espSuiteOf(20, 128, 2), undefined, 'GCM with an HMAC');
  assert.equal(espSuiteOf(7, undefined, 2), undefined, 'Blowfish');
});

test('key and IV lengths are those of the cipher that OpenSSL runs', () => {
  for (const suite of Object.values(ESP_SUITES)) {
    assert.equal(
      suite.keyMaterialOctets,
      suite.encryptionKeyOctets + suite.integrityKeyOctets + suite.saltOctets,
    );
    if (suite.algorithm === undefined) continue;
    const info = getCipherInfo(suite.algorithm);
    assert.ok(info, suite.algorithm);
    assert.equal(info.keyLength, suite.encryptionKeyOctets * (suite.singleDes ? 3 : 1));
    assert.equal(info.ivLength, suite.ivOctets + suite.saltOctets);
    if (suite.integrityHash) assert.equal(suite.align, info.blockSize);
  }
});

test('the words and labels of a transform set', () => {
  const { words, encryptionLabel, integrityLabel, legacy } = ESP_SUITES['aes-cbc-128-hmac-sha1-96'];
  assert.deepEqual(words, ['esp-aes', 'esp-sha-hmac']);
  assert.deepEqual([encryptionLabel, integrityLabel, legacy], ['AES128', 'SHA1', true]);
  assert.equal(ESP_SUITES['3des-cbc-hmac-md5-96'].encryptionLabel, '3DES-168');
  assert.deepEqual(ESP_SUITES['3des-cbc-hmac-md5-96'].legacyWords, ['esp-3des', 'esp-md5-hmac']);
  assert.deepEqual(ESP_SUITES['aes-gcm-16-256'].words, ['esp-gcm-256']);
  assert.equal(ESP_SUITES['aes-cbc-256-hmac-sha2-256-128'].legacy, false);
});
