import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { address } from '#base/address';
import { plainArena } from '#base/arena';
import { instant } from '#base/instant';
import { Prng } from '#base/prng';
import { EndpointWords } from '#dataplane/endpoint-words';
import { readSockaddr } from './linux.ts';
import { MESSAGE } from './message-layout.ts';
import { SendBatch } from './send-batch.ts';
import type { Sys } from './sys.ts';

const { EAGAIN, ENOBUFS, EINTR, EINVAL, EIO, EMSGSIZE, ENETUNREACH } = constants.errno;

const POINTER = 0x10000;
const SOL_UDP = 17;

/** What the kernel is asked to send: the packets of one message, by their first octets. */
type Message = {
  readonly packets: readonly number[];
  readonly dontFragment: boolean;
  readonly address: string;
};

/**
 * A batch on a kernel that is made up: `verdict` says of each message in turn what becomes of it, 0 or
 * an error number, and at the first error the call ends.
 */
function world(verdict: (message: Message, asked: number) => number) {
  const arena = { ...plainArena(2 ** 20), pointer: POINTER };
  const { words, bytes } = arena;
  const sent: Message[] = [];
  const tried: Message[] = [];
  const troubles = { dropped: 0, tooLarge: 0, polls: 0 };
  let errno = 0;
  let dontFragment = false;
  let asked = 0;
  const messageAt = (at: number): Message => {
    const message = at / 4;
    const vector = ((words[message + MESSAGE.iovec] as number) - POINTER) / 4;
    const start = (words[vector] as number) - POINTER;
    const octets = words[vector + 2] as number;
    const control = ((words[message + MESSAGE.control] as number) - POINTER) / 4;
    const isTrain =
      (words[message + MESSAGE.controlOctets] as number) > 0 && words[control + 2] === SOL_UDP;
    const size = isTrain ? (words[control + 4] as number) : octets;
    const packets: number[] = [];
    for (let k = 0; k < octets; k += size) packets.push(bytes[start + k] as number);
    const to = new EndpointWords();
    readSockaddr(bytes, (words[message + MESSAGE.name] as number) - POINTER, to);
    return { packets, dontFragment, address: to.endpoint().address };
  };
  const sys = {
    memory: () => arena,
    errno: () => errno,
    poll: () => {
      troubles.polls += 1;
      return 1;
    },
    setsockopt: (_fd: number, _level: number, _name: number, value: number) => {
      dontFragment = words[(value - POINTER) / 4] === 2;
      return 0;
    },
    sendmmsg: (_fd: number, pointer: number, count: number) => {
      for (let i = 0; i < count; i += 1) {
        const message = messageAt(pointer - POINTER + i * MESSAGE.octets);
        asked += 1;
        tried.push(message);
        errno = verdict(message, asked);
        if (errno !== 0) return i === 0 ? -1 : i;
        sent.push(message);
      }
      return count;
    },
  } as unknown as Sys;
  const batch = new SendBatch(
    sys,
    { fd: 3, family: 4, isUdp: true },
    {
      dropped: (packets) => {
        troubles.dropped += packets;
      },
      tooLarge: () => {
        troubles.tooLarge += 1;
      },
    },
  );
  let count = 0;
  const add = (
    port: number,
    octets: number,
    marked = false,
    fits = true,
    to = '192.0.2.1',
  ): void => {
    const at = batch.reserve(octets, marked);
    count += 1;
    batch.arena.bytes[at] = count;
    batch.commit(EndpointWords.of({ address: address(to), port }), octets, 0, fits);
  };
  const order = () => sent.flatMap(({ packets }) => packets);
  return { batch, add, sent, order, troubles, tried, asked: () => asked };
}

test('packets of one size to one peer travel as a train, in order', () => {
  const { batch, add, sent, order } = world(() => 0);
  for (const octets of [100, 100, 100, 60, 100, 100]) add(1, octets);
  add(2, 100);
  add(1, 100);
  batch.flush();
  assert.deepEqual(
    sent.map(({ packets }) => packets.length),
    [4, 2, 1, 1],
  );
  assert.deepEqual(order(), [1, 2, 3, 4, 5, 6, 7, 8]);
});

