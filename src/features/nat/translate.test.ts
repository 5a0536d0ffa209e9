import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ipv4FromNumber, ipv4ToNumber } from '#base/address';
import { after } from '#base/instant';
import { Prng } from '#base/prng';
import type { IcmpMessage } from '#wire/icmp';
import { ipProtocols } from '#wire/protocol-numbers';
import { fragmentPacket } from './fragmentation.ts';
import { FragmentTable, fragmentLifetimeMs } from './fragments.ts';
import type { Outcome } from './outcome.ts';
import { finishChecksum } from './packet.ts';
import type { PatRule } from './rules.ts';
import {
  at,
  echo,
  endsOf,
  headerOf,
  hosts,
  icmp,
  ipv4,
  isSound,
  seedPlan,
  start,
  tcp,
  udp,
} from './testing.ts';
import { type PatTables, translateIncoming, translateOutgoing } from './translate.ts';
import { TranslationTable } from './translation-table.ts';

const path = {
  rule: seedPlan().rules[0] as PatRule,
  globalAddress: ipv4ToNumber(hosts.outside),
};

const tables = (): PatTables => ({
  translations: new TranslationTable(),
  fragments: new FragmentTable(),
});

const outgoing = (b: Uint8Array, t: PatTables, now = start): Outcome =>
  translateOutgoing(b, headerOf(b), t, path, now);

const incoming = (b: Uint8Array, t: PatTables, now = start): Outcome =>
  translateIncoming(b, headerOf(b), t, now);

const reasonOf = (outcome: Outcome): string =>
  outcome.kind === 'drop' ? outcome.reason : outcome.kind;

/** The packet that goes the other way with the same payload. */
function reversed(b: Uint8Array): Uint8Array {
  const copy = b.slice();
  const { headerOctets, protocol } = headerOf(b);
  copy.set(b.subarray(12, 16), 16);
  copy.set(b.subarray(16, 20), 12);
  if (protocol !== ipProtocols.icmp) {
    copy.set(b.subarray(headerOctets, headerOctets + 2), headerOctets + 2);
    copy.set(b.subarray(headerOctets + 2, headerOctets + 4), headerOctets);
  }
  return copy;
}

test('NAT-31: two clients keep the destination port 4500 and get a source port each', () => {
  const t = tables();
  for (const [client, port] of [
    [hosts.client2, 1025],
    [hosts.client1, 1026],
  ] as const)
    for (let n = 0; n < 3; n += 1) {
      const b = udp(at(client, 4500), at(hosts.headEnd, 4500));
      assert.equal(outgoing(b, t, after(start, n * 100_000)).kind, 'forward');
      assert.equal(endsOf(b), `171.69.89.78:${port} > 172.16.172.50:4500`);
      assert.ok(isSound(b));
    }
});

test('translated and answered, any packet comes back to where it started, with right checksums', () => {
  const random = new Prng(3022);
  const t = tables();
  for (let n = 0; n < 5_000; n += 1) {
    const client = at(
      ipv4FromNumber(0x0a0a0a00 + random.between(2, 250)),
      random.between(1, 65535),
    );
    const server = at(
      ipv4FromNumber(0xac10ac00 + random.between(1, 250)),
      random.between(1, 65535),
    );
    const payload = random.bytes(random.between(0, 60));
    const kind = random.pick(['udp', 'tcp', 'icmp'] as const);
    const message = echo('echoRequest', client.port);
    const original =
      kind === 'udp'
        ? udp(client, server, payload)
        : kind === 'tcp'
          ? tcp(client, server, ['syn'], payload)
          : icmp(client.address, server.address, message);
    const b = original.slice();
    const outcome = outgoing(b, t, after(start, n * 1_000));
    // 511 low ports run out sooner or later; that is another test's matter.
    if (outcome.kind === 'drop') {
      assert.equal(outcome.reason, 'portsExhausted');
      continue;
    }
    assert.ok(isSound(b), `packet ${n}: ${kind}`);
    assert.equal(ipv4FromNumber(headerOf(b).source), hosts.outside);
    const answer =
      kind === 'icmp'
        ? icmp(server.address, hosts.outside, {
            ...message,
            kind: 'echoReply',
            identifier: ((b[24] as number) << 8) | (b[25] as number),
          } as IcmpMessage)
        : reversed(b);
    assert.ok(isSound(answer));
    assert.equal(incoming(answer, t, after(start, n * 1_000)).kind, 'forward', `packet ${n}`);
    assert.ok(isSound(answer), `answer ${n}: ${kind}`);
    const expected =
      kind === 'icmp'
        ? icmp(server.address, client.address, { ...message, kind: 'echoReply' } as IcmpMessage)
        : reversed(original);
    assert.deepEqual(answer, expected, `answer ${n}: ${kind}`);
    t.translations.expire(after(start, n * 1_000));
  }
});

