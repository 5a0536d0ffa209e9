import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { toUtf8 } from '#base/bytes';
import { after, type Instant, instant } from '#base/instant';
import { prefixOf } from '#base/prefix';
import { secretKey } from '#crypto/secret-key';
import type {
  ChildSummary,
  ConnectRequest,
  IsakmpSaSummary,
  KeyingEffect,
  KeyingNotice,
  SaId,
} from '#ipsec/keying';
import { Accounting } from '#session/accounting';
import { SessionTable } from '#session/session-table';
import { tunnelBegins, tunnelFailed } from './events.ts';
import { LanToLan } from './feature.ts';
import { OWNER, type Site } from './sites.ts';

const network = (text: string) => prefixOf(address(text), 24);
const selectors = { local: network('10.1.0.0'), remote: network('10.2.0.0') };

const site: Site = {
  peer: address('198.51.100.2'),
  local: address('198.51.100.1'),
  policy: {
    group: '198.51.100.2',
    owner: OWNER,
    preSharedKey: secretKey(toUtf8('key')),
    extendedAuthentication: false,
    ipsec: {
      suites: ['aes-gcm-16-128'],
      mode: 'tunnel',
      lifetimeSeconds: 28_800,
      lifetimeKilobytes: 0,
      replayWindow: 64,
    },
    selectors: [selectors],
    dpd: { idleSeconds: 10, retrySeconds: 2, retries: 3 },
  },
  selectors: [selectors],
  begins: true,
  lines: 1,
};

/** The feature with a keying manager that the test plays. */
class Bench {
  now: Instant = instant(1_000_000);
  readonly sas = new Map<SaId, IsakmpSaSummary>();
  readonly requests: ConnectRequest[] = [];
  readonly asked: string[] = [];
  readonly events: string[] = [];
  readonly sessions = new SessionTable(10);
  readonly feature: LanToLan;

  constructor(sites: readonly Site[] = [site]) {
    const connect = (request: ConnectRequest) => {
      this.requests.push(request);
      return { sa: this.add('initiator'), effects: [] };
    };
    this.feature = new LanToLan({
      keying: {
        connect,
        summary: (sa) => this.sas.get(sa),
        createChild: (sa) => {
          this.asked.push(`child of ${sa}`);
          return [];
        },
        rekey: (sa) => {
          this.asked.push(`rekey ${sa}`);
          return { sa: this.add('initiator'), effects: [] };
        },
        close: (sa) => {
          this.asked.push(`close ${sa}`);
          this.sas.delete(sa);
          return [];
        },
      },
      sessions: this.sessions,
      accounting: new Accounting(),
      traffic: () => undefined,
      ports: { isakmp: 500, natTraversal: 4500 },
    });
    this.take(this.feature.configure(sites, this.now));
    this.pass(0);
  }

  add(role: 'initiator' | 'responder'): SaId {
    const id = (this.sas.size + this.requests.length * 10 + 1) as SaId;
    this.sas.set(id, {
      id,
      role,
      local: { address: site.local, port: 500 },
      remote: { address: site.peer, port: 500 },
      origin: { address: site.peer, port: 500 },
      initiatorCookie: '',
      responderCookie: '',
      state: 'MM_WAIT_MSG2',
      group: site.policy.group,
      user: undefined,
      encryption: 'AES128',
      hash: 'SHA256',
      dhGroup: '14',
      authentication: 'preshared',
      lifetimeSeconds: 1000,
      expiresAt: undefined,
      natTraversal: 'none',
      localBehindNat: false,
      remoteBehindNat: false,
      children: [],
    });
    return id;
  }

  establish(sa: SaId): void {
    const summary = this.sas.get(sa);
    assert.ok(summary);
    this.sas.set(sa, { ...summary, state: 'MM_ACTIVE', expiresAt: after(this.now, 1_000_000) });
    this.notice({ sa, kind: 'phaseOneCompleted' });
  }

  pair(sa: SaId, inboundSpi: number, networks = selectors): void {
    const summary = this.sas.get(sa);
    assert.ok(summary);
    const child: ChildSummary = {
      inboundSpi,
      outboundSpi: inboundSpi + 1,
      suite: 'aes-gcm-16-128',
      mode: 'tunnel',
      encapsulation: 'none',
      ...networks,
      lifetimeSeconds: 28_800,
      lifetimeKilobytes: 0,
      expiresAt: after(this.now, 28_800_000),
      replayWindow: 64,
    };
    this.sas.set(sa, { ...summary, children: [...summary.children, child] });
    this.notice({ sa, kind: 'childCreated', child });
  }

  /** The peer deletes a pair. */
  unpair(sa: SaId, inboundSpi: number): void {
    const summary = this.sas.get(sa);
    assert.ok(summary);
    const children = summary.children.filter((c) => c.inboundSpi !== inboundSpi);
    this.sas.set(sa, { ...summary, children });
    this.notice({ sa, kind: 'childDeleted', inboundSpi });
  }

  close(sa: SaId): void {
    const children = this.sas.get(sa)?.children ?? [];
    this.sas.delete(sa);
    for (const { inboundSpi } of children) this.notice({ sa, kind: 'childDeleted', inboundSpi });
    this.notice({ sa, kind: 'closed', reason: 'dead peer' });
  }

  notice(notice: KeyingNotice): void {
    this.take(this.feature.notice(notice, this.now));
  }

  take(effects: readonly KeyingEffect[]): void {
    for (const e of effects) if (e.kind === 'event') this.events.push(e.record.definition.text);
  }

  pass(milliseconds: number): void {
    const end = after(this.now, milliseconds);
    for (let at = this.feature.deadline(); at !== undefined && at <= end; ) {
      if (at > this.now) this.now = at;
      this.take(this.feature.tick(this.now));
      at = this.feature.deadline();
    }
    this.now = end;
  }

