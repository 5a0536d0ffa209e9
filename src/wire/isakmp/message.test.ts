import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { AssertionFailure } from '#base/assert';
import { concat, fromHex, toHex } from '#base/bytes';
import { describeFault, type Fault, type Result } from '#base/result';
import { isakmpBody, isakmpMessage } from '../testing/codecs.ts';
import { bodies, header, phaseOneSa, phaseTwoSa } from '../testing/isakmp-samples.ts';
import { type NumberField, verdicts } from '../testing/laws.ts';
import { attributeNumber, findAttribute } from './attribute.ts';
import { limits } from './limits.ts';
import { decodeMessage, decodePayloads, encodeMessage, encodePayloads } from './message.ts';
import { authenticationMethods, headerFlags, payloadTypes, phaseOneAttributes } from './numbers.ts';
import type { Payload } from './payload.ts';
import { knownVendorId } from './vendor-ids.ts';

type Vector = { readonly name: string; readonly octets: string };

const { messages, otherVersion } = JSON.parse(
  readFileSync(new URL('../../../vectors/isakmp-first-messages.json', import.meta.url), 'utf8'),
) as { readonly messages: readonly Vector[]; readonly otherVersion: Vector };

const octets = (hex: string): Uint8Array => fromHex(hex) as Uint8Array;

const verdict = (result: Result<unknown, Fault>): string =>
  result.ok ? 'ok' : describeFault(result.error);

/** What each payload of a message is, vendor IDs by name. */
const outline = (payloads: readonly Payload[]): string =>
  payloads
    .map((p) => (p.type === 'vid' ? (knownVendorId(p.data)?.name ?? 'unknown vid') : p.type))
    .join(' ');

test('the first messages of clients that nobody here wrote, read and written back', () => {
  const outlines = messages.map(({ name, octets: hex }) => {
    const decoded = decodeMessage(octets(hex));
    assert.ok(decoded.ok, `${name}: ${verdict(decoded)}`);
    const { header: read, payloads } = decoded.value;
    assert.equal(toHex(encodeMessage(read, payloads)), hex, name);
    return `${name}: ${outline(payloads)}`;
  });
  const natTraversal =
    'natTraversal natTraversalDraft03 natTraversalDraft02n natTraversalDraft02 ' +
    'natTraversalDraft01 natTraversalDraft00';
  const charon = 'xauth dpd fragmentation natTraversal natTraversalDraft02n';
  assert.deepEqual(outlines, [
    'ike-scan-main: sa',
    'ike-scan-aggressive: sa ke nonce id',
    'ike-scan-cisco-xauth-aggressive: sa ke nonce id xauth unity',
    `vpnc-am1-natt: sa ke nonce id xauth unity ${natTraversal} dpd`,
    'vpnc-am1-cisco-udp: sa ke nonce id xauth unity dpd',
    `vpnc-am1-dh14-nodpd: sa ke nonce id xauth unity ${natTraversal}`,
    `charon-ikev1-main-hybrid: sa ${charon}`,
    `charon-ikev1-aggressive-hybrid: sa ke nonce id ${charon}`,
  ]);
});

test('what vpnc offers: 24 transforms from number 0, life durations in both forms of attribute', () => {
  const vpnc = decodeMessage(octets(messages[3]?.octets as string));
  const charon = decodeMessage(octets(messages[6]?.octets as string));
  assert.ok(vpnc.ok && charon.ok);
  const [sa] = vpnc.value.payloads;
  assert.ok(sa?.type === 'sa');
  const transforms = sa.proposals[0]?.transforms ?? [];
  assert.deepEqual(
    transforms.map((t) => t.number),
    [...new Array(24).keys()],
  );
  const attributes = transforms[0]?.attributes ?? [];
  const number = (type: number, of = attributes) => {
    const attribute = findAttribute(of, type);
    return attribute && attributeNumber(attribute);
  };
  assert.equal(number(phaseOneAttributes.keyLength), 256);
  assert.equal(
    number(phaseOneAttributes.authenticationMethod),
    authenticationMethods.xauthInitPreShared,
  );
  assert.equal(number(phaseOneAttributes.lifeDuration), 2147483);
  assert.equal(number(phaseOneAttributes.prf), undefined);
  const [other] = charon.value.payloads;
  assert.ok(other?.type === 'sa');
  const basic = other.proposals[0]?.transforms[0]?.attributes ?? [];
  assert.equal(number(phaseOneAttributes.lifeDuration, basic), 36600);
});