test('UDP without a checksum stays without one', () => {
  const b = udp(at(hosts.client1, 4500), at(hosts.headEnd, 4500));
  b.fill(0, 26, 28);
  assert.equal(outgoing(b, tables()).kind, 'forward');
  assert.deepEqual([...b.subarray(26, 28)], [0, 0]);
});

test('a checksum left to the network card can still be finished after translation', () => {
  for (const make of [
    () => udp(at(hosts.client1, 4500), at(hosts.headEnd, 4500), new Uint8Array(33).fill(0xa5)),
    () => tcp(at(hosts.client1, 4500), at(hosts.headEnd, 80), ['syn'], new Uint8Array(7).fill(3)),
  ]) {
    const whole = make();
    const { headerOctets, totalOctets, protocol } = headerOf(whole);
    const checksumAt = headerOctets + (protocol === ipProtocols.udp ? 6 : 16);
    // The card is left the sum of the pseudo-header: addresses, protocol, length.
    let sum = protocol + totalOctets - headerOctets;
    for (let i = 12; i < 20; i += 2) sum += ((whole[i] as number) << 8) | (whole[i + 1] as number);
    sum = (sum & 0xffff) + (sum >>> 16);
    const partial = whole.slice();
    partial.set([sum >>> 8, sum & 0xff], checksumAt);

    const t = tables();
    assert.equal(
      translateOutgoing(partial, headerOf(partial), t, path, start, true).kind,
      'forward',
    );
    assert.equal(outgoing(whole, t).kind, 'forward');
    // As the card does: the checksum of everything, on top of what the field holds.
    const card = partial.slice();
    let total = 0;
    for (let i = headerOctets; i < totalOctets; i += 2)
      total += ((card[i] as number) << 8) | (i + 1 < totalOctets ? (card[i + 1] as number) : 0);
    while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
    card.set([(~total >>> 8) & 0xff, ~total & 0xff], checksumAt);
    assert.deepEqual(card, whole);
    // And as we do, when the frame has to wait or be cut up.
    finishChecksum(partial, headerOf(partial));
    assert.deepEqual(partial, whole);
  }
});

test('ESP is refused, since it has no ports that could tell clients apart', () => {
  const t = tables();
  const esp = (from: typeof hosts.client1, to: typeof hosts.client1) =>
    ipv4(from, to, ipProtocols.esp, new Uint8Array(40));
  assert.equal(reasonOf(outgoing(esp(hosts.client1, hosts.headEnd), t)), 'esp');
  assert.equal(reasonOf(incoming(esp(hosts.headEnd, hosts.outside), t)), 'esp');
  const gre = ipv4(hosts.client1, hosts.headEnd, ipProtocols.gre, new Uint8Array(40));
  assert.equal(reasonOf(outgoing(gre, t)), 'protocol');
});

