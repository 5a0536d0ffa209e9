import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { hostPrefix } from '#base/prefix';
import { type EventRecord, eventText } from '#events/event';
import {
  constructingBlankHash,
  constructingQuickModeHash,
  generatingQuickModeKey,
  isakmpHeader,
  loadingAllSas,
  loadingHost,
  loadingSubnet,
  messageReceived,
  messageSent,
  natTraversalNegotiated,
  notifyDecode,
  phaseTwoCompleted,
  processingHash,
  processingNotify,
  securityNegotiationComplete,
} from '#protocol/isakmp/events';
import {
  keyAddAddresses,
  keyAddEntered,
  keyAddFiltered,
  keyAddOutbound,
  keyAddReceived,
  keyMessageParsed,
  keyMessageToAssociation,
  keyUpdateEntered,
  keyUpdateReceived,
  keyUpdateSucceeded,
  noUserFilter,
  processingKeyAdd,
  processingKeyUpdate,
  updateInboundAddresses,
} from '#protocol/isakmp/install-events';
import { bothCookies } from '#protocol/isakmp/seal';
import { doi, notifyTypes, protocolIds } from '#wire/isakmp/numbers';
import type { Payload } from '#wire/isakmp/payload';
import { BareClient } from './testing/bare-client.ts';
import { everything } from './testing/end.ts';
import {
  clientPolicy,
  gatewayAddress,
  gatewayWithGroup,
  groupPolicy,
  isakmpPolicy,
  patAddress,
} from './testing/policies.ts';
import { World } from './testing/world.ts';

/**
 * The log of a VPN 3000 concentrator, line by line: what it printed for a Quick Mode and for the
 * messages that keep a client alive (NAT-62 to NAT-66). Case and spacing are not compared (G-54).
 */

/** `SEV CLASS/NUMBER peer [group] [user] text`, as the concentrator prints it, in lower case. */
function line(record: EventRecord): string {
  const { definition, subject } = record;
  const who = subject.group === undefined ? '' : `group [${subject.group}] user [${subject.user}] `;
  const text = eventText(record).replaceAll(/\s+/g, ' ');
  const head = `${definition.severity} ${definition.class}/${definition.number}`;
  return `${head} ${subject.peer ?? '-'} ${who}${text}`.toLowerCase();
}

const suites = ['3des-cbc-hmac-md5-96'] as const;
const group = { ...groupPolicy, ipsec: { ...groupPolicy.ipsec, suites } };
/** With MD5 the lengths of messages are those of the concentrator's log. */
const isakmp = [{ ...isakmpPolicy, encryption: '3des', hash: 'md5' }] as const;

function world(): World {
  return new World({
    gatewayPolicy: gatewayWithGroup(group, { isakmp }),
    clientPolicy: clientPolicy({ isakmp }),
    client: { tunnelEverything: false },
  });
}

const spaced = (octets: Uint8Array): string =>
  [...octets].map((o) => o.toString(16).padStart(2, '0')).join(' ');

