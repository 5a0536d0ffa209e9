import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { address, type IpAddress } from '#base/address';
import { toUtf8 } from '#base/bytes';
import type { ClusterEnds, ClusterInput } from '#features/cluster/port';
import { stretching } from '#protocol/vcl/keys';
import type { AddressHolder } from './address-holder.ts';
import { ClusterPort } from './cluster-port.ts';
import { MemberStore } from './member-store.ts';
import { MemoryAddressHolder } from './memory-address-holder.ts';

/** A member on loopback: what it was told, and what became of the cluster address. */
class Member {
  readonly told: ClusterInput[] = [];
  readonly done: string[] = [];
  readonly port: ClusterPort;
  refusal: string | undefined;
  #waiting: (() => void) | undefined;

  constructor(t: TestContext) {
    const folder = mkdtempSync(join(tmpdir(), 'headend-cluster-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const note = (what: string) => (addresses: readonly IpAddress[]) =>
      void this.done.push(`${what} ${addresses.join()}`);
    const holder = (): AddressHolder => ({
      open: () => this.refusal,
      acquire: note('acquire'),
      announce: note('announce'),
      release: note('release'),
      probe: note('probe'),
      close: () => void this.done.push('close'),
    });
    this.port = new ClusterPort({
      store: new MemberStore(join(folder, 'member.db')),
      random: (octets) => new Uint8Array(octets).fill(7),
      wallClockMs: () => 1_000_000,
      holder,
      input: (input) => {
        this.told.push(input);
        this.#waiting?.();
      },
    });
    t.after(() => this.port.close());
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

const ends = (host: number, port: number): ClusterEnds => ({
  privateAddress: address(`127.32.1.${host}`),
  publicAddresses: [address(`127.18.124.${host}`)],
  clusterAddresses: [address('127.18.124.254')],
  port,
  group: undefined,
});

test('members hear each other on both sides, and what was sent while sockets were bound is not lost', async (t) => {
  const [one, two] = [new Member(t), new Member(t)];
  two.port.perform({ kind: 'open', ends: ends(130, 19023) });
  await new Promise((resolve) => setTimeout(resolve, 50));
  one.port.perform({ kind: 'open', ends: ends(129, 19023) });
  for (const [side, at] of [
    ['private', '127.32.1.130'],
    ['public', '127.18.124.130'],
  ] as const) {
    const to = { address: address(at), port: 19023 };
    one.port.perform({ kind: 'send', side, to, octets: Uint8Array.of(1, 2) });
    const heard = await two.next();
    assert.deepEqual(heard, {
      kind: 'datagram',
      side,
      from: { address: side === 'private' ? '127.32.1.129' : '127.18.124.129', port: 19023 },
      octets: Uint8Array.of(1, 2),
    });
  }
});

test('a port that is taken is told in one line', async (t) => {
  const [one, two] = [new Member(t), new Member(t)];
  one.port.perform({ kind: 'open', ends: ends(140, 19024) });
  await new Promise((resolve) => setTimeout(resolve, 50));
  two.port.perform({ kind: 'open', ends: ends(140, 19024) });
  const told = await two.next();
  assert.ok(told.kind === 'portFailed');
  assert.match(told.reason, /127\.32\.1\.140:19024 is taken/);
});

test('an address that cannot be held is told, and the holder does as it is asked, in order', async (t) => {
  const member = new Member(t);
  member.refusal = 'no interface has it';
  member.port.perform({ kind: 'open', ends: ends(141, 19025) });
  assert.deepEqual(await member.next(), { kind: 'portFailed', reason: 'no interface has it' });
  member.refusal = undefined;
  member.port.perform({ kind: 'open', ends: ends(141, 19025) });
  await new Promise((resolve) => setTimeout(resolve, 20));
  const addresses = [address('127.18.124.254')];
  member.done.length = 0;
  member.port.perform({ kind: 'probeAddress', addresses });
  member.port.perform({ kind: 'acquireAddress', addresses });
  member.port.perform({ kind: 'announceAddress', addresses, times: 5 });
  member.port.perform({ kind: 'releaseAddress', addresses });
  await member.port.close();
  const all = ['probe', 'acquire', 'announce', 'release'].map((what) => `${what} 127.18.124.254`);
  assert.deepEqual(member.done, [...all, 'close']);
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
  const holder = new MemoryAddressHolder(async (addresses, has) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    calls.push(`${addresses.join()} ${has}`);
  });
  const addresses = [address('127.18.124.254')];
  assert.equal(holder.open(), undefined);
  holder.acquire(addresses);
  holder.announce(addresses);
  holder.release(addresses);
  holder.announce(addresses);
  holder.close();
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.deepEqual(calls, [
    '127.18.124.254 true',
    '127.18.124.254 true',
    '127.18.124.254 false',
    ' true',
    ' false',
  ]);
});
