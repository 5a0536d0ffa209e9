import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex } from '#base/bytes';
import type { DhGroupName } from '#crypto/dh-groups';
import { decodePayloads } from '#wire/isakmp/message';
import {
  authenticationMethods,
  doi,
  payloadTypes,
  phaseOneAttributes,
  phaseTwoAttributes,
} from '#wire/isakmp/numbers';
import type { SecurityAssociation } from '#wire/isakmp/security-association';
import vectors from '../../../vectors/isakmp-redirect-run.json' with { type: 'json' };
import {
  duration,
  phaseOneAnswer,
  phaseOneChosen,
  phaseOneOffer,
  selectPhaseOne,
} from './phase-one-proposals.ts';
import { phaseTwoAnswer, phaseTwoOffer, selectPhaseTwo } from './phase-two-proposals.ts';
import type { IpsecPolicy, IsakmpPolicy } from './policy.ts';

const policy = (changes: Partial<IsakmpPolicy> = {}): IsakmpPolicy => ({
  priority: 10,
  encryption: 'aes-cbc-128',
  hash: 'sha1',
  authentication: 'pre-share',
  group: 'modp1024',
  lifetimeSeconds: 86_400,
  ...changes,
});

/** What vpnc offers: 24 transforms of group 2, with XAUTH and then without. */
function vpncOffer(): SecurityAssociation {
  const [gateway] = vectors.gateways;
  const body = fromHex(gateway?.phaseOne.saiBody as string) as Uint8Array;
  const octets = new Uint8Array(body.length + 4);
  octets.set(body, 4);
  new DataView(octets.buffer).setUint16(2, octets.length);
  const decoded = decodePayloads(payloadTypes.sa, octets);
  const sa = decoded.ok ? decoded.value.payloads[0] : undefined;
  assert.ok(sa?.type === 'sa');
  return sa;
}

test('the policy of highest priority decides, not the order of the offer', () => {
  const offer = vpncOffer();
  const choose = (...policies: IsakmpPolicy[]) => {
    const chosen = selectPhaseOne(policies, offer, 128, true);
    assert.ok(chosen.ok, JSON.stringify(chosen));
    return chosen.value;
  };
  const first = choose(policy({ priority: 1, hash: 'md5' }), policy({ priority: 2 }));
  assert.equal(first.policy.priority, 1);
  assert.equal(first.transform.number, 5);
  const second = choose(policy({ priority: 1, hash: 'sha2-256' }), policy({ priority: 2 }));
  assert.equal(second.policy.priority, 2);
  assert.equal(second.transform.number, 4);
  assert.equal(second.offeredSeconds, 2_147_483);
  assert.equal(second.lifetimeSeconds, 86_400);
});

test('a transform with XAUTH is preferred for a group that wants it, and only there', () => {
  const offer = vpncOffer();
  for (const wanted of [true, false]) {
    const chosen = selectPhaseOne([policy()], offer, 128, wanted);
    assert.ok(chosen.ok);
    assert.equal(chosen.value.extendedAuthentication, wanted);
    const method = chosen.value.transform.attributes.find(
      (a) => a.type === phaseOneAttributes.authenticationMethod,
    );
    const { preSharedKey, xauthInitPreShared } = authenticationMethods;
    assert.equal(method?.value, wanted ? xauthInitPreShared : preSharedKey);
  }
});

test('the answer is one proposal with one transform, exactly as offered', () => {
  const offer = vpncOffer();
  const chosen = selectPhaseOne([policy()], offer, 128, true);
  assert.ok(chosen.ok);
  const answer = phaseOneAnswer(chosen.value);
  assert.deepEqual(answer.proposals, [
    {
      number: 0,
      protocolId: 1,
      spi: new Uint8Array(0),
      transforms: [offer.proposals[0]?.transforms[4]],
    },
  ]);
});

