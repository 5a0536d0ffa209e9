import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat, fromHex, toHex } from '#base/bytes';
import { Prng } from '#base/prng';
import vectors from '../../vectors/isakmp-redirect-run.json' with { type: 'json' };
import { bigintOctets, bigintOf } from './der.ts';
import { agree, combine, keyPairFromSecret, peerPublicKey } from './dh.ts';
import { DH_GROUPS, type DhGroupName, dhGroupOfNumber } from './dh-groups.ts';
import { digest } from './hashes.ts';
import { MODP_PRIMES, type ModpGroupName } from './modp-primes.ts';

const hex = (text: string): Uint8Array => fromHex(text) as Uint8Array;
const names = Object.keys(DH_GROUPS) as DhGroupName[];
const secretOf = (name: DhGroupName, seed: number): Uint8Array =>
  new Prng(seed).bytes(DH_GROUPS[name].secretOctets);

function pairOf(name: DhGroupName, secret: Uint8Array) {
  const pair = keyPairFromSecret(name, secret);
  assert.ok(pair.ok, name);
  return pair.value;
}

test('the primes computed from pi are those that the RFCs print', () => {
  // SHA-256 of the primes of RFC 2409 sections 6.1 and 6.2 and of RFC 3526.
  const printed: Record<ModpGroupName, string> = {
    modp768: 'b52ba6a3026520a6c49d37e4587601801bee500123b3259b6bf03e7cecc3e63d',
    modp1024: '3f35a3f5f6c4376a744acad409bb22f8d897f949d2311d885adaa890981b67a0',
    modp1536: '64fcc83ec403930bf18393dbc883ccaa1fbb08ac876f77f7aa99748ca945019b',
    modp2048: 'd66436f79bbd6b2e38c0ffbd079be904d2641415e2e67140e09448be9a60890e',
    modp3072: '48cf8b092fbce4359d9871abf74f98e25b6163379eaa15cd9087e800c6d1c55c',
    modp4096: '4ee95187682bcb230ad26a95205f6920e84708f6251b3894329b09ec23919e33',
  };
  for (const [name, hash] of Object.entries(printed)) {
    const group = DH_GROUPS[name as ModpGroupName];
    const octets = bigintOctets(MODP_PRIMES[name as ModpGroupName]);
    assert.equal(octets.length, group.publicOctets);
    assert.equal(toHex(digest('sha2-256', octets)), hash, name);
  }
});

test('modp1024 of two captured logins: public value and shared secret', () => {
  for (const { phaseOne } of vectors.gateways) {
    const agreed = agree('modp1024', hex(phaseOne.responderPrivate), hex(phaseOne.initiatorPublic));
    assert.ok(agreed.ok);
    assert.equal(toHex(agreed.value.publicValue), phaseOne.responderPublic);
    assert.equal(toHex(agreed.value.sharedSecret), phaseOne.sharedSecret);
  }
});

test('ecp256 of RFC 5903 section 8.1', () => {
  const i = 'c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433';
  const r = 'c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53';
  const gi =
    'dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180' +
    '5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3';
  const gr =
    'd12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63' +
    '56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab';
  const shared = 'd6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de';
  const initiator = agree('ecp256', hex(i), hex(gr));
  const responder = agree('ecp256', hex(r), hex(gi));
  assert.ok(initiator.ok && responder.ok);
  assert.equal(toHex(initiator.value.publicValue), gi);
  assert.equal(toHex(responder.value.publicValue), gr);
  assert.equal(toHex(initiator.value.sharedSecret), shared);
  assert.equal(toHex(responder.value.sharedSecret), shared);
});

test('x25519 of RFC 7748 section 6.1', () => {
  const agreed = agree(
    'x25519',
    hex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'),
    hex('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f'),
  );
  assert.ok(agreed.ok);
  assert.equal(
    toHex(agreed.value.publicValue),
    '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a',
  );
  assert.equal(
    toHex(agreed.value.sharedSecret),
    '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742',
  );
});

