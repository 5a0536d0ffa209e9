import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, ipv4ToNumber } from '#base/address';
import { after, type Instant } from '#base/instant';
import { Prng } from '#base/prng';
import { writeUint16 } from '#dataplane/octets';
import { type EventRecord, eventText } from '#events/event';
import { ArpPacket, arpOperations } from '#wire/arp';
import { etherTypes } from '#wire/ethernet';
import { IcmpMessage } from '#wire/icmp';
import { ipProtocols } from '#wire/protocol-numbers';
import {
  addressConflict,
  espNotTranslated,
  nextHopSilent,
  noTranslationRule,
  translationBuilt,
  translationEnded,
  translationRefused,
} from './events.ts';
import type { Frame, RouterEffect } from './frame.ts';
import { finishHeaderChecksum } from './packet.ts';
import { PatRouter } from './router.ts';
import { arpView, patCountersView, renderArp, renderXlate, xlateView } from './show.ts';
import { type ShownPatBox, translationCommands } from './show-commands.ts';
import {
  at,
  echo,
  endsOf,
  frame,
  headerOf,
  hosts,
  icmp,
  ipv4,
  isSound,
  packetOf,
  seedLinks,
  seedPlan,
  start,
  stations,
  tcp,
  udp,
} from './testing.ts';
import { TranslationTable } from './translation-table.ts';

const everyone = new Uint8Array(6).fill(0xff);
const nobody = new Uint8Array(6);

const sent = (effects: readonly RouterEffect[]): Frame[] =>
  effects.flatMap((e) => (e.kind === 'transmit' ? [e.frame] : []));

/** The frames that are no questions or answers of ARP. */
const passedOn = (effects: readonly RouterEffect[]): Frame[] =>
  sent(effects).filter((f) => f.bytes[13] === (etherTypes.ipv4 & 0xff));

const eventsOf = (effects: readonly RouterEffect[]): EventRecord[] =>
  effects.flatMap((e) => (e.kind === 'event' ? [e.event] : []));

const one = <T>(items: readonly T[]): T => {
  assert.equal(items.length, 1);
  return items[0] as T;
};

const arp = (
  name: 'inside' | 'outside',
  operation: number,
  sender: readonly [string, Uint8Array],
  target: string,
  to = everyone,
): Frame =>
  frame(
    name,
    to,
    sender[1],
    ArpPacket.encode({
      operation,
      senderAddress: address(sender[0]),
      senderHardware: sender[1],
      targetAddress: address(target),
      targetHardware: nobody,
    }),
    etherTypes.arp,
  );

/** A box that knows its gateway and both clients. */
function readyBox(router = new PatRouter(seedPlan(), seedLinks), now = start): PatRouter {
  for (const [name, a, station, target] of [
    ['outside', hosts.gateway, stations.gateway, hosts.outside],
    ['inside', hosts.client1, stations.client1, hosts.inside],
    ['inside', hosts.client2, stations.client2, hosts.inside],
  ] as const)
    router.receive(arp(name, arpOperations.request, [a, station], target), now);
  return router;
}

const fromClient1 = (packet: Uint8Array): Frame =>
  frame('inside', stations.boxInside, stations.client1, packet);
const fromClient2 = (packet: Uint8Array): Frame =>
  frame('inside', stations.boxInside, stations.client2, packet);
const fromGateway = (packet: Uint8Array): Frame =>
  frame('outside', stations.boxOutside, stations.gateway, packet);

const natT = (client: typeof hosts.client1) => udp(at(client, 4500), at(hosts.headEnd, 4500));

