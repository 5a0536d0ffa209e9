import { address } from '#base/address';
import { fromHex, toUtf8 } from '#base/bytes';
import type { Attribute } from '../isakmp/attribute.ts';
import type { HeaderChoice } from '../isakmp/message.ts';
import {
  authenticationMethods,
  configurationAttributes,
  configurationTypes,
  encapsulationModes,
  encryptionAlgorithms,
  espTransforms,
  exchangeTypes,
  hashAlgorithms,
  idTypes,
  lifeTypes,
  notifyTypes,
  phaseOneAttributes,
  phaseTwoAttributes,
  protocolIds,
  xauthAttributes,
} from '../isakmp/numbers.ts';
import type { Payload } from '../isakmp/payload.ts';
import { vendorId } from '../isakmp/vendor-ids.ts';

/** Messages of every kind that we speak, as values. */

const counting = (count: number, from = 0): Uint8Array =>
  Uint8Array.from({ length: count }, (_, i) => (from + i) & 0xff);

const cookies = counting(16, 0x40);

export const header: HeaderChoice = {
  initiatorCookie: cookies.slice(0, 8),
  responderCookie: cookies.slice(8),
  exchangeType: exchangeTypes.aggressive,
  flags: 0,
  messageId: 0,
};

const lifetime: readonly Attribute[] = [
  { type: phaseOneAttributes.lifeType, value: lifeTypes.seconds },
  { type: phaseOneAttributes.lifeDuration, value: Uint8Array.of(0, 0, 0x70, 0x80) },
];

const transform = (number: number, keyLength: number, hash: number) => ({
  number,
  transformId: 1,
  attributes: [
    { type: phaseOneAttributes.encryptionAlgorithm, value: encryptionAlgorithms.aesCbc },
    { type: phaseOneAttributes.keyLength, value: keyLength },
    { type: phaseOneAttributes.hashAlgorithm, value: hash },
    { type: phaseOneAttributes.groupDescription, value: 14 },
    {
      type: phaseOneAttributes.authenticationMethod,
      value: authenticationMethods.xauthInitPreShared,
    },
    ...lifetime,
  ],
});

export const phaseOneSa: Payload = {
  type: 'sa',
  doi: 1,
  situation: 1,
  proposals: [
    {
      number: 1,
      protocolId: protocolIds.isakmp,
      spi: new Uint8Array(0),
      transforms: [
        transform(0, 256, hashAlgorithms.sha2256),
        transform(1, 128, hashAlgorithms.sha),
      ],
    },
  ],
};

/** Two proposals of one number: AH and ESP together, then ESP alone. */
export const phaseTwoSa: Payload = {
  type: 'sa',
  doi: 1,
  situation: 1,
  proposals: [
    { number: 1, protocolId: protocolIds.ah, spi: counting(4, 0xa0), transforms: [] },
    {
      number: 1,
      protocolId: protocolIds.esp,
      spi: counting(4, 0xb0),
      transforms: [
        {
          number: 1,
          transformId: espTransforms.aesGcm16,
          attributes: [
            { type: phaseTwoAttributes.keyLength, value: 256 },
            { type: phaseTwoAttributes.encapsulationMode, value: encapsulationModes.udpTunnel },
          ],
        },
      ],
    },
    {
      number: 2,
      protocolId: protocolIds.esp,
      spi: counting(4, 0xb0),
      transforms: [{ number: 1, transformId: espTransforms.tripleDes, attributes: [] }],
    },
  ],
};

const ke: Payload = { type: 'ke', data: counting(256) };
const nonce: Payload = { type: 'nonce', data: counting(20) };
const hash: Payload = { type: 'hash', data: counting(20, 0x80) };
const keyId: Payload = {
  type: 'id',
  idType: idTypes.keyId,
  protocol: 17,
  port: 500,
  data: toUtf8('engineering'),
};
const subnet: Payload = {
  type: 'id',
  idType: idTypes.ipv4AddrSubnet,
  protocol: 0,
  port: 0,
  data: new Uint8Array(8),
};

const vendorIds: readonly Payload[] = (
  ['xauth', 'unity', 'dpd', 'natTraversal', 'fragmentation', 'altigaGateway'] as const
).map((name) => ({ type: 'vid', data: vendorId(name) }));

const rUThere: Payload = {
  type: 'notify',
  doi: 1,
  protocolId: protocolIds.isakmp,
  notifyType: notifyTypes.rUThere,
  spi: cookies,
  data: Uint8Array.of(0, 0, 0, 7),
};

const xauthReply: Payload = {
  type: 'attributes',
  attributesType: configurationTypes.reply,
  identifier: 20,
  attributes: [
    { type: xauthAttributes.xauthType, value: 0 },
    { type: xauthAttributes.xauthUserName, value: toUtf8('alice') },
    { type: xauthAttributes.xauthUserPassword, value: toUtf8('wonderland') },
  ],
};

const configurationRequest: Payload = {
  type: 'attributes',
  attributesType: configurationTypes.request,
  identifier: 1,
  attributes: Object.values(configurationAttributes).map((type) => ({
    type,
    value: new Uint8Array(0),
  })),
};

const deletes: Payload = {
  type: 'delete',
  doi: 1,
  protocolId: protocolIds.esp,
  spiSize: 4,
  spis: [counting(4, 0xa0), counting(4, 0xb0)],
};

/** The payloads of one message each; together they have every type of payload. */
export const bodies: readonly (readonly Payload[])[] = [
  [],
  [phaseOneSa, ke, nonce, keyId, ...vendorIds],
  [
    phaseOneSa,
    ke,
    nonce,
    keyId,
    hash,
    { type: 'nat-d', draft: false, data: counting(20, 1) },
    { type: 'nat-d', draft: false, data: counting(20, 2) },
  ],
  [hash, phaseTwoSa, nonce, ke, subnet, subnet],
  [
    hash,
    phaseTwoSa,
    nonce,
    subnet,
    { type: 'nat-oa', draft: false, address: address('10.10.10.2') },
    { type: 'nat-oa', draft: true, address: address('2001:db8::2') },
  ],
  [hash, rUThere],
  [hash, deletes],
  [hash, xauthReply],
  [hash, configurationRequest],
  [
    { type: 'cert', encoding: 4, data: counting(40) },
    { type: 'certreq', encoding: 4, data: new Uint8Array(0) },
    { type: 'sig', data: counting(64) },
    { type: 'nat-d', draft: true, data: counting(16, 3) },
    { type: 'unknown', number: 77, data: fromHex('beef') as Uint8Array },
  ],
  [{ type: 'fragment', fragmentId: 1, number: 2, last: true, data: counting(90) }],
];