for (const [name, errno] of Object.entries({ EAGAIN, ENOBUFS }))
  test(`${name}: the loop waits for room once, then nothing is lost`, () => {
    const { batch, add, order, troubles } = world((_, asked) =>
      asked === 3 || asked === 4 ? errno : 0,
    );
    for (let port = 1; port <= 6; port += 1) add(port, 100);
    batch.flush();
    assert.deepEqual(order(), [1, 2, 3, 4, 5, 6]);
    assert.deepEqual(troubles, { dropped: 0, tooLarge: 0, polls: 1 });
  });

for (const [name, errno] of Object.entries({ EAGAIN, ENOBUFS }))
  test(`${name}: a socket that never has room costs the packets of a turn one wait, and they are counted`, () => {
    const { batch, add, sent, troubles, asked } = world(() => errno);
    for (let turn = 1; turn <= 2; turn += 1) {
      const before = asked();
      // Trains, more of them than one call takes, with and without DF.
      for (let i = 0; i < 600; i += 1) add(i >> 2, 100, i % 200 < 100);
      batch.flush();
      assert.equal(sent.length, 0);
      assert.equal(troubles.dropped, turn * 600);
      assert.equal(troubles.polls, turn);
      assert.equal(asked() - before, 151, 'no train is tried again, packet by packet');
    }
  });

test('room that comes after the wait of a turn was in vain is used', () => {
  const { batch, add, order, troubles } = world((_, asked) => (asked <= 3 ? EAGAIN : 0));
  for (let port = 1; port <= 4; port += 1) for (let i = 0; i < 2; i += 1) add(port, 100);
  batch.flush();
  assert.deepEqual(order(), [5, 6, 7, 8]);
  assert.deepEqual(troubles, { dropped: 4, tooLarge: 0, polls: 1 });
});

test('EINTR is no reason to lose anything', () => {
  const { batch, add, order } = world((_, asked) => (asked < 5 ? EINTR : 0));
  add(1, 100);
  batch.flush();
  assert.deepEqual(order(), [1]);
});

test('EMSGSIZE: the packets leave one by one without DF, and the path is said to be narrow', () => {
  const { batch, add, sent, order, troubles } = world(({ dontFragment, packets }) =>
    dontFragment || packets.length > 1 ? EMSGSIZE : 0,
  );
  for (let i = 0; i < 3; i += 1) add(1, 1500, true);
  add(2, 100, false);
  batch.flush();
  assert.deepEqual(order(), [1, 2, 3, 4]);
  assert.ok(sent.every((message) => !message.dontFragment));
  assert.equal(troubles.dropped, 0);
  assert.ok(troubles.tooLarge > 0);
});

test('what does not fit the path goes by itself, to be fragmented, and says nothing about the path', () => {
  const { batch, add, sent, order, troubles, asked } = world(({ packets }) =>
    packets.length > 1 && packets.some((n) => n % 4 !== 0) ? EMSGSIZE : 0,
  );
  // Of four packets of a frame the last is short, and fits.
  for (let i = 1; i <= 20; i += 1) add(1, i % 4 === 0 ? 1000 : 2000, false, i % 4 === 0);
  batch.flush();
  assert.deepEqual(
    order(),
    [...Array(20).keys()].map((i) => i + 1),
  );
  assert.ok(sent.every(({ packets }) => packets.length === 1));
  assert.deepEqual([troubles.dropped, troubles.tooLarge, asked()], [0, 0, 20]);
});

test('a train that the path carries no longer says so without DF too', () => {
  const { batch, add, order, troubles } = world(({ packets }) =>
    packets.length > 1 ? EMSGSIZE : 0,
  );
  for (let i = 0; i < 3; i += 1) add(1, 1400);
  batch.flush();
  assert.deepEqual(order(), [1, 2, 3]);
  assert.deepEqual([troubles.dropped, troubles.tooLarge], [0, 1]);
});