test('NAT-31 NAT-32: the run of the seed, and show xlate as it prints it', () => {
  const box = readyBox();
  let now = start;
  const pass = (f: Frame) => one(passedOn(box.receive(f, now)));
  // Three IKE endpoints of other hosts come and go before the clients of the example.
  for (const last of [7, 8, 9])
    pass(fromClient1(udp(at(address(`10.10.10.${last}`), 500), at(hosts.headEnd, 500))));
  const inUseBefore = xlateView(box.translations, now).inUse;
  assert.equal(inUseBefore, 3);
  now = after(now, 60_000);
  pass(fromClient1(udp(at(hosts.client1, 500), at(hosts.headEnd, 500))));
  now = after(now, 60_000);
  const ended = eventsOf(box.tick(now));
  assert.equal(ended.filter((e) => e.definition === translationEnded).length, 3);
  const second = pass(fromClient2(natT(hosts.client2)));
  const first = pass(fromClient1(natT(hosts.client1)));
  assert.equal(endsOf(packetOf(second)), '171.69.89.78:1025 > 172.16.172.50:4500');
  assert.equal(endsOf(packetOf(first)), '171.69.89.78:1026 > 172.16.172.50:4500');
  assert.ok(isSound(packetOf(first)));
  assert.equal(
    renderXlate(xlateView(box.translations, now)),
    [
      '3 in use, 4 most used',
      'PAT Global 171.69.89.78(1025) Local 10.10.10.3(4500)',
      'PAT Global 171.69.89.78(1026) Local 10.10.10.2(4500)',
      'PAT Global 171.69.89.78(4) Local 10.10.10.2(500)',
    ].join('\n'),
  );
});

test('NAT-31: ports stay what they are for as long as there is traffic, whichever way', () => {
  const box = readyBox();
  let now = start;
  one(sent(box.receive(fromClient1(natT(hosts.client1)), now)));
  for (let n = 0; n < 100; n += 1) {
    now = after(now, 100_000);
    box.tick(now);
    readyBox(box, now);
    const answer = udp(at(hosts.headEnd, 4500), at(hosts.outside, 1025));
    const passed = one(passedOn(box.receive(fromGateway(answer), now)));
    assert.equal(endsOf(packetOf(passed)), '172.16.172.50:4500 > 10.10.10.2:4500');
    assert.equal(passed.interface, 'inside');
    assert.deepEqual([...passed.bytes.subarray(0, 6)], [...stations.client1]);
    assert.ok(isSound(packetOf(passed)));
  }
  assert.equal(box.translations.inUse, 1);
});

test('NAT-38: answers to one global address reach the client whose port they carry', () => {
  const box = readyBox();
  for (const f of [fromClient1(natT(hosts.client1)), fromClient2(natT(hosts.client2))])
    one(sent(box.receive(f, start)));
  for (const [port, client, station] of [
    [1025, '10.10.10.2', stations.client1],
    [1026, '10.10.10.3', stations.client2],
  ] as const) {
    const answer = udp(at(hosts.headEnd, 4500), at(hosts.outside, port));
    const passed = one(sent(box.receive(fromGateway(answer), start)));
    assert.equal(endsOf(packetOf(passed)), `172.16.172.50:4500 > ${client}:4500`);
    assert.deepEqual([...passed.bytes.subarray(0, 6)], [...station]);
  }
});

test('NAT-34: show arp prints the stations that were heard, as the seed does', () => {
  const box = new PatRouter(seedPlan(), seedLinks);
  for (const [name, a, hardware] of [
    ['inside', '10.10.10.2', [0x00, 0x01, 0x02, 0x67, 0x55, 0xcc]],
    ['outside', '171.69.88.1', [0x00, 0x00, 0x0c, 0x07, 0xac, 0x7b]],
    ['outside', '171.69.88.3', [0x00, 0xd0, 0x01, 0x32, 0xe4, 0x0a]],
    ['inside', '10.10.10.3', [0x00, 0x50, 0xda, 0xbb, 0xf0, 0x93]],
    ['outside', '171.69.88.2', [0x00, 0xd0, 0x01, 0x33, 0x3c, 0x0a]],
  ] as const) {
    const target = name === 'inside' ? hosts.inside : hosts.outside;
    const question = arp(name, arpOperations.request, [a, new Uint8Array(hardware)], target);
    const answer = one(sent(box.receive(question, start)));
    assert.deepEqual([...answer.bytes.subarray(0, 6)], [...hardware]);
  }
  assert.equal(
    renderArp(arpView(box)),
    [
      '      outside 171.69.88.3 00d0.0132.e40a',
      '      outside 171.69.88.2 00d0.0133.3c0a',
      '      outside 171.69.88.1 0000.0c07.ac7b',
      '      inside 10.10.10.3 0050.dabb.f093',
      '      inside 10.10.10.2 0001.0267.55cc',
    ].join('\n'),
  );
});

