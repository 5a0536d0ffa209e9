import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, type IpAddress } from '#base/address';
import { toUtf8 } from '#base/bytes';
import { after, type Instant, instant } from '#base/instant';
import { secretKey } from '#crypto/secret-key';
import type { ConnectRequest, IsakmpSaSummary, KeyingEffect, SaId } from '#ipsec/keying';
import { SessionTable } from '#session/session-table';
import type { Incarnation } from '#wire/vcl/fields';
import { memberTunnelDown, tooManyCallers } from '../events.ts';
import { MemberTunnels } from './tunnels.ts';

const own = address('10.32.1.100');
const life = (n: number) => n.toString(16).padStart(16, '0') as Incarnation;
const start = instant(1_000_000);

/** The tunnels of a member with a keying manager that the test plays. */
class Bench {
  readonly requests: ConnectRequest[] = [];
  readonly asked: string[] = [];
  readonly sas = new Map<SaId, IsakmpSaSummary>();
  readonly tunnels: MemberTunnels;

  constructor() {
    this.tunnels = new MemberTunnels(
      {
        keying: {
          connect: (request) => {
            this.requests.push(request);
            return { sa: this.add('initiator', request.remote.address), effects: [] };
          },
          summary: (sa) => this.sas.get(sa),
          createChild: (sa) => {
            this.asked.push(`child of ${sa}`);
            return [];
          },
          rekey: () => undefined,
          report: () => [],
          close: (sa) => {
            this.asked.push(`close ${sa}`);
            this.sas.delete(sa);
            return [];
          },
        },
        sessions: new SessionTable(10),
        traffic: () => undefined,
        ports: { isakmp: 500, natTraversal: 4500 },
      },
      own,
      secretKey(toUtf8('key')),
    );
  }

  /** An ISAKMP SA whose phase 1 is not complete. */
  add(role: 'initiator' | 'responder', peer: IpAddress): SaId {
    const id = (this.sas.size + 1) as SaId;
    this.sas.set(id, {
      id,
      role,
      local: { address: own, port: 500 },
      remote: { address: peer, port: 500 },
      origin: { address: peer, port: 500 },
      initiatorCookie: '',
      responderCookie: '',
      state: '',
      group: `VCA ${peer}`,
      user: undefined,
      encryption: 'AES128',
      hash: 'SHA256',
      dhGroup: '19',
      authentication: 'preshared',
      lifetimeSeconds: 86_400,
      expiresAt: undefined,
      natTraversal: 'none',
      localBehindNat: false,
      remoteBehindNat: false,
      children: [],
    });
    return id;
  }

  completes(sa: SaId, now: Instant): void {
    const summary = this.sas.get(sa) as IsakmpSaSummary;
    this.sas.set(sa, { ...summary, expiresAt: after(now, 86_400_000) });
    this.tunnels.notice({ kind: 'phaseOneCompleted', sa } as never, now);
  }
}

const said = (effects: readonly KeyingEffect[]) =>
  effects.flatMap((e) => (e.kind === 'event' ? [e.record.definition] : []));

test('LB-32: the member with the lower address begins at once, the other one only after a while', () => {
  const bench = new Bench();
  bench.tunnels.called(address('10.32.1.101'), life(1), start);
  assert.deepEqual(
    bench.requests.map((r) => [r.exchange, r.remote.address, r.identity]),
    [['main', '10.32.1.101', { kind: 'address', address: own }]],
  );
  bench.tunnels.called(address('10.32.1.99'), life(1), start);
  assert.equal(bench.requests.length, 1);
  bench.tunnels.tick(after(start, 2999));
  assert.equal(bench.requests.length, 1);
  bench.tunnels.tick(after(start, 3000));
  assert.equal(bench.requests[1]?.remote.address, '10.32.1.99');
});

test('LB-32: only who called is negotiated with, by main mode and the key of the cluster', () => {
  const bench = new Bench();
  assert.equal(bench.tunnels.peerAt(address('10.32.1.99')), undefined);
  bench.tunnels.called(address('10.32.1.99'), life(1), start);
  assert.equal(bench.tunnels.peerAt(address('10.32.1.99'))?.owner, 'cluster');
});

test('LB-32: who completed phase 1 as initiator negotiates the pair, a responder after some grace', () => {
  const bench = new Bench();
  const peer = address('10.32.1.99');
  bench.tunnels.called(peer, life(1), start);
  const sa = bench.add('responder', peer);
  bench.completes(sa, start);
  assert.deepEqual(bench.asked, []);
  bench.tunnels.tick(after(start, 3000));
  assert.deepEqual(bench.asked, [`child of ${sa}`]);
});

test('LB-32: a later life ends what was agreed with the former one; an earlier one is a recording', () => {
  const bench = new Bench();
  const peer = address('10.32.1.101');
  assert.equal(bench.tunnels.called(peer, life(5), start).isNew, true);
  bench.completes(1 as SaId, start);
  assert.equal(bench.tunnels.called(peer, life(4), start).isNew, false);
  assert.equal(bench.tunnels.called(peer, life(5), start).isNew, false);
  assert.deepEqual(bench.asked, ['child of 1']);
  assert.equal(bench.tunnels.called(peer, life(6), start).isNew, true);
  assert.deepEqual(bench.asked, ['child of 1', 'close 1']);
  assert.equal(bench.requests.length, 2);
});

test('LB-80: a tunnel that fails is begun again after 1, 2, 4 s and so on, while its member calls', () => {
  const bench = new Bench();
  const peer = address('10.32.1.101');
  bench.tunnels.called(peer, life(1), start);
  let now = start;
  for (const waitMs of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
    const [sa] = [...bench.sas.keys()] as [SaId];
    bench.sas.delete(sa);
    const reason = 'negotiation timeout';
    const effects = bench.tunnels.notice({ kind: 'closed', sa, reason } as never, now);
    assert.deepEqual(said(effects), [memberTunnelDown]);
    assert.deepEqual(bench.tunnels.missing(), [{ address: peer, reason }]);
    const { length } = bench.requests;
    bench.tunnels.called(peer, life(1), after(now, waitMs - 1));
    assert.equal(bench.requests.length, length);
    now = after(now, waitMs);
    bench.tunnels.tick(now);
    assert.equal(bench.requests.length, length + 1);
  }
  const [last] = [...bench.sas.keys()] as [SaId];
  bench.sas.delete(last);
  bench.tunnels.notice({ kind: 'closed', sa: last, reason: 'dead peer' } as never, now);
  const { length } = bench.requests;
  bench.tunnels.tick(after(now, 60_000));
  assert.equal(bench.requests.length, length, 'it has not called since');
});

test('more callers than a cluster has members are refused, until others have been silent for long', () => {
  const bench = new Bench();
  const caller = (n: number) => address(`10.32.2.${n}`);
  for (let n = 0; n < 25; n += 1)
    assert.deepEqual(said(bench.tunnels.called(caller(n), life(1), start).effects), []);
  assert.deepEqual(said(bench.tunnels.called(caller(25), life(1), start).effects), [
    tooManyCallers,
  ]);
  assert.equal(bench.tunnels.peerAt(caller(25)), undefined);
  for (const sa of [...bench.sas.keys()]) {
    bench.sas.delete(sa);
    bench.tunnels.notice({ kind: 'closed', sa, reason: 'negotiation timeout' } as never, start);
  }
  assert.equal(bench.tunnels.called(caller(25), life(1), after(start, 60_001)).isNew, true);
});
