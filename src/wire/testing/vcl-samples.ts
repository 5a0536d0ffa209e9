import { address } from '#base/address';
import { fromHex } from '#base/bytes';
import type { Call } from '../vcl/call.ts';
import type { Datagram } from '../vcl/datagram.ts';
import type { Incarnation, MemberId } from '../vcl/fields.ts';
import type { Message } from '../vcl/message.ts';
import type { SessionRow } from '../vcl/sessions.ts';

const member = 'a1b2c3d4e5f60718' as MemberId;
const incarnation = '018bcfe568001234' as Incarnation;
const other = '0102030405060708' as MemberId;

const session: SessionRow = {
  index: 7,
  kind: 1,
  state: 2,
  publicPort: 1029,
  localPort: 4500,
  loginAt: 1_003_394_957_000,
  durationMs: 785_000,
  idleMs: 400,
  bytesTx: 280,
  bytesRx: 16_112,
  packetsTx: 3,
  packetsRx: 151,
  assignedAddress: address('10.1.2.1'),
  publicAddress: address('172.18.124.96'),
  username: 'ipsecuser',
  group: 'ipsecgroup',
  groupPolicy: '',
  protocol: 'IPSec/NAT',
  encryption: '3DES-168',
  hash: 'MD5',
  clientType: 'WinNT',
  clientVersion: '3.6.1 (Rel)',
  legacy: ['3DES', 'MD5'],
};
/** A tunnel with another member, as LB-67 lists it. */
const ofMember: SessionRow = {
  ...session,
  index: 2,
  kind: 3,
  localPort: 0,
  idleMs: undefined,
  assignedAddress: undefined,
  publicAddress: address('2001:db8:32::130'),
  username: '2001:db8:32::130',
  group: '',
  protocol: 'VCA/IPSec',
  clientType: '',
  clientVersion: '',
  legacy: [],
};

/** Messages that have every TLV. */
export const messages: readonly Message[] = [
  { type: 10 },
  {
    type: 1,
    hostName: 'n3005',
    model: 'VPN3005',
    role: 2,
    priority: 1,
    term: 0,
    publicAddresses: [address('172.18.124.129'), address('2001:db8:18::129')],
    privateAddresses: [address('10.32.1.129')],
    natAddresses: [address('192.168.30.3')],
    fqdn: 'n3005.example.com',
    digest: '000102030405060708090a0b0c0d0e0f',
    nonce: 'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff',
    timers: { helloMs: 1000, deadCount: 3 },
    softwareVersion: 'headend 0.1.0',
    pools: [
      { first: address('40.1.1.1'), last: address('40.1.1.254') },
      { first: address('2001:db8:40::1'), last: address('2001:db8:40::ff') },
    ],
  },
  {
    type: 3,
    loads: [
      { protocol: 1, active: 30, inactive: 0, max: 1500 },
      { protocol: 2, active: 4, inactive: 9, max: 100 },
    ],
    percent: { percent: 2, algorithm: 1 },
    stateBits: 5,
    joinedMs: 164_263_000,
    knownMaster: { member: other, incarnation, term: 2 ** 40 },
  },
  {
    type: 5,
    peers: [
      { member, incarnation, condition: 1 },
      { member: other, incarnation, condition: 3 },
    ],
    hardwareAddress: '020000000001',
    unknown: [{ type: 0x321, data: fromHex('c0ffee') as Uint8Array }],
  },
  { type: 8, reason: { code: 1, text: 'participate removed' } },
  {
    type: 15,
    nonce: 'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff',
    sessionQuestion: {
      ...{ from: 4, kind: 1, order: 2, descending: true, limit: 50 },
      ...{ group: 'ipsecgroup', text: 'müller', cursor: '7:s:ipsecuser' },
    },
  },
  {
    type: 16,
    nonce: 'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff',
    sessionPart: { part: 0, parts: 9, state: 1, total: 100_000 },
    sessionSummary: {
      ...{ activeLanToLan: 0, activeRemoteAccess: 1, activeManagement: 4, totalActive: 5 },
      ...{ peakConcurrent: 6, concurrentLimit: 100, totalCumulative: 2 ** 32 - 1 },
    },
    sessions: [session, ofMember],
  },
];

const header = {
  suite: 3,
  keyId: 1,
  flags: 1,
  clusterTag: 'a447c75d',
  member,
  incarnation,
  sequence: 2 ** 33 + 5,
};
const body = fromHex('0a000000 0011 0010 000102030405060708090a0b0c0d0e0f') as Uint8Array;

export const datagrams: readonly Datagram[] = [
  { header, body, tag: fromHex('a0a1a2a3a4a5a6a7a8a9aaabacadaeaf') as Uint8Array },
  { header: { ...header, suite: 0, sequence: 1 }, body, tag: new Uint8Array(0) },
];

export const calls: readonly Call[] = [
  {
    clusterTag: 'a447c75d',
    incarnation,
    tag: fromHex('a0a1a2a3a4a5a6a7a8a9aaabacadaeaf') as Uint8Array,
  },
];
