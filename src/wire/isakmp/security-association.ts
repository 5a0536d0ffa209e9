import type { Reader, Writer } from '../cursor.ts';
import { struct, u8, u16, zeros } from '../schema.ts';
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

const ProposalHeader = struct('isakmp.proposal', {
  nextPayload: u8,
  reserved: zeros(1),
  length: u16,
  number: u8,
  protocolId: u8,
  spiSize: u8,
  transformCount: u8,
});

const TransformHeader = struct('isakmp.transform', {
  nextPayload: u8,
  reserved: zeros(1),
  length: u16,
  number: u8,
  transformId: u8,
  reserved2: zeros(2),
});

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
    const part = openSubstructure(reader, `proposal[${proposals.length}]`, ProposalHeader.size);
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
  const header = ProposalHeader.read(reader);
  const last = isLast(reader, header.nextPayload, payloadTypes.proposal, at);
  const spi = reader.bytes(header.spiSize, 'spi');
  const transforms: Transform[] = [];
  budget.transforms -= header.transformCount;
  if (budget.transforms < 0)
    reader.fail(
      'malformed',
      'transformCount',
      `more than ${limits.transformsPerSa} in all`,
      at + 7,
    );
  while (transforms.length < header.transformCount && !reader.failed) {
    const part = openSubstructure(reader, `transform[${transforms.length}]`, TransformHeader.size);
    const { transform, last: lastTransform } = readTransform(part);
    reader.adopt(part);
    transforms.push(transform);
    if (lastTransform !== (transforms.length === header.transformCount))
      reader.fail('malformed', 'transformCount', 'disagrees with the transforms', at + 7);
  }
  reader.expectEnd();
  const { number, protocolId } = header;
  return { proposal: { number, protocolId, spi, transforms }, last };
}

function readTransform(reader: Reader): { transform: Transform; last: boolean } {
  const at = reader.offset;
  const { nextPayload, number, transformId } = TransformHeader.read(reader);
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
    ProposalHeader.write(writer, {
      nextPayload: last ? payloadTypes.none : payloadTypes.proposal,
      length: 0,
      number: proposal.number,
      protocolId: proposal.protocolId,
      spiSize: proposal.spi.length,
      transformCount: proposal.transforms.length,
    });
    writer.bytes(proposal.spi);
    writeTransforms(writer, proposal.transforms);
    writer.setU16(at + LENGTH_OFFSET, writer.length - at);
  });
}

function writeTransforms(writer: Writer, transforms: readonly Transform[]): void {
  transforms.forEach((transform, index) => {
    const at = writer.length;
    const last = index === transforms.length - 1;
    TransformHeader.write(writer, {
      nextPayload: last ? payloadTypes.none : payloadTypes.transform,
      length: 0,
      number: transform.number,
      transformId: transform.transformId,
    });
    writeAttributes(writer, transform.attributes);
    writer.setU16(at + LENGTH_OFFSET, writer.length - at);
  });
}
