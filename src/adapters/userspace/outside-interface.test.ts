import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { missing, systemCalls } from './testing/network.ts';
import { type End, openTunnel } from './testing/tunnel.ts';

const reason = await missing();

const ended = async (child: ChildProcess): Promise<unknown> =>
  child.exitCode ?? (await once(child, 'exit'))[0];

const must = async (end: End, command: string): Promise<void> => {
  const [program = '', ...args] = command.split(' ');
  assert.equal(await ended(end.run(program, args)), 0, command);
};

const PINGS = 3;

test('an outside interface that goes and returns costs what was sent meanwhile', {
  skip: reason ?? false,
}, async () => {
  const options = { suite: 'aes-gcm-16-128', encapsulation: 'udp', mtu: 1400 } as const;
  const { ends, close } = await openTunnel(await systemCalls(), options);
  const [a, b] = ends;
  const ping = () => {
    const args = ['-c', `${PINGS}`, '-i', '0.05', '-W', '1', a.inside];
    return ended(b.run('ping', args));
  };
  const answered = async () => {
    while ((await ended(b.run('ping', ['-c', '1', '-W', '1', a.inside]))) !== 0);
  };
  const dropped = () => b.dataPlane.counters().queueFull;
  const sent = () => b.dataPlane.counters().packetsTx;
  /** Waits for a worker that is behind; counts too high are never right again. */
  const countsDropped = async (packets: number) => {
    while (dropped() < packets) await delay(5);
    assert.equal(dropped(), packets);
  };
  try {
    // Workers take their time to start.
    await answered();
    const before = sent();
    await must(b, 'ip link set dev veth1 down');
    assert.equal(await ping(), 1);
    await countsDropped(PINGS);
    assert.equal(sent() - before, PINGS, 'counted');
    await must(b, 'ip link set dev veth1 up');
    await answered();

    // Both ends of the cable, with their addresses, and another cable in their place.
    await must(b, 'ip link delete dev veth1');
    assert.equal(await ping(), 1);
    await countsDropped(2 * PINGS);
    const sleeper = a.run('sleep', ['60']);
    await must(b, `ip link add veth1 type veth peer name veth0 netns ${sleeper.pid}`);
    for (const [i, end] of ends.entries()) {
      await must(end, `ip address add 192.0.2.${i + 1}/24 dev veth${i}`);
      await must(end, `ip link set dev veth${i} up`);
    }
    sleeper.kill();
    await answered();
    assert.equal(dropped(), 2 * PINGS);
    for (const { reports } of ends)
      assert.deepEqual(
        reports.map(({ kind }) => kind),
        ['inboundActive'],
        'no worker died, and nobody moved',
      );
  } finally {
    await close();
  }
});