test('nothing comes in that did not go out first', () => {
  const t = tables();
  const fromOutside = [
    udp(at(hosts.headEnd, 4500), at(hosts.outside, 1025)),
    tcp(at(hosts.headEnd, 80), at(hosts.outside, 1025), ['syn']),
    icmp(hosts.headEnd, hosts.outside, echo('echoReply', 1)),
  ];
  for (const b of fromOutside) assert.equal(reasonOf(incoming(b, t)), 'noTranslation');
  assert.equal(t.translations.inUse, 0);
});

test('only a SYN opens a TCP connection', () => {
  const t = tables();
  for (const flags of [['ack'], ['syn', 'ack'], ['fin'], ['rst'], []] as const)
    assert.equal(
      reasonOf(outgoing(tcp(at(hosts.client1, 4000), at(hosts.headEnd, 80), flags), t)),
      'tcpNotOpen',
    );
  assert.equal(t.translations.inUse, 0);
  const syn = tcp(at(hosts.client1, 4000), at(hosts.headEnd, 80), ['syn']);
  assert.equal(outgoing(syn, t).kind, 'forward');
});

/** An error of a router on the way, about a packet it got. */
const errorAbout = (router: typeof hosts.gateway, to: typeof hosts.gateway, about: Uint8Array) =>
  icmp(router, to, { kind: 'timeExceeded', code: 0, quoted: about.slice(0, 28) });

test('an ICMP error from outside reaches the inside host about the packet it knows', () => {
  for (const make of [
    () => udp(at(hosts.client1, 4500), at(hosts.headEnd, 4500)),
    () => tcp(at(hosts.client1, 4500), at(hosts.headEnd, 80), ['syn']),
    () => icmp(hosts.client1, hosts.headEnd, echo('echoRequest', 77)),
  ]) {
    const t = tables();
    const sent = make();
    assert.equal(outgoing(sent, t).kind, 'forward');
    const error = errorAbout(hosts.gateway, hosts.outside, sent);
    assert.deepEqual(incoming(error, t), { kind: 'forward', to: ipv4ToNumber(hosts.client1) });
    assert.deepEqual(error, errorAbout(hosts.gateway, hosts.client1, make()));
    assert.ok(isSound(error));
  }
});

test('an ICMP error from inside leaves as that of the global address', () => {
  const t = tables();
  assert.equal(outgoing(udp(at(hosts.client1, 4500), at(hosts.headEnd, 4500)), t).kind, 'forward');
  const answer = () => udp(at(hosts.headEnd, 4500), at(hosts.outside, 1025));
  const arrived = answer();
  assert.equal(incoming(arrived, t).kind, 'forward');
  const error = icmp(hosts.client1, hosts.headEnd, {
    kind: 'destinationUnreachable',
    code: 3,
    nextHopMtu: 0,
    quoted: arrived.slice(0, 28),
  });
  assert.equal(outgoing(error, t).kind, 'forward');
  assert.deepEqual(
    error,
    icmp(hosts.outside, hosts.headEnd, {
      kind: 'destinationUnreachable',
      code: 3,
      nextHopMtu: 0,
      quoted: answer().slice(0, 28),
    }),
  );
});

test('an ICMP error about nothing we sent, damaged, or cut short is refused', () => {
  const t = tables();
  const sent = udp(at(hosts.client1, 4500), at(hosts.headEnd, 4500));
  assert.equal(outgoing(sent, t).kind, 'forward');
  const stranger = udp(at(hosts.outside, 2000), at(hosts.headEnd, 4500));
  const about = (quoted: Uint8Array) => errorAbout(hosts.gateway, hosts.outside, quoted);
  assert.equal(reasonOf(incoming(about(stranger), t)), 'noTranslation');
  const damaged = about(sent);
  damaged[30] = (damaged[30] as number) ^ 1;
  assert.equal(reasonOf(incoming(damaged, t)), 'badChecksum');
  for (let octets = 0; octets < 28; octets += 1)
    assert.notEqual(reasonOf(incoming(about(sent.slice(0, octets)), t)), 'forward');
  const ofNobody = about(udp(at(hosts.client1, 4500), at(hosts.headEnd, 4500)));
  assert.equal(reasonOf(incoming(ofNobody, t)), 'noTranslation');
});

