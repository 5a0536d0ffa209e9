import { addressBytes, familyOf, type IpAddress } from '#base/address';

/** Numbers of rtnetlink(7) and netlink(7), which the kernel reads in the byte order of the machine. */
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const NLM_F_REQUEST = 0x1;
const NLM_F_ACK = 0x4;
const NLM_F_REPLACE = 0x100;
const NLM_F_CREATE = 0x400;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
/** IPv6: in force at once, without asking the neighbours first whether somebody has it. */
const IFA_F_NODAD = 0x2;
const AF_INET = 2;
const AF_INET6 = 10;
const HEADER_OCTETS = 16;
const ADDRESS_OCTETS = 8;
const ATTRIBUTE_OCTETS = 4;

/** Where the kernel's answer has its error: 0, or the negative number of one. */
const ERROR_AT = HEADER_OCTETS;

/** The message that gives an interface an address of its own, or takes it away; the kernel acknowledges it. */
export function addressMessage(
  verb: 'replace' | 'delete',
  address: IpAddress,
  interfaceIndex: number,
): Uint8Array {
  const octets = addressBytes(address);
  const attribute = ATTRIBUTE_OCTETS + octets.length;
  const bytes = new Uint8Array(HEADER_OCTETS + ADDRESS_OCTETS + 2 * attribute);
  const view = new DataView(bytes.buffer);
  const isIpv4 = familyOf(address) === 4;
  const replaces = verb === 'replace';
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, replaces ? RTM_NEWADDR : RTM_DELADDR, true);
  const how = NLM_F_REQUEST | NLM_F_ACK | (replaces ? NLM_F_CREATE | NLM_F_REPLACE : 0);
  view.setUint16(6, how, true);
  view.setUint8(HEADER_OCTETS, isIpv4 ? AF_INET : AF_INET6);
  view.setUint8(HEADER_OCTETS + 1, octets.length * 8);
  view.setUint8(HEADER_OCTETS + 2, replaces && !isIpv4 ? IFA_F_NODAD : 0);
  view.setUint32(HEADER_OCTETS + 4, interfaceIndex, true);
  for (const [i, type] of [IFA_LOCAL, IFA_ADDRESS].entries()) {
    const at = HEADER_OCTETS + ADDRESS_OCTETS + i * attribute;
    view.setUint16(at, attribute, true);
    view.setUint16(at + 2, type, true);
    bytes.set(octets, at + ATTRIBUTE_OCTETS);
  }
  return bytes;
}

/** The number of the error that an answer of the kernel reports; 0 for none. */
export const errorOf = (answer: Uint8Array): number =>
  answer.length < ERROR_AT + 4
    ? 0
    : 0 - new DataView(answer.buffer, answer.byteOffset).getInt32(ERROR_AT, true);