test('both ends of every group agree, and every length is that of the table', () => {
  for (const name of names) {
    const group = DH_GROUPS[name];
    const a = pairOf(name, secretOf(name, 1));
    const b = pairOf(name, secretOf(name, 2));
    const ab = combine(name, a.privateKey, b.publicValue);
    const ba = combine(name, b.privateKey, a.publicValue);
    assert.ok(ab.ok && ba.ok, name);
    assert.deepEqual(ab.value, ba.value);
    assert.equal(ab.value.length, group.sharedOctets);
    assert.equal(a.publicValue.length, group.publicOctets);
    assert.equal(dhGroupOfNumber(group.number), group);
  }
  assert.equal(dhGroupOfNumber(24), undefined);
});

test('a shared secret or public value that begins with zeros keeps its length', () => {
  // g^xy with the high octet zero comes about once in 256 pairs.
  const peer = pairOf('modp768', secretOf('modp768', 3));
  let shortSecrets = 0;
  let shortValues = 0;
  for (let seed = 0; seed < 600; seed += 1) {
    const own = pairOf('modp768', secretOf('modp768', 1000 + seed));
    const secret = combine('modp768', own.privateKey, peer.publicValue);
    assert.ok(secret.ok);
    assert.equal(secret.value.length, 96);
    assert.equal(own.publicValue.length, 96);
    if (secret.value[0] === 0) shortSecrets += 1;
    if (own.publicValue[0] === 0) shortValues += 1;
  }
  assert.ok(shortSecrets > 0 && shortValues > 0, `${shortSecrets} ${shortValues}`);
});

test('public values that force the secret or do not fit are refused', () => {
  for (const name of names) {
    const group = DH_GROUPS[name];
    const { privateKey, publicValue } = pairOf(name, secretOf(name, 5));
    const refused = (value: Uint8Array, what: string) => {
      const combined = combine(name, privateKey, value);
      assert.ok(!combined.ok, `${name}: ${what}`);
      assert.match(combined.error, /peer/);
    };
    refused(new Uint8Array(group.publicOctets), 'zero');
    refused(publicValue.subarray(1), 'too short');
    refused(concat(publicValue, new Uint8Array(1)), 'too long');
    refused(new Uint8Array(0), 'empty');
    if (group.kind === 'modp') {
      const prime = MODP_PRIMES[name as ModpGroupName];
      refused(bigintOctets(1n, group.publicOctets), 'one');
      refused(bigintOctets(prime - 1n, group.publicOctets), 'p-1');
      refused(bigintOctets(prime, group.publicOctets), 'p');
      refused(new Uint8Array(group.publicOctets).fill(255), 'above p');
    }
    if (group.kind === 'ecp') {
      const off = publicValue.slice();
      off[off.length - 1] = (off[off.length - 1] as number) ^ 1;
      refused(off, 'off the curve');
    }
    if (group.kind === 'x25519') refused(bigintOctets(1n, 32).reverse(), 'a point of small order');
  }
});

test('random octets are never taken for a key by accident and never throw', () => {
  const random = new Prng(77);
  for (let i = 0; i < 400; i += 1) {
    const name = random.pick(names);
    const value = random.bytes(random.chance(0.7) ? DH_GROUPS[name].publicOctets : i % 150);
    const key = peerPublicKey(name, value);
    assert.equal(typeof key.ok, 'boolean');
  }
});

test('a degenerate secret is refused', () => {
  for (const name of names) {
    if (name === 'x25519') continue;
    assert.equal(keyPairFromSecret(name, new Uint8Array(40)).ok, false, name);
  }
  assert.equal(keyPairFromSecret('x25519', new Uint8Array(31)).ok, false);
});

test('a secret above the order of the curve gives the key of its remainder', () => {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const five = pairOf('ecp256', bigintOctets(5n));
  const same = pairOf('ecp256', bigintOctets(order * 3n + 5n));
  assert.deepEqual(five.publicValue, same.publicValue);
  assert.equal(bigintOf(bigintOctets(order)), order);
});