test('an attribute of no octets or more than six is no number', () => {
  for (const length of [0, 7])
    assert.equal(attributeNumber({ type: 1, value: new Uint8Array(length) }), undefined);
  assert.equal(attributeNumber({ type: 1, value: Uint8Array.of(1, 0, 0, 0, 0, 0) }), 2 ** 40);
});

test('IKEv2 is unsupported, not damaged', () => {
  assert.equal(
    verdict(decodeMessage(octets(otherVersion.octets))),
    'isakmp.header.version@17: unsupported: version 2.0',
  );
});

test('an encrypted message is not read as a clear one', () => {
  const whole = isakmpMessage.encode({ header, payloads: bodies[1] as Payload[] });
  assert.deepEqual(verdicts(isakmpMessage, whole, { at: 19, octets: 1 }, [0, 1, 4, 5]), {
    0: 'ok',
    1: 'isakmp.header.flags@19: unsupported: the message is encrypted',
    4: 'ok',
    5: 'isakmp.header.flags@19: unsupported: the message is encrypted',
  });
  const flags = headerFlags.encryption;
  assert.throws(() => encodeMessage({ ...header, flags }, []), AssertionFailure);
});

test('the length of the header is that of the datagram', () => {
  const whole = isakmpMessage.encode({
    header,
    payloads: [{ type: 'hash', data: octets('aabb') }],
  });
  const values = [0, 1, 27, 28, 33, 34, 35, 0xffffffff];
  assert.deepEqual(verdicts(isakmpMessage, whole, { at: 24, octets: 4 }, values), {
    0: 'isakmp.header.length@24: malformed: 0 is less than the header',
    1: 'isakmp.header.length@24: malformed: 1 is less than the header',
    27: 'isakmp.header.length@24: malformed: 27 is less than the header',
    28: 'isakmp.header.length@24: malformed: 6 octets follow the message',
    33: 'isakmp.header.length@24: malformed: 1 octets follow the message',
    34: 'ok',
    35: 'isakmp.header.length@24: truncated: need 35, have 34',
    4294967295: 'isakmp.header.length@24: truncated: need 4294967295, have 34',
  });
});

test('the length of a payload', () => {
  const body = isakmpBody.encode([{ type: 'nonce', data: octets('aabbccdd') }]);
  assert.deepEqual(verdicts(isakmpBody, body, { at: 3, octets: 2 }, [0, 1, 3, 4, 8, 9, 0xffff]), {
    0: 'isakmp.nonce.length@3: malformed: 0 is less than the generic header',
    1: 'isakmp.nonce.length@3: malformed: 1 is less than the generic header',
    3: 'isakmp.nonce.length@3: malformed: 3 is less than the generic header',
    4: 'ok',
    8: 'ok',
    9: 'isakmp.nonce.length@3: truncated: need 9, have 8',
    65535: 'isakmp.nonce.length@3: truncated: need 65535, have 8',
  });
});