test('the box announces its addresses and answers for them, and for no other', () => {
  const box = new PatRouter(seedPlan(), seedLinks);
  const announced = sent(box.start()).map((f) => {
    const decoded = ArpPacket.decode(f.bytes, 14);
    assert.ok(decoded.ok);
    return `${f.interface} ${decoded.value.senderAddress} ${decoded.value.targetAddress}`;
  });
  assert.deepEqual(announced, [
    'outside 171.69.89.78 171.69.89.78',
    'inside 10.10.10.1 10.10.10.1',
  ]);
  const ask = (target: string) =>
    sent(
      box.receive(
        arp('inside', arpOperations.request, [hosts.client1, stations.client1], target),
        start,
      ),
    );
  const answer = ArpPacket.decode(one(ask('10.10.10.1')).bytes, 14);
  assert.ok(answer.ok);
  assert.equal(answer.value.operation, arpOperations.reply);
  assert.equal(answer.value.senderAddress, hosts.inside);
  assert.deepEqual([...answer.value.senderHardware], [...stations.boxInside]);
  assert.deepEqual(ask('10.10.10.3'), []);
  assert.deepEqual(ask('171.69.89.78'), []);
});

test('a next hop is asked for once, and what waited leaves when it answers', () => {
  const box = new PatRouter(seedPlan(), seedLinks);
  const first = box.receive(fromClient1(natT(hosts.client1)), start);
  assert.deepEqual(
    eventsOf(first).map((e) => e.definition),
    [translationBuilt],
  );
  const question = ArpPacket.decode(one(sent(first)).bytes, 14);
  assert.ok(question.ok);
  assert.equal(question.value.targetAddress, hosts.gateway);
  assert.deepEqual(sent(box.receive(fromClient2(natT(hosts.client2)), start)), []);
  const answer = arp(
    'outside',
    arpOperations.reply,
    [hosts.gateway, stations.gateway],
    hosts.outside,
    stations.boxOutside,
  );
  assert.deepEqual(
    sent(box.receive(answer, after(start, 5))).map((f) => endsOf(packetOf(f))),
    ['171.69.89.78:1025 > 172.16.172.50:4500', '171.69.89.78:1026 > 172.16.172.50:4500'],
  );
});

/** Lets time pass as the owner of the box would, and returns what happened. */
function runTo(box: PatRouter, until: Instant): RouterEffect[] {
  const effects: RouterEffect[] = [];
  for (let due = box.deadline(); due !== undefined && due <= until; due = box.deadline())
    effects.push(...box.tick(due));
  return effects;
}

test('a silent next hop: three questions, an event, and host unreachable to the inside host', () => {
  const box = new PatRouter(seedPlan(), seedLinks);
  const hello = arp(
    'inside',
    arpOperations.request,
    [hosts.client1, stations.client1],
    hosts.inside,
  );
  box.receive(hello, start);
  box.receive(fromClient1(natT(hosts.client1)), start);
  const effects = runTo(box, after(start, 10_000));
  const frames = sent(effects);
  assert.equal(frames.filter((f) => f.interface === 'outside').length, 2);
  assert.deepEqual(
    eventsOf(effects).map((e) => e.definition),
    [nextHopSilent],
  );
  const error = packetOf(one(frames.filter((f) => f.interface === 'inside')));
  assert.ok(isSound(error));
  assert.equal(headerOf(error).destination, ipv4ToNumber(hosts.client1));
  const message = IcmpMessage.decode(error, 20);
  assert.ok(message.ok && message.value.kind === 'destinationUnreachable');
  assert.equal(message.value.code, 1);
  assert.equal(endsOf(message.value.quoted), '10.10.10.2:4500 > 172.16.172.50:4500');
  assert.equal(box.refused.neighbourSilent, 1);
});

