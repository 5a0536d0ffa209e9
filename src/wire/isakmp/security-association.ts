import type { Reader, Writer } from '../cursor.ts';
import { type Attribute, readAttributes, writeAttributes } from './attribute.ts';
import { limits } from './limits.ts';
import { doi, payloadTypes, SITUATION_IDENTITY_ONLY } from './numbers.ts';

/** One way to do what a proposal proposes; RFC 2408 section 3.6. */
export type Transform = {
  readonly number: number;
  readonly transformId: number;
  readonly attributes: readonly Attribute[];
};

/** A protocol with alternatives. Proposals of equal number belong together; RFC 2408 section 3.5. */
export type Proposal = {
  readonly number: number;
  readonly protocolId: number;
  /** Empty in phase 1 of most peers; eight octets of cookie and four of SPI are also seen. */
  readonly spi: Uint8Array;
  readonly transforms: readonly Transform[];
};

/** RFC 2408 section 3.4, RFC 2407 section 4.6.1. */
export type SecurityAssociation = {
  readonly type: 'sa';
  readonly doi: number;
  readonly situation: number;
  readonly proposals: readonly Proposal[];
};

/** Of a proposal without its SPI, and of a transform without its attributes. */
const PROPOSAL_HEADER_LENGTH = 8;
const TRANSFORM_HEADER_LENGTH = 8;

/** Offset of the length in a generic payload header. */
const LENGTH_OFFSET = 2;

export function readSecurityAssociation(reader: Reader): SecurityAssociation {
  const doiOffset = reader.offset;
  const domain = reader.u32('doi');
  if (domain !== doi.ipsec) reader.fail('unsupported', 'doi', `${domain}`, doiOffset);
  const situationOffset = reader.offset;
  const situation = reader.u32('situation');
  if (situation !== SITUATION_IDENTITY_ONLY)
    reader.fail('unsupported', 'situation', `${situation}`, situationOffset);
  const proposals: Proposal[] = [];
  const budget = { transforms: limits.transformsPerSa };
  let more = true;
  while (more && !reader.failed) {
    if (proposals.length === limits.proposalsPerSa) {
      reader.fail('malformed', 'proposals', `more than ${limits.proposalsPerSa}`);
      break;
    }
    const part = openSubstructure(reader, `proposal[${proposals.length}]`, PROPOSAL_HEADER_LENGTH);
    const { proposal, last } = readProposal(part, budget);
    reader.adopt(part);
    proposals.push(proposal);
    more = !last;
  }
  return { type: 'sa', doi: domain, situation, proposals };
}

/** A reader of the proposal or transform that starts here, as long as its own length says. */
function openSubstructure(reader: Reader, name: string, headerSize: number): Reader {
  const path = `${reader.path}.${name}`;
  const length = peekLength(reader);
  if (length === undefined) return reader.part(reader.remaining, path);
  const at = reader.offset + LENGTH_OFFSET;
  if (length < headerSize)
    reader.fail('malformed', `${name}.length`, `${length} is less than its header`, at);
  if (length > reader.remaining)
    reader.fail('malformed', `${name}.length`, `need ${length}, have ${reader.remaining}`, at);
  return reader.part(length, path);
}

function peekLength(reader: Reader): number | undefined {
  const at = reader.offset + LENGTH_OFFSET;
  if (at + 2 > reader.end) return undefined;
  return ((reader.octets[at] as number) << 8) | (reader.octets[at + 1] as number);
}

function readProposal(
  reader: Reader,
  budget: { transforms: number },
): { proposal: Proposal; last: boolean } {
  const at = reader.offset;
  const nextPayload = reader.u8('nextPayload');
  reader.zeros(1, 'reserved');
  reader.skip(2, 'length');
  const number = reader.u8('number');
  const protocolId = reader.u8('protocolId');
  const spiSize = reader.u8('spiSize');
  const transformCount = reader.u8('transformCount');
  const last = isLast(reader, nextPayload, payloadTypes.proposal, at);
  const spi = reader.bytes(spiSize, 'spi');
  const transforms: Transform[] = [];
  budget.transforms -= transformCount;
  if (budget.transforms < 0)
    reader.fail(
      'malformed',
      'transformCount',
      `more than ${limits.transformsPerSa} in all`,
      at + 7,
    );
  while (transforms.length < transformCount && !reader.failed) {
    const name = `transform[${transforms.length}]`;
    const part = openSubstructure(reader, name, TRANSFORM_HEADER_LENGTH);
    const { transform, last: lastTransform } = readTransform(part);
    reader.adopt(part);
    transforms.push(transform);
    if (lastTransform !== (transforms.length === transformCount))
      reader.fail('malformed', 'transformCount', 'disagrees with the transforms', at + 7);
  }
  reader.expectEnd();
  return { proposal: { number, protocolId, spi, transforms }, last };
}

function readTransform(reader: Reader): { transform: Transform; last: boolean } {
  const at = reader.offset;
  const nextPayload = reader.u8('nextPayload');
  reader.zeros(1, 'reserved');
  reader.skip(2, 'length');
  const number = reader.u8('number');
  const transformId = reader.u8('transformId');
  reader.zeros(2, 'reserved2');
  const last = isLast(reader, nextPayload, payloadTypes.transform, at);
  return { transform: { number, transformId, attributes: readAttributes(reader) }, last };
}

/** Whether a chain ends here: its next payload must be its own kind or none. */
function isLast(reader: Reader, nextPayload: number, own: number, at: number): boolean {
  if (nextPayload !== own && nextPayload !== payloadTypes.none)
    reader.fail('malformed', 'nextPayload', `${nextPayload} inside an SA`, at);
  return nextPayload !== own;
}

export function writeSecurityAssociation(writer: Writer, sa: SecurityAssociation): void {
  writer.u32(sa.doi);
  writer.u32(sa.situation);
  sa.proposals.forEach((proposal, index) => {
    const at = writer.length;
    const last = index === sa.proposals.length - 1;
    writer.u8(last ? payloadTypes.none : payloadTypes.proposal);
    writer.zeros(1);
    writer.u16(0);
    writer.u8(proposal.number);
    writer.u8(proposal.protocolId);
    writer.u8(proposal.spi.length);
    writer.u8(proposal.transforms.length);
    writer.bytes(proposal.spi);
    writeTransforms(writer, proposal.transforms);
    writer.setU16(at + LENGTH_OFFSET, writer.length - at);
  });
}

function writeTransforms(writer: Writer, transforms: readonly Transform[]): void {
  transforms.forEach((transform, index) => {
    const at = writer.length;
    const last = index === transforms.length - 1;
    writer.u8(last ? payloadTypes.none : payloadTypes.transform);
    writer.zeros(1);
    writer.u16(0);
    writer.u8(transform.number);
    writer.u8(transform.transformId);
    writer.zeros(2);
    writeAttributes(writer, transform.attributes);
    writer.setU16(at + LENGTH_OFFSET, writer.length - at);
  });
}
