import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex, toHex } from '#base/bytes';
import vectors from '../../vectors/isakmp-redirect-run.json' with { type: 'json' };
import { digest, HASHES, type HashName, hashOfNumber } from './hashes.ts';
import {
  decryptCbc,
  encryptCbc,
  ISAKMP_CIPHERS,
  type IsakmpCipherName,
  isakmpCipherOf,
} from './isakmp-ciphers.ts';
import {
  exchangeIv,
  hashI,
  hashR,
  keyMaterial,
  phaseOneIv,
  phaseOneKeys,
  preSharedSkeyid,
} from './keymat.ts';
import { expand, prf } from './prf.ts';
import { type SecretKey, secretKey } from './secret-key.ts';

const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array;
const exported = (key: SecretKey): string => toHex(key.reveal());

test('every phase-1 key, hash and vector of both gateways of the captured redirect', () => {
  for (const { phaseOne: v } of vectors.gateways) {
    const secrets = {
      hash: v.hash as HashName,
      cipher: v.encryption as IsakmpCipherName,
      initiatorCookie: hex(v.initiatorCookie),
      responderCookie: hex(v.responderCookie),
      initiatorNonceBody: hex(v.initiatorNonce),
      responderNonceBody: hex(v.responderNonce),
      sharedSecret: hex(v.sharedSecret),
    };
    const skeyid = preSharedSkeyid(secrets, secretKey(hex(v.preSharedKey)));
    const keys = phaseOneKeys(secrets, skeyid);
    assert.equal(exported(keys.skeyid), v.skeyid);
    assert.equal(exported(keys.skeyidD), v.skeyidD);
    assert.equal(exported(keys.skeyidA), v.skeyidA);
    assert.equal(exported(keys.encryption), v.encryptionKey);
    const proof = {
      ...secrets,
      skeyid,
      initiatorPublic: hex(v.initiatorPublic),
      responderPublic: hex(v.responderPublic),
      saBody: hex(v.saiBody),
    };
    assert.equal(toHex(hashI(proof, hex(v.idiiBody))), v.hashI);
    assert.equal(toHex(hashR(proof, hex(v.idirBody))), v.hashR);
    const iv = phaseOneIv('sha1', 'aes-cbc-256', proof.initiatorPublic, proof.responderPublic);
    assert.equal(toHex(iv), v.firstIv);
  }
});

test('the phase-2 vector and KEYMAT of the captured Quick Mode, both directions', () => {
  const gateway = vectors.gateways[1];
  const quick = gateway?.quickMode;
  assert.ok(gateway && quick);
  const secrets = {
    hash: 'sha1' as const,
    skeyidD: secretKey(hex(gateway.phaseOne.skeyidD)),
    initiatorNonceBody: hex(quick.initiatorNonce),
    responderNonceBody: hex(quick.responderNonce),
  };
  const keymatOf = (spi: string) =>
    toHex(keyMaterial(secrets, 3, Number.parseInt(spi, 16), 32 + 20));
  assert.equal(keymatOf(quick.initiatorSpi), quick.keymatOfInitiatorSpi);
  assert.equal(keymatOf(quick.responderSpi), quick.keymatOfResponderSpi);

  // QM1 opens with the vector of its message id, and begins with a HASH payload before an SA.
  const quick1 = gateway.messages.find((m) => m.name === 'QM1');
  assert.ok(quick1);
  const iv = exchangeIv(
    'sha1',
    'aes-cbc-256',
    hex(gateway.phaseOne.lastIv),
    Number.parseInt(quick.messageId, 16),
  );
  const key = secretKey(hex(gateway.phaseOne.encryptionKey));
  const plain = decryptCbc('aes-cbc-256', key, iv, hex(quick1.wire as string).subarray(28));
  assert.equal(toHex((plain as Uint8Array).subarray(0, 4)), '01000018');
});

test('KEYMAT with perfect forward secrecy begins with g^xy', () => {
  const secrets = {
    hash: 'sha2-256' as const,
    skeyidD: secretKey(new Uint8Array(32)),
    sharedSecret: new Uint8Array([7, 8, 9]),
    initiatorNonceBody: new Uint8Array([1]),
    responderNonceBody: new Uint8Array([2]),
  };
  const input = new Uint8Array([7, 8, 9, 3, 0, 0, 1, 0, 1, 2]);
  const k1 = prf('sha2-256', secrets.skeyidD, input);
  const k2 = prf('sha2-256', secrets.skeyidD, k1, input);
  assert.equal(toHex(keyMaterial(secrets, 3, 256, 40)), toHex(k1) + toHex(k2).slice(0, 16));
});