test('lengths and counts inside an SA', () => {
  const body = isakmpBody.encode([phaseTwoSa]);
  const found = (field: NumberField, values: readonly number[]) =>
    verdicts(isakmpBody, body, field, values);
  // First octet, generic header, DOI and situation; the second proposal follows 12 octets later.
  const proposal = 13 + 12;
  const transform = proposal + 12;
  assert.deepEqual(found({ at: proposal + 2, octets: 2 }, [0, 1, 7, 28, 29, 0xffff]), {
    0: 'isakmp.sa.proposal[1].length@27: malformed: 0 is less than its header',
    1: 'isakmp.sa.proposal[1].length@27: malformed: 1 is less than its header',
    7: 'isakmp.sa.proposal[1].length@27: malformed: 7 is less than its header',
    28: 'ok',
    29: 'isakmp.sa.proposal[1].end@53: malformed: 1 octets follow the last field',
    65535: 'isakmp.sa.proposal[1].length@27: malformed: need 65535, have 48',
  });
  assert.deepEqual(found({ at: proposal + 6, octets: 1 }, [0, 4, 255]), {
    0: 'isakmp.sa.proposal[1].transform[0].length@35: malformed: need 45747, have 20',
    4: 'ok',
    255: 'isakmp.sa.proposal[1].spi@33: malformed: need 255, have 20',
  });
  assert.deepEqual(found({ at: proposal + 7, octets: 1 }, [0, 1, 2, 255]), {
    0: 'isakmp.sa.proposal[1].end@37: malformed: 16 octets follow the last field',
    1: 'ok',
    2: 'isakmp.sa.proposal[1].transformCount@32: malformed: disagrees with the transforms',
    255: 'isakmp.sa.proposal[1].transformCount@32: malformed: disagrees with the transforms',
  });
  assert.deepEqual(found({ at: transform + 2, octets: 2 }, [0, 1, 8, 15, 16, 17, 0xffff]), {
    0: 'isakmp.sa.proposal[1].transform[0].length@39: malformed: 0 is less than its header',
    1: 'isakmp.sa.proposal[1].transform[0].length@39: malformed: 1 is less than its header',
    8: 'isakmp.sa.proposal[1].end@45: malformed: 8 octets follow the last field',
    15: 'isakmp.sa.proposal[1].transform[0].attribute[1].value@51: malformed: need 2, have 1',
    16: 'ok',
    17: 'isakmp.sa.proposal[1].transform[0].length@39: malformed: need 17, have 16',
    65535: 'isakmp.sa.proposal[1].transform[0].length@39: malformed: need 65535, have 16',
  });
});

test('the length of an attribute', () => {
  const request: Payload = {
    type: 'attributes',
    attributesType: 1,
    identifier: 20,
    attributes: [
      { type: 1, value: octets('0a630005') },
      { type: 2, value: octets('') },
    ],
  };
  const found = verdicts(
    isakmpBody,
    isakmpBody.encode([request]),
    { at: 11, octets: 2 },
    [0, 1, 4, 8, 9, 0xffff],
  );
  assert.deepEqual(found, {
    // What followed as a value is then read as attributes, and those do not fit.
    0: 'isakmp.attributes.attribute[1].value@17: malformed: need 5, have 4',
    1: 'isakmp.attributes.attribute[1].value@18: malformed: need 1280, have 3',
    4: 'ok',
    8: 'ok',
    9: 'isakmp.attributes.attribute[0].value@13: malformed: need 9, have 8',
    65535: 'isakmp.attributes.attribute[0].value@13: malformed: need 65535, have 8',
  });
});