/** What the concentrator prints when message 3 of a Quick Mode arrives. */
function expectedLines(
  selector: readonly string[],
  pair: { readonly inbound: number; readonly outbound: number },
  header: readonly string[],
  messageId: string,
): string[] {
  const peer = patAddress;
  const who = `${peer} group [ciscovpn] user [vpnclient2]`;
  const full = (n: number) => n.toString(16).padStart(8, '0');
  const parse = (type: number, length: number, state: number, n: number) =>
    `9 ipsecdbg/6 - ipsec key message parse - msgtype ${type}, len ${length}, vers 1, pid 00000000, seq 0, ` +
    `err 0, type 2, mode 1, state ${state}, label 0, pad 0, spi ${full(n)}, encrkeylen 24, hashkeylen 16, ` +
    'ivlen 8, alg 2, hmacalg 3, lifetype 0, lifetime1 21, lifetime2 0, dsid 0';
  const [loading, addresses] = selector;
  return [
    ...header,
    `8 ikedbg/0 ${peer} received message (msgid=${messageId}) with payloads : hdr + hash (8) + none (0) total length : 48`,
    `9 ikedbg/0 ${who} processing hash`,
    `9 ikedbg/0 ${who} loading all ipsec sas`,
    `9 ikedbg/1 ${who} generating quick mode key!`,
    `9 ikedbg/1 ${who} generating quick mode key!`,
    `4 ike/173 ${who} nat-traversal successfully negotiated! ipsec traffic will be encapsulated to pass through nat devices.`,
    `7 ikedbg/0 ${who} ${loading}`,
    `4 ike/49 ${who} security negotiation complete for user (vpnclient2) responder, inbound spi = 0x${full(pair.inbound)}, outbound spi = 0x${full(pair.outbound)}`,
    parse(1, 704, 320, pair.outbound),
    '9 ipsecdbg/1 - processing key_add msg!',
    '9 ipsecdbg/1 - key_msghdr2secassoc(): enter',
    '7 ipsecdbg/1 - no user filter configured',
    '9 ipsecdbg/1 - keyprocessadd: enter',
    '8 ipsecdbg/1 - keyprocessadd: adding outbound sa',
    `8 ipsecdbg/1 - keyprocessadd: ${addresses}`,
    '8 ipsecdbg/1 - keyprocessadd: filteripsecaddikesa success',
    parse(3, 376, 32, pair.inbound),
    '9 ipsecdbg/1 - processing key_update msg!',
    '9 ipsecdbg/1 - update inbound sa addresses',
    '9 ipsecdbg/1 - key_msghdr2secassoc(): enter',
    '7 ipsecdbg/1 - no user filter configured',
    '9 ipsecdbg/1 - keyprocessupdate: enter',
    '8 ipsecdbg/1 - keyprocessupdate: success',
    `8 ikedbg/7 - ike got a key_add msg for sa: spi = 0x${full(pair.outbound)}`,
    `8 ikedbg/0 - pitcher: rcv key_update, spi 0x${full(pair.inbound)}`,
    `4 ike/120 ${who} phase 2 completed (msgid=${messageId})`,
  ];
}

test('NAT-62 NAT-63 NAT-64 NAT-65 NAT-66: both Quick Modes of a client are logged line by line', () => {
  const w = world();
  const { gateway } = w;
  const client = w.addClient('10.10.10.3', 'vpnclient2');
  w.connect(client, { peer: group });
  w.settle();
  const local = hostPrefix(address('40.1.0.1'));
  const cases = [
    [
      hostPrefix(gatewayAddress),
      'loading host: dst: 172.16.172.50 src: 40.1.0.1',
      'src 172.16.172.50 mask 0.0.0.0, dst 40.1.0.1 mask 0.0.0.0',
    ],
    [
      everything,
      'loading subnet: dst: 0.0.0.0 mask: 0.0.0.0 src: 40.1.0.1',
      'src 0.0.0.0 mask 255.255.255.255, dst 40.1.0.1 mask 0.0.0.0',
    ],
  ] as const;
  for (const [remote, ...selector] of cases) {
    const sa = client.onlySa();
    client.take(client.manager.createChild(sa, { local, remote }, w.now), w.now);
    w.pass(client, 'quickMode');
    // The phase-1 lifetime goes with the first one only if it was overridden; here it was not.
    w.pass(gateway, 'quickMode');
    gateway.events.length = 0;
    const quick3 = w.pass(client, 'quickMode');
    const [pair] = gateway.noticed('childCreated').slice(-1);
    assert.ok(pair);
    const cookies = [quick3.bytes.subarray(0, 8), quick3.bytes.subarray(8, 16)].map(spaced);
    const messageId = pair && phaseTwoId(gateway.events);
    const header =
      `8 ikedecode/0 ${patAddress} isakmp header : ( version 1.0 ) initiator cookie(8): ${cookies[0]} ` +
      `responder cookie(8): ${cookies[1]} next payload :hash (8) exchange type :oakley quick mode ` +
      `flags :1 (encrypt ) message id : ${messageId} length : 52`;
    assert.deepEqual(
      gateway.events.map(line),
      expectedLines(
        selector,
        { inbound: pair.child.inboundSpi, outbound: pair.child.outboundSpi },
        [header],
        messageId,
      ),
    );
  }
});

const phaseTwoId = (events: readonly EventRecord[]): string =>
  String(events.find((e) => e.definition === phaseTwoCompleted)?.args.messageId);

test('NAT-64: without a NAT the line about NAT traversal is absent', () => {
  const w = new World({ pat: false });
  w.login();
  assert.equal(w.gateway.logged(natTraversalNegotiated).length, 0);
  assert.equal(w.gateway.logged(securityNegotiationComplete).length, 1);
});

