import { addressBytes, addressFromBytes, familyOf, type IpAddress } from '#base/address';
import { assert } from '#base/assert';
import type { Reader, Writer } from '../cursor.ts';
import { reserved, struct, u8, u16, u32 } from '../schema.ts';
import { type Attribute, readAttributes, writeAttributes } from './attribute.ts';
import { limits } from './limits.ts';
import { idTypes, payloadTypes } from './numbers.ts';
import {
  readSecurityAssociation,
  type SecurityAssociation,
  writeSecurityAssociation,
} from './security-association.ts';

/** RFC 2408 section 3.7; `data` is the public value, padded to the length of the prime. */
export type KeyExchange = { readonly type: 'ke'; readonly data: Uint8Array };
/** RFC 2407 section 4.6.2. */
export type Identification = {
  readonly type: 'id';
  readonly idType: number;
  /** IP protocol, 0 for any. */
  readonly protocol: number;
  readonly port: number;
  readonly data: Uint8Array;
};
/** RFC 2408 sections 3.9 and 3.10. */
export type Certificate = {
  readonly type: 'cert';
  readonly encoding: number;
  readonly data: Uint8Array;
};
export type CertificateRequest = {
  readonly type: 'certreq';
  readonly encoding: number;
  readonly data: Uint8Array;
};
/** RFC 2408 sections 3.11, 3.12, 3.13 and 3.16. */
export type Hash = { readonly type: 'hash'; readonly data: Uint8Array };
export type Signature = { readonly type: 'sig'; readonly data: Uint8Array };
export type Nonce = { readonly type: 'nonce'; readonly data: Uint8Array };
export type VendorId = { readonly type: 'vid'; readonly data: Uint8Array };
/** RFC 2408 section 3.14. */
export type Notification = {
  readonly type: 'notify';
  readonly doi: number;
  readonly protocolId: number;
  readonly notifyType: number;
  readonly spi: Uint8Array;
  readonly data: Uint8Array;
};
/** RFC 2408 section 3.15. */
export type Delete = {
  readonly type: 'delete';
  readonly doi: number;
  readonly protocolId: number;
  /** Of each SPI in octets: 16 for ISAKMP (both cookies), 4 for AH and ESP. */
  readonly spiSize: number;
  readonly spis: readonly Uint8Array[];
};
/** Mode Config and XAUTH; draft-dukes-ike-mode-cfg-02 section 3.2. */
export type Attributes = {
  readonly type: 'attributes';
  /** Request, reply, set or ack. */
  readonly attributesType: number;
  readonly identifier: number;
  readonly attributes: readonly Attribute[];
};
/** RFC 3947 section 3.2; `draft` for the number that its drafts used. */
export type NatDetection = {
  readonly type: 'nat-d';
  readonly draft: boolean;
  readonly data: Uint8Array;
};
/** RFC 3947 section 5.2. */
export type NatOriginalAddress = {
  readonly type: 'nat-oa';
  readonly draft: boolean;
  readonly address: IpAddress;
};
/** Cisco IKE fragmentation: a slice of a whole ISAKMP message, header included. */
export type Fragment = {
  readonly type: 'fragment';
  /** The same in all fragments of a message. */
  readonly fragmentId: number;
  /** Counts from 1. */
  readonly number: number;
  readonly last: boolean;
  readonly data: Uint8Array;
};
/** A payload whose number we do not know; `data` is its body. */
export type UnknownPayload = {
  readonly type: 'unknown';
  readonly number: number;
  readonly data: Uint8Array;
};

export type Payload =
  | SecurityAssociation
  | KeyExchange
  | Identification
  | Certificate
  | CertificateRequest
  | Hash
  | Signature
  | Nonce
  | Notification
  | Delete
  | VendorId
  | Attributes
  | NatDetection
  | NatOriginalAddress
  | Fragment
  | UnknownPayload;

const DeleteFields = struct('isakmp.delete', {
  doi: u32,
  protocolId: u8,
  spiSize: u8,
  spiCount: u16,
});
const NatOaFields = struct('isakmp.nat-oa', { idType: u8, reserved: reserved(3) });
const FragmentFields = struct('isakmp.fragment', { fragmentId: u16, number: u8, flags: u8 });

const LAST_FRAGMENT = 1;

/** Reads the body of a payload of type `number`; `reader` covers exactly the body. */
export function readBody(number: number, reader: Reader): Payload {
  switch (number) {
    case payloadTypes.sa:
      return readSecurityAssociation(reader);
    case payloadTypes.ke:
      return { type: 'ke', data: reader.rest() };
    case payloadTypes.id:
      return readIdentification(reader);
    case payloadTypes.cert:
      return { type: 'cert', encoding: reader.u8('encoding'), data: reader.rest() };
    case payloadTypes.certreq:
      return { type: 'certreq', encoding: reader.u8('encoding'), data: reader.rest() };
    case payloadTypes.hash:
      return { type: 'hash', data: reader.rest() };
    case payloadTypes.sig:
      return { type: 'sig', data: reader.rest() };
    case payloadTypes.nonce:
      return { type: 'nonce', data: reader.rest() };
    case payloadTypes.notify:
      return readNotification(reader);
    case payloadTypes.delete:
      return readDelete(reader);
    case payloadTypes.vid:
      return { type: 'vid', data: reader.rest() };
    case payloadTypes.attributes:
      return readConfiguration(reader);
    case payloadTypes.natD:
    case payloadTypes.natDDraft:
      return { type: 'nat-d', draft: number === payloadTypes.natDDraft, data: reader.rest() };
    case payloadTypes.natOa:
    case payloadTypes.natOaDraft:
      return readNatOriginalAddress(reader, number === payloadTypes.natOaDraft);
    case payloadTypes.fragment:
      return readFragment(reader);
    default:
      return { type: 'unknown', number, data: reader.rest() };
  }
}