test('a silent inside host: the other side hears that the global address is unreachable', () => {
  const box = new PatRouter(seedPlan(), seedLinks);
  const gateway = [hosts.gateway, stations.gateway] as const;
  box.receive(arp('outside', arpOperations.request, gateway, hosts.outside), start);
  one(passedOn(box.receive(fromClient1(natT(hosts.client1)), start)));
  const answer = udp(at(hosts.headEnd, 4500), at(hosts.outside, 1025));
  const question = one(sent(box.receive(fromGateway(answer.slice()), start)));
  assert.equal(question.interface, 'inside');
  const told = passedOn(runTo(box, after(start, 5_000)));
  const error = packetOf(one(told));
  assert.ok(isSound(error));
  assert.equal(headerOf(error).source, ipv4ToNumber(hosts.outside));
  assert.equal(headerOf(error).destination, ipv4ToNumber(hosts.headEnd));
  const message = IcmpMessage.decode(error, 20);
  assert.ok(message.ok && message.value.kind === 'destinationUnreachable');
  assert.equal(endsOf(message.value.quoted), endsOf(answer));
});

test('a station that uses our address is reported, and we announce ourselves', () => {
  const box = readyBox();
  const thief = new Uint8Array([2, 0, 0, 0, 0, 99]);
  const claim = () => arp('inside', arpOperations.request, [hosts.inside, thief], hosts.client1);
  const effects = box.receive(claim(), start);
  const conflict = one(eventsOf(effects));
  assert.equal(conflict.definition, addressConflict);
  assert.match(eventText(conflict), /0200\.0000\.0063 .*inside.*10\.10\.10\.1/);
  assert.equal(sent(effects).length, 1);
  assert.deepEqual(box.receive(claim(), after(start, 1_000)), []);
});

test('the box answers echo requests to the address they came to, and none to its other one', () => {
  const box = readyBox();
  const ping = (to: typeof hosts.inside) =>
    sent(box.receive(fromClient1(icmp(hosts.client1, to, echo('echoRequest', 5))), start));
  const answer = packetOf(one(ping(hosts.inside)));
  assert.ok(isSound(answer));
  assert.deepEqual(answer, icmp(hosts.inside, hosts.client1, echo('echoReply', 5)));
  assert.deepEqual(ping(hosts.outside), []);
  assert.equal(box.refused.hairpin, 1);
  const outside = icmp(hosts.headEnd, hosts.outside, echo('echoRequest', 6));
  assert.deepEqual(
    packetOf(one(sent(box.receive(fromGateway(outside), start)))),
    icmp(hosts.outside, hosts.headEnd, echo('echoReply', 6)),
  );
});

test('a ping through the box is translated by its identifier', () => {
  const box = readyBox();
  const request = icmp(hosts.client1, hosts.headEnd, echo('echoRequest', 0x1234));
  const passed = packetOf(one(sent(box.receive(fromClient1(request), start))));
  assert.deepEqual(
    passed,
    icmp(hosts.outside, hosts.headEnd, echo('echoRequest', 1025), { timeToLive: 63 }),
  );
  const reply = icmp(hosts.headEnd, hosts.outside, echo('echoReply', 1025));
  assert.deepEqual(
    packetOf(one(sent(box.receive(fromGateway(reply), start)))),
    icmp(hosts.headEnd, hosts.client1, echo('echoReply', 0x1234), { timeToLive: 63 }),
  );
});

test('a later fragment is never taken for an echo request, whatever it begins with', () => {
  const box = readyBox();
  const fragment = icmp(hosts.headEnd, hosts.outside, echo('echoRequest', 6));
  writeUint16(fragment, 6, 185);
  finishHeaderChecksum(fragment, 20);
  assert.deepEqual(sent(box.receive(fromGateway(fragment), start)), []);
});

test('a spent time to live is reported to the sender with its own addresses, both ways', () => {
  const box = readyBox();
  const dying = { timeToLive: 1 };
  const out = udp(at(hosts.client1, 4500), at(hosts.headEnd, 4500), undefined, dying);
  const toClient = packetOf(one(sent(box.receive(fromClient1(out.slice()), start))));
  assert.deepEqual(
    toClient,
    icmp(
      hosts.inside,
      hosts.client1,
      { kind: 'timeExceeded', code: 0, quoted: out },
      { identification: 0 },
    ),
  );
  assert.equal(box.translations.inUse, 0);
  one(sent(box.receive(fromClient1(natT(hosts.client1)), start)));
  const back = udp(at(hosts.headEnd, 4500), at(hosts.outside, 1025), undefined, dying);
  const toHeadEnd = packetOf(one(sent(box.receive(fromGateway(back.slice()), start))));
  assert.deepEqual(
    toHeadEnd,
    icmp(
      hosts.outside,
      hosts.headEnd,
      { kind: 'timeExceeded', code: 0, quoted: back },
      { identification: 0 },
    ),
  );
});