test('refusals name what is offered, what is wanted, and the lines that would help', () => {
  const offer = vpncOffer();
  const refused = (policies: IsakmpPolicy[], keOctets = 128) => {
    const chosen = selectPhaseOne(policies, offer, keOctets, true);
    assert.ok(!chosen.ok);
    return chosen.error;
  };
  assert.match(
    refused([policy({ group: 'modp2048' })]),
    /offers AES256\/SHA1\/group 2 and 23 more; policy 10 wants AES128\/SHA1\/group 14: add `group 2` and `legacy-crypto permit dh-group 2`$/,
  );
  // The nearest of several policies is the one to change.
  assert.match(
    refused([
      policy({ priority: 1, hash: 'sha2-512', group: 'ecp256' }),
      policy({ priority: 2, hash: 'sha2-256' }),
    ]),
    /policy 2 wants AES128\/SHA256\/group 2: add `hash sha` and `legacy-crypto permit hash sha`$/,
  );
  assert.match(
    refused([]),
    /no policy is in force: add `crypto ikev1 policy 10`, or allow aggressive mode/,
  );
  assert.match(refused([policy()], 256), /KE payload of 256 octets is not of that group/);
  const signatures: SecurityAssociation = {
    ...offer,
    proposals: offer.proposals.map((p) => ({
      ...p,
      transforms: p.transforms.map((t) => ({
        ...t,
        attributes: t.attributes.map((a) =>
          a.type === phaseOneAttributes.authenticationMethod ? { ...a, value: 3 } : a,
        ),
      })),
    })),
  };
  const bySignature = selectPhaseOne([policy()], signatures, 128, true);
  assert.ok(!bySignature.ok);
  assert.match(bySignature.error, /authentication RSA-SIGNATURE instead of a pre-shared key/);
  const empty = selectPhaseOne([policy()], { ...offer, proposals: [] }, 128, true);
  assert.ok(!empty.ok);
  assert.match(empty.error, /offers none for ISAKMP/);
});

test('an initiator offers the policies of one group, and recognizes the one that was chosen', () => {
  const policies = [
    policy({ group: 'modp2048' }),
    policy({ group: 'modp2048', encryption: '3des', priority: 20 }),
    policy({ group: 'x25519', priority: 30 }),
  ];
  const offer = phaseOneOffer(policies, true, 'aggressive');
  assert.equal(offer.proposals[0]?.transforms.length, 2);
  const selected = selectPhaseOne(policies.slice(1), offer, 256, true);
  assert.ok(selected.ok);
  const chosen = phaseOneChosen(policies, phaseOneAnswer(selected.value), 256, 'aggressive');
  assert.ok(chosen.ok);
  assert.equal(chosen.value.policy.priority, 20);
  assert.equal(chosen.value.extendedAuthentication, true);
  // An answer that was never offered, or several at once, is refused.
  const foreign = phaseOneOffer([policy({ group: 'modp2048', hash: 'md5' })], true, 'aggressive');
  assert.equal(phaseOneChosen(policies, foreign, 256, 'aggressive').ok, false);
  assert.equal(phaseOneChosen(policies, offer, 256, 'aggressive').ok, false);
  assert.equal(
    phaseOneChosen(policies, phaseOneAnswer(selected.value), 128, 'aggressive').ok,
    false,
  );
});

test('in main mode every policy is offered, whatever its group, and XAUTH is not', () => {
  const policies = [
    policy({ group: 'modp2048' }),
    policy({ group: 'x25519', priority: 30, hash: 'sha2-256' }),
  ];
  const offer = phaseOneOffer(policies, false, 'main');
  assert.equal(offer.proposals[0]?.transforms.length, 2);
  const selected = selectPhaseOne(policies.slice(1), offer, undefined, false);
  assert.ok(selected.ok);
  assert.equal(selected.value.extendedAuthentication, false);
  const answer = phaseOneAnswer(selected.value);
  const chosen = phaseOneChosen(policies, answer, undefined, 'main');
  assert.ok(chosen.ok);
  assert.equal(chosen.value.policy.group, 'x25519');
  // In aggressive mode the group was settled before anybody answered.
  assert.equal(phaseOneChosen(policies, answer, undefined, 'aggressive').ok, false);
});