function readIdentification(reader: Reader): Identification {
  const idType = reader.u8('idType');
  const protocol = reader.u8('protocol');
  const port = reader.u16('port');
  return { type: 'id', idType, protocol, port, data: reader.rest() };
}

function readConfiguration(reader: Reader): Attributes {
  const attributesType = reader.u8('attributesType');
  reader.skip(1, 'reserved');
  const identifier = reader.u16('identifier');
  return { type: 'attributes', attributesType, identifier, attributes: readAttributes(reader) };
}

function readNotification(reader: Reader): Notification {
  const doi = reader.u32('doi');
  const protocolId = reader.u8('protocolId');
  const spiSize = reader.u8('spiSize');
  const notifyType = reader.u16('notifyType');
  const spi = reader.bytes(spiSize, 'spi');
  return { type: 'notify', doi, protocolId, notifyType, spi, data: reader.rest() };
}

function readDelete(reader: Reader): Delete {
  const { doi, protocolId, spiSize, spiCount } = DeleteFields.read(reader);
  if (spiCount > limits.spisPerDelete)
    reader.fail('malformed', 'spiCount', `more than ${limits.spisPerDelete}`, reader.offset - 2);
  const spis: Uint8Array[] = [];
  while (spis.length < spiCount && !reader.failed)
    spis.push(reader.bytes(spiSize, `spi[${spis.length}]`));
  return { type: 'delete', doi, protocolId, spiSize, spis };
}

function readNatOriginalAddress(reader: Reader, draft: boolean): NatOriginalAddress {
  const at = reader.offset;
  const { idType } = NatOaFields.read(reader);
  if (idType !== idTypes.ipv4Addr && idType !== idTypes.ipv6Addr)
    reader.fail('unsupported', 'idType', `${idType} is not an address`, at);
  const octets = reader.bytes(idType === idTypes.ipv6Addr ? 16 : 4, 'address');
  return { type: 'nat-oa', draft, address: addressFromBytes(octets) };
}

function readFragment(reader: Reader): Fragment {
  const { fragmentId, number, flags } = FragmentFields.read(reader);
  const last = (flags & LAST_FRAGMENT) !== 0;
  return { type: 'fragment', fragmentId, number, last, data: reader.rest() };
}

/** The number that stands for a payload in the next-payload octet before it. */
export function payloadNumber(payload: Payload): number {
  switch (payload.type) {
    case 'nat-d':
      return payload.draft ? payloadTypes.natDDraft : payloadTypes.natD;
    case 'nat-oa':
      return payload.draft ? payloadTypes.natOaDraft : payloadTypes.natOa;
    case 'unknown':
      return payload.number;
    default:
      return payloadTypes[payload.type];
  }
}

/** Writes the body of a payload, without its generic header. */
export function writeBody(writer: Writer, payload: Payload): void {
  switch (payload.type) {
    case 'sa':
      writeSecurityAssociation(writer, payload);
      break;
    case 'id':
      writer.u8(payload.idType);
      writer.u8(payload.protocol);
      writer.u16(payload.port);
      writer.bytes(payload.data);
      break;
    case 'cert':
    case 'certreq':
      writer.u8(payload.encoding);
      writer.bytes(payload.data);
      break;
    case 'notify':
      writer.u32(payload.doi);
      writer.u8(payload.protocolId);
      writer.u8(payload.spi.length);
      writer.u16(payload.notifyType);
      writer.bytes(payload.spi);
      writer.bytes(payload.data);
      break;
    case 'delete':
      writeDelete(writer, payload);
      break;
    case 'attributes':
      writer.u8(payload.attributesType);
      writer.zeros(1);
      writer.u16(payload.identifier);
      writeAttributes(writer, payload.attributes);
      break;
    case 'nat-oa':
      writeNatOriginalAddress(writer, payload);
      break;
    case 'fragment':
      FragmentFields.write(writer, { ...payload, flags: payload.last ? LAST_FRAGMENT : 0 });
      writer.bytes(payload.data);
      break;
    default:
      writer.bytes(payload.data);
  }
}

function writeNatOriginalAddress(writer: Writer, { address }: NatOriginalAddress): void {
  const idType = familyOf(address) === 4 ? idTypes.ipv4Addr : idTypes.ipv6Addr;
  NatOaFields.write(writer, { idType });
  writer.bytes(addressBytes(address));
}

function writeDelete(writer: Writer, payload: Delete): void {
  DeleteFields.write(writer, { ...payload, spiCount: payload.spis.length });
  for (const spi of payload.spis) {
    assert(spi.length === payload.spiSize, 'SPIs of one delete payload differ in size');
    writer.bytes(spi);
  }
}