test('sizes and counts of SPIs in notify and delete', () => {
  const notify = isakmpBody.encode([
    {
      type: 'notify',
      doi: 1,
      protocolId: 1,
      notifyType: 36136,
      spi: new Uint8Array(16),
      data: octets('00000001'),
    },
  ]);
  assert.deepEqual(verdicts(isakmpBody, notify, { at: 10, octets: 1 }, [0, 1, 16, 20, 21, 255]), {
    0: 'ok',
    1: 'ok',
    16: 'ok',
    20: 'ok',
    21: 'isakmp.notify.spi@13: malformed: need 21, have 20',
    255: 'isakmp.notify.spi@13: malformed: need 255, have 20',
  });
  const spis = [octets('00001000'), octets('00002000')];
  const gone = isakmpBody.encode([{ type: 'delete', doi: 1, protocolId: 3, spiSize: 4, spis }]);
  assert.deepEqual(verdicts(isakmpBody, gone, { at: 10, octets: 1 }, [0, 1, 4, 5, 255]), {
    0: 'isakmp.delete.end@13: malformed: 8 octets follow the last field',
    1: 'isakmp.delete.end@15: malformed: 6 octets follow the last field',
    4: 'ok',
    5: 'isakmp.delete.spi[1]@18: malformed: need 5, have 3',
    255: 'isakmp.delete.spi[0]@13: malformed: need 255, have 8',
  });
  assert.deepEqual(verdicts(isakmpBody, gone, { at: 11, octets: 2 }, [0, 1, 2, 3, 0xffff]), {
    0: 'isakmp.delete.end@13: malformed: 8 octets follow the last field',
    1: 'isakmp.delete.end@17: malformed: 4 octets follow the last field',
    2: 'ok',
    3: 'isakmp.delete.spi[2]@21: malformed: need 4, have 0',
    65535: 'isakmp.delete.spiCount@11: malformed: more than 256',
  });
});

test('reserved octets of headers must be zero, as RFC 2408 section 5.3 asks', () => {
  const body = isakmpBody.encode([phaseTwoSa]);
  const found = (at: number) => verdicts(isakmpBody, body, { at, octets: 1 }, [1])[1];
  assert.equal(found(2), 'isakmp.sa.reserved@2: malformed: must be zero');
  assert.equal(found(14), 'isakmp.sa.proposal[0].reserved@14: malformed: must be zero');
  assert.equal(
    found(37 + 6),
    'isakmp.sa.proposal[1].transform[0].reserved2@43: malformed: must be zero',
  );
});

test('inside an SA only its own substructures follow each other', () => {
  const body = isakmpBody.encode([phaseTwoSa]);
  assert.deepEqual(verdicts(isakmpBody, body, { at: 13, octets: 1 }, [0, 2, 10]), {
    0: 'isakmp.sa.end@25: malformed: 48 octets follow the last field',
    2: 'ok',
    10: 'isakmp.sa.proposal[0].nextPayload@13: malformed: 10 inside an SA',
  });
  assert.deepEqual(verdicts(isakmpBody, body, { at: 37, octets: 1 }, [0, 2, 3]), {
    0: 'ok',
    2: 'isakmp.sa.proposal[1].transform[0].nextPayload@37: malformed: 2 inside an SA',
    3: 'isakmp.sa.proposal[1].transformCount@32: malformed: disagrees with the transforms',
  });
});

test('a DOI, a situation or an address that we do not speak is unsupported', () => {
  const body = isakmpBody.encode([phaseOneSa]);
  assert.equal(
    verdicts(isakmpBody, body, { at: 5, octets: 4 }, [2])[2],
    'isakmp.sa.doi@5: unsupported: 2',
  );
  assert.equal(
    verdicts(isakmpBody, body, { at: 9, octets: 4 }, [3])[3],
    'isakmp.sa.situation@9: unsupported: 3',
  );
  assert.equal(
    verdict(decodePayloads(payloadTypes.natOa, octets('0000000c 04000000 0a000001'))),
    'isakmp.nat-oa.idType@4: unsupported: 4 is not an address',
  );
  assert.equal(
    verdict(decodePayloads(payloadTypes.natOa, octets('0000000c 05000000 0a000001'))),
    'isakmp.nat-oa.address@8: malformed: need 16, have 4',
  );
});

test('an SA without a proposal is malformed', () => {
  assert.equal(
    verdict(decodePayloads(payloadTypes.sa, octets('0000000c 00000001 00000001'))),
    'isakmp.sa.proposal[0].nextPayload@12: malformed: need 1, have 0',
  );
});

