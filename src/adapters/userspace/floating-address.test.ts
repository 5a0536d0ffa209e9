import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { missing, systemCalls } from './testing/network.ts';
import { openTunnel } from './testing/tunnel.ts';

const reason = await missing();

/** Workers take their time to start. */
const TRIES = 60;

for (const encapsulation of ['none', 'udp'] as const)
  test(`a tunnel with an address that comes after the start, encapsulation ${encapsulation}`, {
    skip: reason ?? false,
  }, async () => {
    const options = { suite: 'aes-gcm-16-128', encapsulation, mtu: 1400, floating: true } as const;
    const { ends, close } = await openTunnel(await systemCalls(), options);
    const [a, b] = ends;
    const isAnswered = async () => {
      const ping = b.run('ping', ['-c', '1', '-W', '1', a.inside]);
      const [status] = ping.exitCode === null ? await once(ping, 'exit') : [ping.exitCode];
      return status === 0;
    };
    try {
      let tries = 0;
      while (!(await isAnswered())) {
        tries += 1;
        assert.ok(tries < TRIES, 'nothing passes');
      }
    } finally {
      await close();
    }
  });