test('what is too long for the next link is cut up, or its sender is told how long it may be', () => {
  const [outside, inside] = seedLinks;
  assert.ok(outside && inside);
  const box = readyBox(new PatRouter(seedPlan(), [{ ...outside, mtu: 576 }, inside]));
  const big = (dontFragment: boolean) =>
    udp(at(hosts.client1, 4500), at(hosts.headEnd, 4500), new Uint8Array(1200), { dontFragment });
  const pieces = sent(box.receive(fromClient1(big(false)), start));
  assert.deepEqual(
    pieces.map((f) => headerOf(packetOf(f)).totalOctets),
    [572, 572, 124],
  );
  const error = packetOf(one(sent(box.receive(fromClient1(big(true)), start))));
  const message = IcmpMessage.decode(error, 20);
  assert.ok(message.ok && message.value.kind === 'destinationUnreachable');
  assert.equal(message.value.code, 4);
  assert.equal(message.value.nextHopMtu, 576);
  assert.equal(box.refused.tooBig, 1);
});

test('a frame that the card will cut up is judged by its segments and passed on whole', () => {
  const box = readyBox();
  one(
    sent(
      box.receive(fromClient1(tcp(at(hosts.client1, 4000), at(hosts.headEnd, 80), ['syn'])), start),
    ),
  );
  const large = tcp(
    at(hosts.client1, 4000),
    at(hosts.headEnd, 80),
    ['ack'],
    new Uint8Array(30_000),
  );
  const offload = { partialChecksum: true, segmentOctets: 1460 };
  const passed = one(sent(box.receive({ ...fromClient1(large), offload }, start)));
  assert.equal(packetOf(passed).length, 30_040);
  assert.deepEqual(passed.offload, offload);
  const tooLarge = { partialChecksum: true, segmentOctets: 1461 };
  const again = tcp(
    at(hosts.client1, 4000),
    at(hosts.headEnd, 80),
    ['ack'],
    new Uint8Array(30_000),
  );
  const refused = one(sent(box.receive({ ...fromClient1(again), offload: tooLarge }, start)));
  assert.equal(refused.interface, 'inside');
  assert.equal(box.refused.tooBig, 1);
});

