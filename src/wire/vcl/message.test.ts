import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { address } from '#base/address';
import { concat, fromHex, toHex, toUtf8 } from '#base/bytes';
import { describeFault } from '#base/result';
import { Datagram } from './datagram.ts';
import { fitting } from './fields.ts';
import { Message } from './message.ts';
import {
  conditions,
  limits,
  messageTypes,
  pageStates,
  roles,
  sessionKinds,
  sessionOrders,
  sessionStates,
} from './numbers.ts';

const vectors = JSON.parse(
  readFileSync(new URL('../../../vectors/vcl.json', import.meta.url), 'utf8'),
);
const octets = (hex: string): Uint8Array => fromHex(hex) as Uint8Array;

const read = (bytes: Uint8Array): Message => {
  const decoded = Message.decode(bytes);
  assert.ok(decoded.ok, decoded.ok ? '' : describeFault(decoded.error));
  return decoded.value;
};

const refusal = (bytes: Uint8Array): string => {
  const decoded = Message.decode(bytes);
  return decoded.ok ? 'ok' : describeFault(decoded.error);
};

const master = { member: '0102030405060708', incarnation: '018bcfe540f00001' };

test('a keepalive request, field by field, and back to the same octets', () => {
  const datagram = Datagram.decode(octets(vectors.keepaliveRequest.datagram));
  assert.ok(datagram.ok);
  const { header, body } = datagram.value;
  assert.deepEqual(header, {
    suite: 3,
    keyId: 0,
    flags: 1,
    clusterTag: vectors.clusterTag,
    member: 'a1b2c3d4e5f60718',
    incarnation: '018bcfe568001234',
    sequence: 44,
  });
  const message = read(body);
  assert.deepEqual(message, {
    type: messageTypes.keepaliveRequest,
    role: roles.backup,
    priority: 7,
    term: 4,
    publicAddresses: [address('172.18.124.130')],
    privateAddresses: [address('10.32.1.130')],
    loads: [{ protocol: 1, active: 30, inactive: 0, max: 1500 }],
    percent: { percent: 2, algorithm: 0 },
    knownMaster: { ...master, term: 4 },
  });
  assert.equal(toHex(Message.encode(message)), toHex(body));
  assert.equal(toHex(Datagram.encode(datagram.value)), vectors.keepaliveRequest.datagram);
});

test('an announcement and a leave, both ways', () => {
  const announce = read(octets(vectors.announce.message));
  assert.deepEqual(announce, {
    type: messageTypes.announce,
    role: roles.master,
    priority: 7,
    term: 4,
    publicAddresses: [address('172.18.124.131')],
    peers: [
      {
        member: 'a1b2c3d4e5f60718',
        incarnation: '018bcfe568001234',
        condition: conditions.alive,
      },
    ],
  });
  assert.equal(toHex(Message.encode(announce)), vectors.announce.message);
  const leave = read(octets(vectors.leave.message));
  assert.deepEqual(leave, {
    type: messageTypes.leave,
    reason: { code: 1, text: 'participate removed' },
  });
  assert.equal(toHex(Message.encode(leave)), vectors.leave.message);
});

test('a question for a page of sessions and its answer, field by field and back', () => {
  const nonce = 'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff';
  const question = read(octets(vectors.sessionsRequest.message));
  assert.deepEqual(question, {
    type: messageTypes.sessionsRequest,
    nonce,
    sessionQuestion: {
      from: 0,
      kind: sessionKinds.remoteAccess,
      order: sessionOrders.username,
      descending: false,
      limit: 50,
      group: 'ipsecgroup',
      text: '',
      cursor: '7:s:ipsecuser',
    },
  });
  assert.equal(toHex(Message.encode(question)), vectors.sessionsRequest.message);
  const page = read(octets(vectors.sessions.message));
  const { sessions, sessionSummary, ...rest } = page;
  assert.deepEqual(rest, {
    type: messageTypes.sessions,
    nonce,
    sessionPart: { part: 0, parts: 1, state: pageStates.last, total: 1 },
  });
  assert.deepEqual(Object.values(sessionSummary ?? {}), [0, 1, 4, 5, 5, 100, 6]);
  assert.deepEqual(sessions, [
    {
      index: 9,
      kind: sessionKinds.remoteAccess,
      state: sessionStates.active,
      publicPort: 1029,
      localPort: 10_000,
      loginAt: Date.UTC(2001, 9, 18, 8, 49, 17),
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
    },
  ]);
  assert.equal(toHex(Message.encode(page)), vectors.sessions.message);
});

