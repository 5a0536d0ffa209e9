import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { address, type IpAddress } from '#base/address';
import { toUtf8 } from '#base/bytes';
import type { ClusterEnds, ClusterInput } from '#features/cluster/port';
import { stretching } from '#protocol/vcl/keys';
import type { Links } from '#protocol/vcl/state';
import { loadSys } from '../userspace/sys.ts';
import type { AddressHolder, HolderNotices } from './address-holder.ts';
import { ClusterPort } from './cluster-port.ts';
import { KernelMemberSockets } from './kernel-member-sockets.ts';
import { MemberLives } from './member-lives.ts';
import { PortableMemberSockets, type Received } from './member-sockets.ts';
import { MemoryAddressHolder } from './memory-address-holder.ts';

const sys = await loadSys();
if (!sys.ok) throw new Error(sys.error);
const kinds = {
  portable: PortableMemberSockets.open,
  kernel: (ends: ClusterEnds, received: Received) =>
    KernelMemberSockets.open(sys.value, ends, received),
} as const;
type Kind = keyof typeof kinds;

/** A member on loopback: what it was told, and what became of the cluster address. */
class Member {
  readonly told: ClusterInput[] = [];
  readonly done: string[] = [];
  readonly port: ClusterPort;
  refusal: string | undefined;
  /** Why it is not given the cluster address. */
  obstacle: string | undefined;
  onTold: (() => void) | undefined;
  cables: ((links: Links) => void) | undefined;
  #waiting: (() => void) | undefined;

