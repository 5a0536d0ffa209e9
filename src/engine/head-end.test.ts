import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { instant } from '#base/instant';
import { Prng } from '#base/prng';
import { emptyConfiguration } from '#config/configuration';
import { eventText } from '#events/event';
import { sasEnded, sessionsLoggedOff } from '#features/management/events';
import { saFailed } from '#ipsec/events';
import type { SaId } from '#ipsec/keying';
import { packetPathFailed } from './events.ts';
import { HeadEnd } from './head-end.ts';

const headEnd = (): HeadEnd =>
  new HeadEnd({
    random: new Prng(1),
    configuration: emptyConfiguration,
    startedAt: instant(0),
    version: 'test',
    natTraversalPort: 4500,
    counters: { inboundCounters: () => undefined, outboundCounters: () => undefined },
  });

test('a packet path that restarted is said in the log, with its reason', () => {
  const device = headEnd();
  const report = { kind: 'lost', reason: 'the worker ran out of memory' } as const;
  assert.deepEqual(device.step({ kind: 'dataPlane', report }, instant(5)), []);
  const [newest] = device.log.newestFirst();
  assert.ok(newest);
  assert.equal(
    eventText(newest.record),
    'The packet path restarted by itself: the worker ran out of memory',
  );
});

test('a packet path that failed is said in the log, with what to do', () => {
  const device = headEnd();
  const report = { kind: 'failed', reason: 'the worker died too often' } as const;
  assert.deepEqual(device.step({ kind: 'dataPlane', report }, instant(5)), []);
  const [newest] = device.log.newestFirst();
  assert.equal(newest?.record.definition, packetPathFailed);
  assert.match(packetPathFailed.remedy, /Start headend again/);
});

test('an answer that nobody asked for changes nothing', () => {
  const device = headEnd();
  const answers = [
    { kind: 'passwordVerified', accepted: true },
    { kind: 'failed', reason: 'never asked' },
  ] as const;
  for (const answer of answers)
    assert.deepEqual(device.step({ kind: 'answer', id: 7, answer }, instant(1)), []);
  assert.equal(device.deadline(), undefined);
  assert.equal(device.log.length, 0);
});

test('who logs sessions off and who ends IKE SAs is said in the log, with how many and which', () => {
  const device = headEnd();
  const open = (username: string) =>
    device.sessions.open(
      {
        kind: 'remoteAccess',
        username,
        group: 'sales',
        owner: username,
        peer: { address: address('192.0.2.9'), port: 500 },
        assigned: [],
        protocol: 'IPSec',
        encryption: 'AES-256',
        hash: 'SHA1',
        legacy: [],
      },
      instant(1),
    ).index;
  const indexes = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(open);
  const logOff = (some: readonly number[]) =>
    device.request({ kind: 'logOffSessions', indexes: some, done: '' }, instant(2), 'console 3');
  logOff(indexes.slice(0, 1));
  logOff(indexes);
  logOff([99]);
  const sas = [3 as SaId, 4 as SaId];
  device.request({ kind: 'closeIsakmpSas', sas, done: '' }, instant(2), 'root (web)');
  device.request({ kind: 'closeIsakmpSas', sas: [], done: '' }, instant(2), 'root (web)');
  assert.deepEqual(
    [...device.log.newestFirst()].reverse().map(({ record }) => eventText(record)),
    [
      'console 3 logged sessions off: 1, index 1 of a',
      'console 3 logged sessions off: 7, index 1 of a, 2 of b, 3 of c, 4 of d, 5 of e, and 2 more',
      'root (web) ended IKE SAs: 2',
    ],
  );
  const definitions = [...device.log.newestFirst()].map(({ record }) => record.definition);
  assert.deepEqual(definitions, [sasEnded, sessionsLoggedOff, sessionsLoggedOff]);
});

test('a contradiction in a feature ends the connection it is about, and is said in the log', () => {
  const device = headEnd();
  const sa = 3 as SaId;
  const closed: SaId[] = [];
  device.keying.tick = () => [{ kind: 'notice', notice: { kind: 'phaseOneCompleted', sa } }];
  device.keying.close = (which) => {
    closed.push(which);
    return [];
  };
  device.remoteAccess.notice = () => {
    throw new Error('two of one');
  };
  assert.deepEqual(device.step({ kind: 'tick' }, instant(1)), []);
  assert.deepEqual(closed, [sa]);
  const [newest] = device.log.newestFirst();
  assert.equal(newest?.record.definition, saFailed);
  assert.deepEqual(newest?.record.args, { reason: 'two of one' });
});