test('what a page of sessions may not hold is named', () => {
  const [head, row] = vectors.sessions.message.split(/(?=001a)/) as [string, string];
  const changed = (at: number, octet: string): string => {
    const from = 2 * (4 + at);
    return head + row.slice(0, from) + octet + row.slice(from + 2);
  };
  const where = (hex: string) => refusal(octets(hex)).replace(/@\d+/, '');
  assert.equal(refusal(octets(head + row.repeat(2))), 'ok');
  assert.match(refusal(octets(head + row.repeat(25))), /sessions@\d+: malformed: more than 24/);
  assert.match(where(changed(58, '02')), /sessions.idle: malformed: 2 is neither 0 nor 1/);
  assert.match(where(changed(67, '05')), /sessions.assignedAddress: unsupported: 5 is none of/);
  assert.match(where(changed(row.length / 2 - 4 - 10, '09')), /sessions.legacy: malformed: more/);
  assert.match(refusal(octets(changed(77, 'ff'))), /sessions.username@\d+: malformed: need 255/);
});

test('LB-15: a TLV of another version is kept, unless it says that it must be understood', () => {
  const hello = '01000000 0003 0001 02';
  const unknown = octets(`${hello} 0777 0002 beef`);
  assert.deepEqual(read(unknown), {
    type: 1,
    role: 2,
    unknown: [{ type: 0x777, data: octets('beef') }],
  });
  assert.equal(toHex(Message.encode(read(unknown))), toHex(unknown));
  assert.equal(
    refusal(octets(`${hello} 8777 0002 beef`)),
    'vcl.message.type@9: unsupported: TLV 1911 must be understood and is not',
  );
  assert.equal(refusal(octets('01000000 8003 0001 02')), 'ok');
});

test('what a message may not hold is named', () => {
  const cases: Readonly<Record<string, string>> = {
    '01000001': 'vcl.message.reserved@1: malformed: must be zero',
    '01000000 0003 0002 0203': 'vcl.role.end@9: malformed: 1 octets follow the last field',
    '01000000 0003 0001 02 0003 0001 03': 'vcl.message.role@9: malformed: stands there twice',
    '01000000 0005 0004 00000001': 'vcl.term.value@12: malformed: need 4, have 0',
    '01000000 0005 0008 0020000000000000': 'vcl.term.value@8: unsupported: more than 53 bits',
    '01000000 0006 0005 05 0a000001':
      'vcl.publicAddresses.family@9: unsupported: 5 is neither 4 nor 6',
    '01000000 0006 0006 04 0a00000100':
      'vcl.publicAddresses.end@13: malformed: 1 octets follow the last field',
    '01000000 000f 0010 01020304050607080102030405060708':
      'vcl.peers.condition@24: malformed: need 1, have 0',
    '01000000 0001 0002 c328': 'vcl.hostName.text@10: malformed: not UTF-8',
    '01000000 0001 0009 41': 'vcl.message.length@8: truncated: need 9, have 1',
  };
  for (const [hex, expected] of Object.entries(cases)) assert.equal(refusal(octets(hex)), expected);
});

test('lists and names end where they must', () => {
  const head = octets('01000000');
  const repeated = (hex: string, times: number) =>
    concat(head, ...Array.from({ length: times }, () => octets(hex)));
  const pool = '0016 0009 04 0a000001 0a0000ff';
  assert.equal(refusal(repeated(pool, limits.pools)), 'ok');
  assert.match(refusal(repeated(pool, limits.pools + 1)), /pools.*more than 8/);
  assert.equal(refusal(repeated('0777 0000', limits.unknown)), 'ok');
  assert.match(refusal(repeated('0777 0000', limits.unknown + 1)), /unknown.*more than 16/);
  const peer = '01020304050607080102030405060708 01';
  const list = (count: number) =>
    concat(
      head,
      octets('000f'),
      Uint8Array.of((count * 17) >> 8, (count * 17) & 255),
      ...Array.from({ length: count }, () => octets(peer)),
    );
  assert.equal(refusal(list(limits.peers)), 'ok');
  assert.match(refusal(list(limits.peers + 1)), /peers.*more than 32/);
  const name = (octetCount: number) =>
    concat(head, octets('0001'), Uint8Array.of(0, octetCount), new Uint8Array(octetCount).fill(65));
  assert.equal(refusal(name(limits.nameOctets)), 'ok');
  assert.match(refusal(name(limits.nameOctets + 1)), /hostName.text.*longer than 63/);
});

test('a name is cut between characters', () => {
  assert.equal(fitting('concentrator', 63), 'concentrator');
  assert.equal(toUtf8(fitting('ä'.repeat(40), 63)).length, 62);
  assert.equal(fitting('\ud83d\ude00'.repeat(3), 9), '\ud83d\ude00'.repeat(2));
  assert.equal(fitting('\ud83d', 63), '\ufffd');
  assert.equal(fitting('a\ud83d\ude00', 1), 'a');
  assert.equal(fitting('\ud83d'.repeat(5), 7), '\ufffd\ufffd');
  for (const octets of [0, 1, 2, 63, 64, 65])
    assert.equal(fitting('ä'.repeat(1_000_000), octets), 'ä'.repeat(octets >> 1));
});