test('NAT-62 NAT-63: a question of a client and the answer are logged line by line', () => {
  const w = new World({
    gatewayPolicy: gatewayWithGroup(group, { isakmp }),
    clientPolicy: clientPolicy({ isakmp }),
  });
  const { gateway } = w;
  const client = new BareClient(gateway, w.now, { policy: clientPolicy({ isakmp }) });
  client.login(w.now);
  const cookies = bothCookies(client.state.cookies);
  const peer = patAddress;
  const who = `${peer} group [ciscovpn] user [vpnclient1]`;
  const header = (messageId: string, length: number) =>
    `8 ikedecode/0 ${peer} isakmp header : ( version 1.0 ) initiator cookie(8): ${spaced(cookies.subarray(0, 8))} ` +
    `responder cookie(8): ${spaced(cookies.subarray(8))} next payload :hash (8) exchange type :oakley informational ` +
    `flags :1 (encrypt ) message id : ${messageId} length : ${length}`;
  const decode = (message: string, length: number) =>
    `8 ikedecode/0 ${peer} notify payload decode : doi :ipsec (1) protocol :isakmp (1) message :${message} ` +
    `spi :${spaced(cookies)} length :${length}`;
  const received = (messageId: string, length: number) =>
    `8 ikedbg/0 ${peer} received message (msgid=${messageId}) with payloads : ` +
    `hdr + hash (8) + notify (11) + none (0) total length : ${length}`;
  const notify = (notifyType: number, data: Uint8Array): Payload => ({
    type: 'notify',
    doi: doi.ipsec,
    protocolId: protocolIds.isakmp,
    notifyType,
    spi: cookies,
    data,
  });
  gateway.events.length = 0;
  const keepalive = notify(notifyTypes.altigaKeepalive, new Uint8Array(0));
  client.send(client.craft('informational', [keepalive], 0xd4a0_ec25), w.now);
  assert.deepEqual(gateway.events.map(line), [
    header('d4a0ec25', 76),
    received('d4a0ec25', 76),
    `9 ikedbg/0 ${who} processing hash`,
    `9 ikedbg/0 ${who} processing notify payload`,
    decode('altiga keep-alive (40500)', 28),
    `9 ikedbg/41 ${who} received keep-alive of type altiga keep-alive, not the negotiated type`,
  ]);
  gateway.events.length = 0;
  const question = notify(notifyTypes.rUThere, new Uint8Array([0x2d, 0x93, 0x25, 0x52]));
  // A message id with a leading zero is printed without it.
  client.send(client.craft('informational', [question], 0x0196_c721), w.now);
  const sent = gateway.events.find((e) => e.definition === messageSent);
  assert.deepEqual(gateway.events.map(line), [
    header('196c721', 84),
    received('196c721', 80),
    `9 ikedbg/0 ${who} processing hash`,
    `9 ikedbg/0 ${who} processing notify payload`,
    decode('dpd r-u-there (36136)', 32),
    `9 ikedbg/36 ${who} sending keep-alive of type dpd r-u-there-ack (seq number 0x2d932552)`,
    `9 ikedbg/0 ${who} constructing blank hash`,
    `9 ikedbg/0 ${who} constructing qm hash`,
    `8 ikedbg/0 ${peer} sending message (msgid=${sent?.args.messageId}) with payloads : ` +
      'hdr + hash (8) + notify (11) total length : 80',
  ]);
});

test('nothing is spelled out that nobody reads', () => {
  const w = new World({ gateway: { wants: () => false } });
  w.login();
  w.passTime(120_000);
  assert.deepEqual(w.gateway.events, []);
});

test('every line of the two walks above is in the catalogue with a meaning and a remedy', () => {
  for (const definition of [
    isakmpHeader,
    notifyDecode,
    messageReceived,
    messageSent,
    processingHash,
    processingNotify,
    constructingBlankHash,
    constructingQuickModeHash,
    loadingAllSas,
    generatingQuickModeKey,
    loadingHost,
    loadingSubnet,
    keyMessageParsed,
    processingKeyAdd,
    keyMessageToAssociation,
    noUserFilter,
    keyAddEntered,
    keyAddOutbound,
    keyAddAddresses,
    keyAddFiltered,
    processingKeyUpdate,
    updateInboundAddresses,
    keyUpdateEntered,
    keyUpdateSucceeded,
    keyAddReceived,
    keyUpdateReceived,
  ]) {
    assert.ok(definition.why.length > 10);
    assert.ok(definition.remedy.length > 4);
  }
});