const ipsec: IpsecPolicy = {
  suites: ['aes-gcm-16-128', 'aes-cbc-128-hmac-sha1-96'],
  mode: 'tunnel',
  lifetimeSeconds: 28_800,
  lifetimeKilobytes: 4_608_000,
  replayWindow: 64,
};
const terms = {
  ipsec,
  natTraversal: undefined,
  keOctets: undefined,
  allowedGroups: new Set<DhGroupName>(),
};

const offerOf = (changes: Partial<Parameters<typeof phaseTwoOffer>[0]> = {}): SecurityAssociation =>
  phaseTwoOffer({
    suites: ['aes-cbc-128-hmac-sha1-96', 'aes-gcm-16-128'],
    mode: 'tunnel',
    encapsulation: 'none',
    natTraversal: undefined,
    group: undefined,
    lifetimeSeconds: 3600,
    spi: 0x1001,
    ...changes,
  });

test('phase 2: our order of suites decides, and the answer is the offered transform with our SPI', () => {
  const offer = offerOf();
  const chosen = selectPhaseTwo(offer, terms);
  assert.ok(chosen.ok);
  assert.equal(chosen.value.suite.name, 'aes-gcm-16-128');
  assert.equal(chosen.value.peerSpi, 0x1001);
  assert.equal(chosen.value.lifetimeSeconds, 3600);
  const answer = phaseTwoAnswer(chosen.value, 0x2002);
  assert.deepEqual(answer.proposals[0]?.transforms, [offer.proposals[0]?.transforms[1]]);
  assert.deepEqual([...(answer.proposals[0]?.spi ?? [])], [0, 0, 0x20, 2]);
});

test('phase 2: bundles, reserved SPIs, extended sequence numbers and other modes are refused', () => {
  const refused = (sa: SecurityAssociation, reason: RegExp) => {
    const chosen = selectPhaseTwo(sa, terms);
    assert.ok(!chosen.ok);
    assert.match(chosen.error, reason);
  };
  const offer = offerOf();
  const [proposal] = offer.proposals;
  assert.ok(proposal);
  // AH and ESP under one number belong together.
  const ah = { ...proposal, protocolId: 2 };
  refused({ ...offer, proposals: [ah, proposal] }, /no ESP alone/);
  refused(offerOf({ spi: 255 }), /no acceptable/);
  refused(offerOf({ mode: 'transport' }), /encapsulation mode 2/);
  const esn = {
    ...proposal,
    transforms: proposal.transforms.map((t) => ({
      ...t,
      attributes: [...t.attributes, { type: phaseTwoAttributes.extendedSequenceNumber, value: 1 }],
    })),
  };
  refused({ ...offer, proposals: [esn] }, /extended sequence numbers/);
  assert.equal(offer.doi, doi.ipsec);
});

test('phase 2: lifetimes in kilobytes follow their type, in either form', () => {
  const offer = offerOf();
  const [proposal] = offer.proposals;
  assert.ok(proposal);
  const withKilobytes = {
    ...proposal,
    transforms: proposal.transforms.map((t) => ({
      ...t,
      attributes: [
        ...t.attributes,
        { type: phaseTwoAttributes.saLifeType, value: 2 },
        { type: phaseTwoAttributes.saLifeDuration, value: duration(1000) },
      ],
    })),
  };
  const chosen = selectPhaseTwo({ ...offer, proposals: [withKilobytes] }, terms);
  assert.ok(chosen.ok);
  assert.equal(chosen.value.lifetimeKilobytes, 1000);
  assert.equal(chosen.value.offeredSeconds, 3600);
});