test('refusals that somebody has to act on are told once a minute, with their number', () => {
  const box = readyBox();
  const esp = () =>
    fromClient1(ipv4(hosts.client1, hosts.headEnd, ipProtocols.esp, new Uint8Array(40)));
  assert.equal(one(eventsOf(box.receive(esp(), start))).definition, espNotTranslated);
  for (let n = 1; n < 13; n += 1) assert.deepEqual(box.receive(esp(), after(start, n)), []);
  const later = one(eventsOf(box.receive(esp(), after(start, 60_000))));
  assert.equal(later.args.count, 13);
  assert.equal(box.refused.esp, 14);

  const [rule] = seedPlan().rules;
  assert.ok(rule);
  const narrow = { ...rule, network: ipv4ToNumber(hosts.client1), mask: 0xffffffff };
  const strict = readyBox(new PatRouter({ ...seedPlan(), rules: [narrow] }, seedLinks));
  const stranger = strict.receive(fromClient2(natT(hosts.client2)), start);
  assert.equal(one(eventsOf(stranger)).definition, noTranslationRule);

  const tables = { translations: new TranslationTable({ translationsMax: 1 }) };
  const full = readyBox(new PatRouter(seedPlan(), seedLinks, tables));
  full.receive(fromClient1(natT(hosts.client1)), start);
  const refused = one(eventsOf(full.receive(fromClient2(natT(hosts.client2)), start)));
  assert.equal(refused.definition, translationRefused);
  assert.match(eventText(refused), /10\.10\.10\.3: translation table full \(1 packets/);
});

test('packets that cannot be true, or lead nowhere, are refused and counted', () => {
  const box = readyBox();
  const refusedFor = (f: Frame): string[] => {
    const before = { ...box.refused };
    assert.deepEqual(eventsOf(box.receive(f, start)), []);
    return Object.entries(box.refused)
      .filter(([reason, count]) => count !== before[reason as keyof typeof before])
      .map(([reason]) => reason);
  };
  const u = (from: string, to: string) => udp(at(address(from), 1), at(address(to), 2));
  assert.deepEqual(refusedFor(fromClient1(u('127.0.0.1', '172.16.172.50'))), ['badSource']);
  assert.deepEqual(refusedFor(fromClient1(u('10.10.10.1', '172.16.172.50'))), ['badSource']);
  assert.deepEqual(refusedFor(fromClient1(u('10.10.10.255', '172.16.172.50'))), ['badSource']);
  assert.deepEqual(refusedFor(fromClient1(u('10.10.10.2', '10.10.10.3'))), ['sameInterface']);
  assert.deepEqual(refusedFor(fromGateway(u('172.16.172.50', '10.10.10.2'))), ['security']);
  assert.deepEqual(refusedFor(fromGateway(u('172.16.172.50', '10.10.10.1'))), ['security']);
  assert.deepEqual(refusedFor(fromClient1(u('10.10.10.2', '10.10.10.1'))), ['toBox']);
  assert.deepEqual(refusedFor(fromGateway(u('172.16.172.50', '171.69.89.78'))), ['noTranslation']);
  const options = ipv4(hosts.client1, hosts.headEnd, ipProtocols.udp, new Uint8Array(8), {
    options: new Uint8Array(4),
  });
  assert.deepEqual(refusedFor(fromClient1(options)), ['ipOptions']);
  const damaged = natT(hosts.client1);
  damaged[8] = 3;
  assert.deepEqual(refusedFor(fromClient1(damaged)), ['badChecksum']);
  assert.deepEqual(refusedFor(fromClient1(natT(hosts.client1).subarray(0, 27))), ['malformed']);
  const others = frame('inside', stations.client2, stations.client1, natT(hosts.client1));
  assert.deepEqual(refusedFor(others), ['notForUs']);
  const v6 = frame('inside', stations.boxInside, stations.client1, natT(hosts.client1), 0x86dd);
  assert.deepEqual(refusedFor(v6), ['notIpv4']);
  const { forwarded, refused } = patCountersView(box, 0);
  assert.equal(forwarded, 0);
  assert.equal(refused.find((r) => r.reason === 'badSource')?.packets, 3);
});

test('a packet padded by the link leaves without its padding', () => {
  const box = readyBox();
  const padded = new Uint8Array(60);
  padded.set(natT(hosts.client1));
  assert.equal(packetOf(one(sent(box.receive(fromClient1(padded), start)))).length, 31);
});

test('without a route an inside host is told so', () => {
  const plan = seedPlan();
  const box = readyBox(
    new PatRouter({ ...plan, routes: plan.routes.filter((r) => r.mask !== 0) }, seedLinks),
  );
  const error = packetOf(one(sent(box.receive(fromClient1(natT(hosts.client1)), start))));
  const message = IcmpMessage.decode(error, 20);
  assert.ok(message.ok && message.value.kind === 'destinationUnreachable');
  assert.equal(message.value.code, 0);
});

test('router errors are held to a rate', () => {
  const box = readyBox();
  let answers = 0;
  for (let n = 0; n < 1_000; n += 1) {
    const dying = udp(at(hosts.client1, 4500), at(hosts.headEnd, 4500), undefined, {
      timeToLive: 1,
    });
    answers += sent(box.receive(fromClient1(dying), after(start, n))).length;
  }
  assert.ok(answers >= 50 && answers <= 101, `${answers} answers in one second`);
});

test('a changed configuration ends the translations it no longer allows, and keeps the others', () => {
  const box = readyBox();
  for (const f of [fromClient1(natT(hosts.client1)), fromClient2(natT(hosts.client2))])
    box.receive(f, start);
  const plan = seedPlan();
  const [rule] = plan.rules;
  assert.ok(rule);
  const narrow = { ...rule, network: ipv4ToNumber(hosts.client1), mask: 0xffffffff };
  const effects = box.reconfigure({ ...plan, rules: [narrow] });
  assert.deepEqual(
    eventsOf(effects).map((e) => e.args.local),
    ['10.10.10.3:4500'],
  );
  assert.deepEqual(sent(effects), []);
  assert.equal(box.translations.inUse, 1);
  // The neighbours are still known: a packet leaves at once.
  one(sent(box.receive(fromClient1(natT(hosts.client1)), start)));
});

test('the commands of the box print its views, and clear xlate ends every translation', () => {
  const box = readyBox();
  one(sent(box.receive(fromClient1(natT(hosts.client1)), start)));
  box.receive(fromGateway(udp(at(hosts.headEnd, 1), at(hosts.outside, 9))), start);
  const ended: EventRecord[] = [];
  const shown: ShownPatBox = {
    xlate: () => xlateView(box.translations, start),
    arp: () => arpView(box),
    counters: () => patCountersView(box, 0),
    clearXlate: () => ended.push(...eventsOf(box.clearTranslations())),
  };
  const run = (line: string): string => {
    const command = translationCommands.find((c) => c.path.join(' ') === line);
    const outcome = command?.run(shown, {});
    return outcome?.kind === 'view'
      ? outcome.view.text()
      : outcome?.kind === 'text'
        ? outcome.text
        : '?';
  };
  const translated = 'PAT Global 171.69.89.78(1025) Local 10.10.10.2(4500)';
  assert.equal(run('show xlate'), `1 in use, 1 most used\n${translated}`);
  assert.match(run('show arp'), /^ {6}outside 171\.69\.88\.1 0200\.0000\.0003$/m);
  assert.equal(
    run('show asp drop'),
    '1 packets passed on, 1 connections, 0 frames not sent\n' +
      '  no translation or connection it belongs to (noTranslation)  1',
  );
  assert.equal(run('clear xlate'), '');
  assert.deepEqual(
    ended.map((e) => e.definition),
    [translationEnded],
  );
  assert.equal(run('show xlate'), '0 in use, 1 most used');
});

test('100,000 random and damaged frames: no throw, bounded tables, and the box still works', () => {
  const random = new Prng(894);
  const tables = { translations: new TranslationTable({ translationsMax: 100 }) };
  const box = readyBox(new PatRouter(seedPlan(), seedLinks, tables));
  const seeds = [
    fromClient1(natT(hosts.client1)),
    fromClient2(tcp(at(hosts.client2, 4000), at(hosts.headEnd, 80), ['syn'])),
    fromClient1(icmp(hosts.client1, hosts.headEnd, echo('echoRequest', 3))),
    fromClient1(icmp(hosts.client1, hosts.inside, echo('echoRequest', 3))),
    fromGateway(udp(at(hosts.headEnd, 4500), at(hosts.outside, 1025))),
    arp('inside', arpOperations.request, [hosts.client1, stations.client1], hosts.inside),
    arp('outside', arpOperations.reply, [hosts.gateway, stations.gateway], hosts.outside),
  ];
  let now = start;
  for (let n = 0; n < 100_000; n += 1) {
    const seed = random.pick(seeds);
    const bytes = random.chance(0.1)
      ? random.bytes(random.between(0, 120))
      : seed.bytes.slice(0, random.chance(0.1) ? random.between(0, 60) : undefined);
    for (let m = random.between(0, 3); m > 0 && bytes.length > 0; m -= 1)
      bytes[random.between(0, bytes.length - 1)] = random.between(0, 255);
    const offload = random.chance(0.2)
      ? { partialChecksum: random.chance(0.5), segmentOctets: random.pick([0, 1, 1460, 65_535]) }
      : undefined;
    now = after(now, random.between(0, 20));
    if ((box.deadline() ?? Number.POSITIVE_INFINITY) <= now) box.tick(now);
    box.receive({ interface: seed.interface, bytes, offload }, now);
    assert.ok(box.translations.inUse <= 100);
  }
  assert.ok(box.forwarded > 1_000);
  readyBox(box);
  runTo(box, after(now, 10_000_000));
  const late = after(now, 10_000_000);
  box.receive(
    arp('outside', arpOperations.request, [hosts.gateway, stations.gateway], hosts.outside),
    late,
  );
  one(sent(box.receive(fromClient1(natT(hosts.client1)), late)));
});