test('padding may follow an encrypted body, nothing may follow a clear one', () => {
  const payloads: readonly Payload[] = [{ type: 'hash', data: octets('aabb') }];
  const chain = encodePayloads(payloads);
  const padded = decodePayloads(payloadTypes.hash, concat(chain, new Uint8Array(10)));
  assert.ok(padded.ok);
  assert.equal(padded.value.end, chain.length);
  const clear = concat(encodeMessage(header, payloads), new Uint8Array(4));
  clear[27] = clear.length;
  assert.equal(
    verdict(decodeMessage(clear)),
    'isakmp.end@34: malformed: 4 octets follow the last payload',
  );
});

test('each payload carries its place and its octets as received', () => {
  const payloads = bodies[2] as readonly Payload[];
  const chain = encodePayloads(payloads);
  const decoded = decodePayloads(payloadTypes.sa, concat(octets('ffffff'), chain), 3);
  assert.ok(decoded.ok);
  assert.deepEqual(concat(...decoded.value.payloads.map((p) => p.raw)), chain);
  for (const { offset, raw } of decoded.value.payloads)
    assert.deepEqual(raw, chain.subarray(offset - 3, offset - 3 + raw.length));
});

test('what a stranger can make grow is limited', () => {
  const nonce: Payload = { type: 'nonce', data: new Uint8Array(0) };
  const transforms = (count: number) =>
    Array.from({ length: count }, () => ({ number: 1, transformId: 1, attributes: [] }));
  const sa = (proposals: number, each: number): Payload => ({
    type: 'sa',
    doi: 1,
    situation: 1,
    proposals: Array.from({ length: proposals }, (_, number) => ({
      number,
      protocolId: 1,
      spi: new Uint8Array(0),
      transforms: transforms(each),
    })),
  });
  const attributes = (count: number): Payload => ({
    type: 'attributes',
    attributesType: 1,
    identifier: 0,
    attributes: Array.from({ length: count }, () => ({ type: 3, value: 0 })),
  });
  const spis = (count: number): Payload => ({
    type: 'delete',
    doi: 1,
    protocolId: 3,
    spiSize: 4,
    spis: Array.from({ length: count }, () => new Uint8Array(4)),
  });
  const cases: readonly (readonly [Payload[], Payload[], RegExp])[] = [
    [
      new Array(limits.payloads).fill(nonce),
      new Array(limits.payloads + 1).fill(nonce),
      /isakmp\.payloads@\d+: malformed: more than 64/,
    ],
    [
      [sa(limits.proposalsPerSa, 1)],
      [sa(limits.proposalsPerSa + 1, 1)],
      /isakmp\.sa\.proposals@\d+: malformed: more than 64/,
    ],
    [
      [sa(4, limits.transformsPerSa / 4)],
      [sa(3, limits.transformsPerSa / 3 + 1)],
      /transformCount@\d+: malformed: more than 512 in all/,
    ],
    [
      [attributes(limits.attributesPerList)],
      [attributes(limits.attributesPerList + 1)],
      /isakmp\.attributes\.attributes@\d+: malformed: more than 128/,
    ],
    [
      [spis(limits.spisPerDelete)],
      [spis(limits.spisPerDelete + 1)],
      /isakmp\.delete\.spiCount@\d+: malformed: more than 256/,
    ],
  ];
  for (const [most, tooMany, complaint] of cases) {
    assert.equal(verdict(isakmpBody.decode(isakmpBody.encode(most))), 'ok');
    assert.match(verdict(isakmpBody.decode(isakmpBody.encode(tooMany))), complaint);
  }
});

test('an unknown payload is kept as it is', () => {
  const decoded = decodePayloads(77, octets('4e000006beef 00000004'));
  assert.ok(decoded.ok);
  assert.partialDeepStrictEqual(decoded.value.payloads, [
    { type: 'unknown', number: 77, data: octets('beef') },
    { type: 'unknown', number: 78, data: octets('') },
  ]);
  assert.equal(toHex(encodePayloads(decoded.value.payloads)), '4e000006beef00000004');
});