test('HMAC of RFC 2202 and RFC 4231, test case 2', () => {
  const answers: Record<HashName, string> = {
    md5: '750c783e6ab0b503eaa86e310a5db738',
    sha1: 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79',
    'sha2-256': '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    'sha2-384':
      'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649',
    'sha2-512':
      '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
  };
  const encoder = new TextEncoder();
  for (const [name, answer] of Object.entries(answers)) {
    const hash = name as HashName;
    const got = prf(
      hash,
      secretKey(encoder.encode('Jefe')),
      encoder.encode('what do ya want '),
      encoder.encode('for nothing?'),
    );
    assert.equal(toHex(got), answer);
    assert.equal(got.length, HASHES[hash].octets);
    assert.equal(digest(hash).length, HASHES[hash].octets);
    assert.equal(hashOfNumber(HASHES[hash].isakmpNumber)?.name, hash);
  }
});

test('an expansion is cut from its chain at any length', () => {
  const key = secretKey(new Uint8Array([1, 2, 3]));
  const rest = new Uint8Array([9]);
  const long = expand('sha1', key, 64, new Uint8Array([0]), rest);
  for (let octets = 1; octets <= 64; octets += 1)
    assert.deepEqual(expand('sha1', key, octets, new Uint8Array([0]), rest), long.slice(0, octets));
});

test('AES-CBC of RFC 3602 section 4, cases 1 and 2', () => {
  const cases = [
    {
      key: '06a9214036b8a15b512e03d534120006',
      iv: '3dafba429d9eb430b422da802c9fac41',
      plain: '53696e676c6520626c6f636b206d7367',
      cipher: 'e353779c1079aeb82708942dbe77181a',
    },
    {
      key: 'c286696d887c9aa0611bbb3e2025a45a',
      iv: '562e17996d093d28ddb3ba695a2e6f58',
      plain: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
      cipher: 'd296cd94c2cccf8a3a863028b5e1dc0a7586602d253cfff91b8266bea6d61ab1',
    },
  ];
  for (const { key, iv, plain, cipher } of cases) {
    const imported = secretKey(hex(key));
    const encrypted = hex(plain);
    encryptCbc('aes-cbc-128', imported, hex(iv), encrypted);
    assert.equal(toHex(encrypted), cipher);
    const decrypted = decryptCbc('aes-cbc-128', imported, hex(iv), encrypted);
    assert.equal(toHex(decrypted as Uint8Array), plain);
  }
});

test('every phase-1 cipher decrypts what it encrypted, and refuses anything but whole blocks', () => {
  for (const cipher of Object.values(ISAKMP_CIPHERS)) {
    const octets = new Uint8Array(cipher.keyOctets).map((_, i) => 3 * i + 1);
    const key = secretKey(
      cipher.name === 'des' ? new Uint8Array([...octets, ...octets, ...octets]) : octets,
    );
    const iv = new Uint8Array(cipher.blockOctets).fill(5);
    const plain = new Uint8Array(cipher.blockOctets * 3).map((_, i) => i);
    const encrypted = plain.slice();
    encryptCbc(cipher.name, key, iv, encrypted);
    assert.notDeepEqual(encrypted, plain);
    assert.deepEqual(decryptCbc(cipher.name, key, iv, encrypted), plain);
    assert.equal(decryptCbc(cipher.name, key, iv, encrypted.subarray(1)), undefined);
    assert.equal(decryptCbc(cipher.name, key, iv, new Uint8Array(0)), undefined);
    assert.equal(isakmpCipherOf(cipher.isakmpNumber, cipher.keyLengthBits)?.name, cipher.name);
  }
  assert.equal(isakmpCipherOf(5, 192), undefined, 'triple DES has no key length');
  assert.equal(isakmpCipherOf(7, undefined), undefined, 'AES needs one');
});

test('single DES run as triple DES gives the answers of single DES', () => {
  // The plaintext, key and vector of FIPS 81, table C1.
  const key = hex('0123456789abcdef');
  const iv = hex('1234567890abcdef');
  const plain = new TextEncoder().encode('Now is the time for all ');
  const tripled = secretKey(new Uint8Array([...key, ...key, ...key]));
  encryptCbc('des', tripled, iv, plain);
  assert.equal(toHex(plain), 'e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6');
});