test('EINVAL: the packets with DF of a train say one by one that the path is narrow', () => {
  const { batch, add, order, troubles } = world(({ dontFragment, packets }) =>
    packets.length > 1 ? EINVAL : dontFragment ? EMSGSIZE : 0,
  );
  for (let i = 0; i < 3; i += 1) add(1, 1500, true);
  batch.flush();
  assert.deepEqual(order(), [1, 2, 3]);
  assert.deepEqual([troubles.dropped, troubles.tooLarge], [0, 3]);
});

test('EIO: a peer that takes no trains is sent none for a minute, and others are', () => {
  const { batch, add, order, tried } = world(({ packets, address: to }) =>
    packets.length > 1 && to === '192.0.2.1' ? EIO : 0,
  );
  const round = (atMs: number): string => {
    tried.length = 0;
    batch.age(instant(atMs));
    for (let i = 0; i < 2; i += 1) add(1, 100);
    for (let i = 0; i < 2; i += 1) add(1, 100, false, true, '192.0.2.2');
    batch.flush();
    return tried.map(({ packets, address: to }) => `${packets.length} to ${to}`).join(', ');
  };
  const single = '1 to 192.0.2.1, 1 to 192.0.2.1';
  const train = '2 to 192.0.2.2';
  assert.equal(round(0), `2 to 192.0.2.1, ${single}, ${train}`);
  for (const atMs of [1, 60_000]) assert.equal(round(atMs), `${single}, ${train}`);
  assert.equal(round(60_001), `2 to 192.0.2.1, ${single}, ${train}`);
  assert.equal(round(60_002), `${single}, ${train}`);
  assert.deepEqual(order().length, 20);
});

test('EIO of sixteen peers is taken for one of all, for a minute', () => {
  const { batch, add, order, tried } = world(({ packets }) => (packets.length > 1 ? EIO : 0));
  const round = (atMs: number): number => {
    tried.length = 0;
    batch.age(instant(atMs));
    for (let i = 0; i < 200; i += 1) add(1, 100, false, true, `192.0.2.${1 + (i >> 1)}`);
    batch.flush();
    return tried.filter(({ packets }) => packets.length > 1).length;
  };
  // What was collected when the first failed is tried as it is.
  assert.equal(round(0), 100);
  assert.equal(round(1), 0);
  assert.equal(round(60_001), 100);
  assert.deepEqual(order().length, 600);
});

test('a peer that cannot be reached costs its own packets only', () => {
  const { batch, add, order, troubles } = world(({ packets }) =>
    packets.some((n) => n % 2 === 0) ? ENETUNREACH : 0,
  );
  for (let i = 1; i <= 9; i += 1) add(i, 100);
  batch.flush();
  assert.deepEqual(order(), [1, 3, 5, 7, 9]);
  assert.equal(troubles.dropped, 4);
});

test('whatever the kernel refuses, every packet is sent once or counted, in order', () => {
  const random = new Prng(1);
  const errors = [EAGAIN, ENOBUFS, EMSGSIZE, EIO, ENETUNREACH, EINTR];
  for (let round = 0; round < 500; round += 1) {
    const { batch, add, order, troubles } = world(() =>
      random.between(0, 3) > 0 ? 0 : (errors[random.between(0, errors.length - 1)] as number),
    );
    const count = random.between(1, 200);
    for (let i = 0; i < count; i += 1)
      add(
        random.between(1, 2),
        100 - (random.between(0, 5) === 0 ? 40 : 0),
        random.between(0, 9) === 0,
      );
    batch.flush();
    const left = order();
    assert.equal(left.length + troubles.dropped, count);
    assert.deepEqual(
      left,
      [...new Set(left)].sort((a, b) => a - b),
    );
  }
});
