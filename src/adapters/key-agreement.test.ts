import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DhGroupName } from '#crypto/dh-groups';
import type { KeyingAnswer, KeyingQuestion } from '#ipsec/keying';
import { KeyAgreement } from './key-agreement.ts';

const groups: readonly DhGroupName[] = [
  'modp1024',
  'modp1536',
  'modp2048',
  'modp3072',
  'ecp256',
  'ecp384',
  'ecp521',
  'x25519',
];

const ask = (agreement: KeyAgreement, question: KeyingQuestion): Promise<KeyingAnswer> =>
  new Promise((resolve) => agreement.ask(question, resolve));

for (const group of groups)
  test(`initiator and responder agree on a secret in ${group}`, async () => {
    const agreement = new KeyAgreement();
    const initiator = await ask(agreement, { kind: 'dhGenerate', group });
    assert.equal(initiator.kind, 'dhGenerate');
    if (initiator.kind !== 'dhGenerate') return;
    const responder = await ask(agreement, {
      kind: 'dhAgree',
      group,
      peerPublic: initiator.publicValue,
    });
    assert.equal(responder.kind, 'dhAgree');
    if (responder.kind !== 'dhAgree') return;
    const combined = await ask(agreement, {
      kind: 'dhCombine',
      group,
      privateKey: initiator.privateKey,
      peerPublic: responder.publicValue,
    });
    assert.equal(combined.kind, 'dhCombine');
    if (combined.kind !== 'dhCombine') return;
    assert.deepEqual(combined.sharedSecret, responder.sharedSecret);
    agreement.close();
  });

test('a public value that is not one fails with a reason and makes no secret', async () => {
  const agreement = new KeyAgreement();
  for (const peerPublic of [new Uint8Array(0), new Uint8Array(128), new Uint8Array(127).fill(7)]) {
    const answer = await ask(agreement, { kind: 'dhAgree', group: 'modp1024', peerPublic });
    assert.equal(answer.kind, 'failed');
  }
  const offCurve = new Uint8Array(64).fill(9);
  assert.equal(
    (await ask(agreement, { kind: 'dhAgree', group: 'ecp256', peerPublic: offCurve })).kind,
    'failed',
  );
  const lowOrder = new Uint8Array(32);
  assert.equal(
    (await ask(agreement, { kind: 'dhAgree', group: 'x25519', peerPublic: lowOrder })).kind,
    'failed',
  );
  agreement.close();
});

test('every key pair is used once', async () => {
  const agreement = new KeyAgreement();
  const seen = new Set<string>();
  for (let i = 0; i < 100; i += 1) {
    const answer = await ask(agreement, { kind: 'dhGenerate', group: 'ecp256' });
    assert.ok(answer.kind === 'dhGenerate');
    seen.add(Buffer.from(answer.publicValue).toString('hex'));
  }
  assert.equal(seen.size, 100);
  agreement.close();
});

test('questions beyond a limit fail at once, and those after them are answered', async () => {
  const agreement = new KeyAgreement(undefined, 8);
  const question: KeyingQuestion = { kind: 'dhGenerate', group: 'modp2048' };
  const many = await Promise.all(Array.from({ length: 20 }, () => ask(agreement, question)));
  const kinds = many.map(({ kind }) => kind);
  const expected = [...Array(8).fill('dhGenerate'), ...Array(12).fill('failed')];
  assert.deepEqual(kinds, expected);
  const refused = many.at(-1);
  assert.ok(refused?.kind === 'failed' && /too many/.test(refused.reason));
  assert.equal((await ask(agreement, question)).kind, 'dhGenerate');
  agreement.close();
});