test('fragments follow their first part, whose checksum covers them all', () => {
  const t = tables();
  const whole = udp(at(hosts.client1, 4500), at(hosts.headEnd, 4500), new Uint8Array(3000).fill(5));
  const fragments = fragmentPacket(whole, headerOf(whole), 1500);
  assert.deepEqual(
    fragments.map((f) => f.length),
    [1500, 1500, 68],
  );
  for (const fragment of fragments) assert.equal(outgoing(fragment, t).kind, 'forward');
  const payload = fragments.flatMap((f) => [...f.subarray(20)]);
  const collected = ipv4(hosts.outside, hosts.headEnd, ipProtocols.udp, new Uint8Array(payload));
  assert.equal(endsOf(collected), '171.69.89.78:1025 > 172.16.172.50:4500');
  assert.ok(isSound(collected));

  const back = udp(at(hosts.headEnd, 4500), at(hosts.outside, 1025), new Uint8Array(3000).fill(6));
  for (const fragment of fragmentPacket(back, headerOf(back), 1500))
    assert.deepEqual(incoming(fragment, t), { kind: 'forward', to: ipv4ToNumber(hosts.client1) });
});

test('a later fragment without its first part is refused, and so is every one by an empty table', () => {
  const whole = udp(at(hosts.client1, 4500), at(hosts.headEnd, 4500), new Uint8Array(3000));
  const [first, second] = fragmentPacket(whole, headerOf(whole), 1500) as [Uint8Array, Uint8Array];
  assert.equal(reasonOf(outgoing(second.slice(), tables())), 'fragment');
  const late = tables();
  assert.equal(outgoing(first.slice(), late).kind, 'forward');
  const tooLate = after(start, fragmentLifetimeMs);
  assert.equal(reasonOf(outgoing(second.slice(), late, tooLate)), 'fragment');
  const none = { ...tables(), fragments: new FragmentTable(0) };
  assert.equal(reasonOf(outgoing(first.slice(), none)), 'fragment');
});

test('100,000 damaged packets in both directions: an outcome, no throw, no port leaked', () => {
  const random = new Prng(4787);
  const t = {
    translations: new TranslationTable({ translationsMax: 200, connectionsMax: 400 }),
    fragments: new FragmentTable(16),
  };
  const seeds = [
    udp(at(hosts.client1, 4500), at(hosts.headEnd, 4500)),
    tcp(at(hosts.client2, 4000), at(hosts.headEnd, 80), ['syn']),
    icmp(hosts.client1, hosts.headEnd, echo('echoRequest', 3)),
    errorAbout(hosts.gateway, hosts.outside, udp(at(hosts.outside, 1025), at(hosts.headEnd, 4500))),
    udp(at(hosts.headEnd, 4500), at(hosts.outside, 1025)),
  ];
  const counts = new Map<string, number>();
  let now = start;
  for (let n = 0; n < 100_000; n += 1) {
    const b = random.pick(seeds).slice(0, random.chance(0.2) ? random.between(20, 60) : undefined);
    for (let m = random.between(0, 4); m > 0; m -= 1)
      b[random.between(0, b.length - 1)] = random.between(0, 255);
    // What a caller has checked: a header of 20 octets, and no more packet than there are octets.
    b[0] = 0x45;
    b.set([b.length >>> 8, b.length & 0xff], 2);
    now = after(now, random.between(0, 100));
    const isOut = random.chance(0.5);
    const outcome = isOut ? outgoing(b, t, now) : incoming(b, t, now);
    counts.set(reasonOf(outcome), (counts.get(reasonOf(outcome)) ?? 0) + 1);
    t.translations.expire(now);
    assert.ok(t.translations.inUse <= 200 && t.translations.connections <= 400);
  }
  for (const reason of ['forward', 'noTranslation', 'fragment', 'malformed', 'protocol'])
    assert.ok((counts.get(reason) ?? 0) > 0, `${reason} never happened`);
});