  constructor(t: TestContext, kind: Kind = 'portable') {
    const folder = mkdtempSync(join(tmpdir(), 'headend-cluster-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const note = (what: string) => (addresses: readonly IpAddress[]) =>
      void this.done.push(`${what} ${addresses.join()}`);
    const holder = (_: ClusterEnds, { failed }: HolderNotices): AddressHolder => ({
      open: () => this.refusal,
      acquire: (addresses) => {
        note('acquire')(addresses);
        if (this.obstacle !== undefined) failed(this.obstacle);
      },
      announce: note('announce'),
      release: note('release'),
      probe: note('probe'),
      close: () => void this.done.push('close'),
    });
    this.port = new ClusterPort({
      lives: new MemberLives(join(folder, 'member.db')),
      random: (octets) => new Uint8Array(octets).fill(7),
      wallClockMs: () => 1_000_000,
      holder,
      sockets: kinds[kind],
      links: (_, changed) => {
        this.cables = changed;
        return { close: () => void this.done.push('unwatched') };
      },
      input: (input) => {
        this.told.push(input);
        this.onTold?.();
        this.#waiting?.();
      },
    });
    t.after(() => this.port.end());
  }

  /** Opens its ends, and waits until it has heard itself there. */
  async open(ends: ClusterEnds): Promise<void> {
    const to = { address: ends.privateAddress, port: ends.port };
    this.port.perform({ kind: 'open', ends });
    this.port.perform({ kind: 'send', side: 'private', to, octets: Uint8Array.of(0) });
    assert.equal((await this.next()).kind, 'datagram');
  }

  /** The next thing it is told. */
  async next(): Promise<ClusterInput> {
    while (this.told.length === 0)
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    return this.told.shift() as ClusterInput;
  }
}

/** A port of this run: another may be under way on the same machine. */
const portOf = (n: number): number => 20_000 + (process.pid % 1000) * 10 + n;

const ends = (host: number, port: number): ClusterEnds => ({
  privateAddress: address(`127.32.1.${host}`),
  publicAddresses: [address(`127.18.124.${host}`)],
  clusterAddresses: [address('127.18.124.254')],
  port,
  group: undefined,
});

for (const kind of ['portable', 'kernel'] as const) {
  test(`${kind} sockets: members hear each other on both sides, and what was sent while sockets were bound is not lost`, async (t) => {
    const [one, two] = [new Member(t, kind), new Member(t, kind)];
    await two.open(ends(130, portOf(3)));
    one.port.perform({ kind: 'open', ends: ends(129, portOf(3)) });
    for (const [side, at] of [
      ['private', '127.32.1.130'],
      ['public', '127.18.124.130'],
    ] as const) {
      const to = { address: address(at), port: portOf(3) };
      one.port.perform({ kind: 'send', side, to, octets: Uint8Array.of(1, 2) });
      const heard = await two.next();
      assert.deepEqual(heard, {
        kind: 'datagram',
        side,
        from: { address: side === 'private' ? '127.32.1.129' : '127.18.124.129', port: portOf(3) },
        octets: Uint8Array.of(1, 2),
      });
    }
  });

  test(`${kind} sockets: a port that is taken is told in one line, and a port that was closed is free`, async (t) => {
    const [one, two] = [new Member(t, kind), new Member(t, kind)];
    await one.open(ends(140, portOf(4)));
    two.port.perform({ kind: 'open', ends: ends(140, portOf(4)) });
    const told = await two.next();
    assert.ok(told.kind === 'portFailed');
    assert.match(told.reason, new RegExp(`127\\.32\\.1\\.140:${portOf(4)} is taken`));
    await one.port.end();
    two.port.perform({ kind: 'open', ends: ends(140, portOf(4)) });
    const to = { address: address('127.32.1.140'), port: portOf(4) };
    two.port.perform({ kind: 'send', side: 'private', to, octets: Uint8Array.of(3) });
    assert.equal((await two.next()).kind, 'datagram');
  });

  test(`${kind} sockets: a burst arrives whole and in order, in more than one turn of the event loop`, async (t) => {
    const member = new Member(t, kind);
    member.port.perform({ kind: 'open', ends: ends(142, portOf(6)) });
    const to = { address: address('127.32.1.142'), port: portOf(6) };
    // A buffer of the size that every system grants has room for them.
    const count = 300;
    for (let n = 0; n < count; n += 1)
      member.port.perform({
        kind: 'send',
        side: 'private',
        to,
        octets: Uint8Array.of(n >> 8, n & 255),
      });
    for (let n = 0; n < count; n += 1) {
      const heard = await member.next();
      assert.ok(heard.kind === 'datagram');
      assert.deepEqual([...heard.octets], [n >> 8, n & 255]);
    }
  });

  test(`${kind} sockets: a member may close them while it is told of a datagram`, async (t) => {
    const member = new Member(t, kind);
    member.port.perform({ kind: 'open', ends: ends(143, portOf(7)) });
    const to = { address: address('127.32.1.143'), port: portOf(7) };
    for (const octet of [1, 2, 3])
      member.port.perform({ kind: 'send', side: 'private', to, octets: Uint8Array.of(octet) });
    member.onTold = () => member.port.perform({ kind: 'close' });
    await member.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(member.told, []);
  });
}

test('kernel sockets: what is sent to the group by one member is heard by another', async (t) => {
  const group = address('239.255.90.23');
  const [one, two] = [new Member(t, 'kernel'), new Member(t, 'kernel')];
  one.port.perform({ kind: 'open', ends: { ...ends(144, portOf(8)), group } });
  two.port.perform({ kind: 'open', ends: { ...ends(145, portOf(8)), group } });
  const to = { address: group, port: portOf(8) };
  two.port.perform({ kind: 'send', side: 'private', to, octets: Uint8Array.of(9) });
  const heard = await one.next();
  assert.ok(heard.kind === 'datagram');
  assert.deepEqual(heard.from, { address: '127.32.1.145', port: portOf(8) });
});

test('an address that cannot be held is told, and the holder does as it is asked, in order', async (t) => {
  const member = new Member(t);
  member.refusal = 'no interface has it';
  member.port.perform({ kind: 'open', ends: ends(141, portOf(5)) });
  assert.deepEqual(await member.next(), { kind: 'portFailed', reason: 'no interface has it' });
  member.refusal = undefined;
  await member.open(ends(141, portOf(5)));
  const addresses = [address('127.18.124.254')];
  member.done.length = 0;
  member.port.perform({ kind: 'probeAddress', addresses });
  member.port.perform({ kind: 'acquireAddress', addresses });
  member.port.perform({ kind: 'announceAddress', addresses, times: 5 });
  member.port.perform({ kind: 'releaseAddress', addresses });
  await member.port.end();
  const all = ['probe', 'acquire', 'announce', 'release'].map((what) => `${what} 127.18.124.254`);
  assert.deepEqual(member.done, [...all, 'unwatched', 'close']);
});

test('the step that opens the sockets may probe for the address too; what it wants keeps its order', async (t) => {
  const member = new Member(t);
  const addresses = [address('127.18.124.254')];
  const to = { address: address('127.32.1.146'), port: portOf(9) };
  member.port.perform({ kind: 'open', ends: ends(146, portOf(9)) });
  member.port.perform({ kind: 'probeAddress', addresses });
  member.port.perform({ kind: 'acquireAddress', addresses });
  member.port.perform({ kind: 'announceAddress', addresses, times: 5 });
  member.port.perform({ kind: 'send', side: 'private', to, octets: Uint8Array.of(1) });
  member.port.perform({ kind: 'releaseAddress', addresses });
  assert.equal((await member.next()).kind, 'datagram');
  const all = ['probe', 'acquire', 'announce', 'release'].map((what) => `${what} 127.18.124.254`);
  assert.deepEqual(member.done, all);
});

test('a member that is not given the address is told once, after the step, unless it has closed its sockets', async (t) => {
  const member = new Member(t);
  const addresses = [address('127.18.124.254')];
  await member.open(ends(148, portOf(2)));
  member.obstacle = 'the interface is gone';
  member.port.perform({ kind: 'acquireAddress', addresses });
  assert.deepEqual(member.told, []);
  assert.deepEqual(await member.next(), { kind: 'portFailed', reason: 'the interface is gone' });
  member.port.perform({ kind: 'acquireAddress', addresses });
  member.port.perform({ kind: 'close' });
  member.obstacle = undefined;
  await member.open(ends(148, portOf(2)));
  assert.deepEqual(member.told, []);
});

test('LB-02: a member is told of its cables while its sockets are open', async (t) => {
  const member = new Member(t);
  await member.open(ends(149, portOf(1)));
  member.cables?.({ public: false, private: true });
  assert.deepEqual(member.told, [{ kind: 'links', links: { public: false, private: true } }]);
  await member.port.end();
  member.cables?.({ public: true, private: true });
  assert.equal(member.told.length, 1);
});

test('a member that was ended while it waited or bound its sockets hears nothing, and its port is free', async (t) => {
  const [ended, next] = [new Member(t), new Member(t)];
  const question = { kind: 'stretchKey', secret: toUtf8('word'), ...stretching('c|9023') } as const;
  ended.port.perform({ kind: 'ask', ticket: 1, question });
  ended.port.perform({ kind: 'ask', ticket: 2, question: { kind: 'newLife' } });
  ended.port.perform({ kind: 'open', ends: ends(147, portOf(10)) });
  await ended.port.end();
  ended.port.perform({ kind: 'open', ends: ends(147, portOf(10)) });
  ended.port.perform({ kind: 'ask', ticket: 3, question: { kind: 'newLife' } });
  await next.open(ends(147, portOf(10)));
  // As slow as the one that the ended member asked for.
  next.port.perform({ kind: 'ask', ticket: 1, question });
  assert.equal((await next.next()).kind, 'answer');
  assert.deepEqual(ended.told, []);
});

test('keys are stretched, lives come from the store, and names are looked up', async (t) => {
  const member = new Member(t);
  const question = { kind: 'stretchKey', secret: toUtf8('word'), ...stretching('c|9023') } as const;
  member.port.perform({ kind: 'ask', ticket: 1, question });
  const stretched = await member.next();
  assert.ok(stretched.kind === 'answer' && stretched.answer.kind === 'keyStretched');
  assert.equal(stretched.answer.octets.length, 32);
  member.port.perform({ kind: 'ask', ticket: 2, question: { kind: 'newLife' } });
  const life = await member.next();
  assert.ok(life.kind === 'answer' && life.answer.kind === 'newLife');
  assert.equal(life.answer.identity.member, '07'.repeat(8));
  const name = { kind: 'resolveName', name: 'localhost', servers: [] } as const;
  member.port.perform({ kind: 'ask', ticket: 3, question: name });
  const resolved = await member.next();
  assert.ok(resolved.kind === 'answer' && resolved.answer.kind === 'nameResolved');
  assert.ok(resolved.answer.addresses.some((a) => a === '127.0.0.1' || a === '::1'));
});

test('on loopback, whoever listens at the cluster address has it, one after the other', async () => {
  const calls: string[] = [];
  const closed = Promise.withResolvers<void>();
  const holder = new MemoryAddressHolder(async (addresses, has) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    calls.push(`${addresses.join()} ${has}`);
    if (calls.length === 5) closed.resolve();
  });
  const addresses = [address('127.18.124.254')];
  assert.equal(holder.open(), undefined);
  holder.acquire(addresses);
  holder.announce(addresses);
  holder.release(addresses);
  holder.announce(addresses);
  holder.close();
  await closed.promise;
  assert.deepEqual(calls, [
    '127.18.124.254 true',
    '127.18.124.254 true',
    '127.18.124.254 false',
    ' true',
    ' false',
  ]);
});