  get states() {
    return [...this.sessions.values()].map((s) => [s.kind, s.username, s.state]);
  }
}

test('a tunnel that is configured is begun, and its pair is negotiated: one session', () => {
  const bench = new Bench();
  assert.deepEqual(
    bench.requests.map((r) => [r.exchange, r.local.port, r.remote.address]),
    [['main', 500, site.peer]],
  );
  assert.deepEqual(bench.events, [tunnelBegins.text]);
  const [sa] = bench.sas.keys();
  assert.ok(sa);
  bench.establish(sa);
  assert.deepEqual(bench.asked, [`child of ${sa}`]);
  assert.deepEqual(bench.states, []);
  bench.pair(sa, 0x1000);
  assert.deepEqual(bench.states, [['lanToLan', site.peer, 'active']]);
  bench.pass(100_000);
  assert.equal(bench.asked.length, 1, 'nothing is missing');
});

test('a tunnel that fails is tried again, after longer and longer waits of a minute at most', () => {
  const bench = new Bench();
  const waits: number[] = [];
  for (let i = 0; i < 6; i += 1) {
    const [sa] = bench.sas.keys();
    assert.ok(sa);
    const { now } = bench;
    bench.close(sa);
    while (bench.sas.size === 0) bench.pass(1000);
    waits.push(bench.now - now);
  }
  assert.deepEqual(waits, [5000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  assert.equal(bench.events.filter((text) => text === tunnelFailed.text).length, 6);
});

test('an end that only answers waits for its peer, and lets it negotiate the pairs', () => {
  const bench = new Bench([{ ...site, begins: false }]);
  assert.deepEqual(bench.requests, []);
  assert.equal(bench.feature.deadline(), undefined);
  const sa = bench.add('responder');
  bench.establish(sa);
  bench.pass(60_000);
  assert.deepEqual(bench.asked, []);
  bench.pair(sa, 0x1000);
  bench.close(sa);
  assert.deepEqual([bench.states, bench.feature.deadline()], [[], undefined]);
});

test('a peer that began and negotiates no pair is helped after a while', () => {
  const bench = new Bench();
  const [own] = bench.sas.keys();
  assert.ok(own);
  bench.close(own);
  const sa = bench.add('responder');
  bench.establish(sa);
  assert.deepEqual(bench.asked, []);
  bench.pass(6000);
  assert.deepEqual(bench.asked, [`child of ${sa}`]);
  assert.equal(bench.requests.length, 1, 'one SA is enough');
});

test('phase 1 is negotiated anew by who began it, before it ends', () => {
  const bench = new Bench();
  const [sa] = bench.sas.keys();
  assert.ok(sa);
  bench.establish(sa);
  bench.pair(sa, 0x1000);
  bench.pass(849_000);
  assert.equal(bench.asked.length, 1);
  bench.pass(2000);
  assert.deepEqual(bench.asked.slice(1), [`rekey ${sa}`]);
});

test('a tunnel that is taken out of the configuration ends, one whose lines changed begins afresh', () => {
  const bench = new Bench();
  const [sa] = bench.sas.keys();
  assert.ok(sa);
  bench.establish(sa);
  bench.pair(sa, 0x1000);
  bench.take(bench.feature.configure([site], bench.now));
  assert.equal(bench.asked.length, 1, 'nothing changed');
  bench.take(bench.feature.configure([{ ...site, lines: 2 }], bench.now));
  assert.deepEqual([bench.asked.at(-1), bench.states], [`close ${sa}`, []]);
  bench.pass(0);
  assert.equal(bench.requests.length, 2);
  bench.take(bench.feature.configure([], bench.now));
  assert.equal(bench.feature.deadline(), undefined);
});

test('a pair that goes is replaced at once, but one that is deleted as soon as it is there after 5 s', () => {
  const bench = new Bench();
  const [sa] = bench.sas.keys();
  assert.ok(sa);
  bench.establish(sa);
  const waits: number[] = [];
  for (let i = 0; i < 3; i += 1) {
    bench.pair(sa, 0x1000 + 2 * i);
    const { now } = bench;
    const asked = bench.asked.length;
    bench.unpair(sa, 0x1000 + 2 * i);
    while (bench.asked.length === asked) bench.pass(1000);
    waits.push(bench.now - now);
  }
  assert.deepEqual(waits, [5000, 5000, 5000]);
  bench.pair(sa, 0x2000);
  bench.pass(6000);
  const asked = bench.asked.length;
  bench.unpair(sa, 0x2000);
  assert.deepEqual(bench.asked.slice(asked), [`child of ${sa}`]);
});

test('networks that the peer has narrower are asked for less and less often, while its pair serves', () => {
  const bench = new Bench();
  const [sa] = bench.sas.keys();
  assert.ok(sa);
  bench.establish(sa);
  const narrower = { ...selectors, remote: prefixOf(address('10.2.0.0'), 25) };
  bench.pair(sa, 0x1000, narrower);
  const nextWait = (): number => {
    const { now } = bench;
    const asked = bench.asked.length;
    while (bench.asked.length === asked) bench.pass(1000);
    return bench.now - now;
  };
  const waits = [1, 2, 3, 4, 5].map(nextWait);
  assert.deepEqual(waits, [30_000, 60_000, 120_000, 240_000, 240_000]);
  assert.deepEqual(bench.states, [['lanToLan', site.peer, 'active']]);
  // Once the peer takes these networks the count begins anew.
  bench.pair(sa, 0x2000);
  bench.pass(10_000);
  bench.unpair(sa, 0x2000);
  assert.equal(nextWait(), 30_000);
});
