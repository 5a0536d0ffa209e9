import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { test } from 'node:test';
import { missing, systemCalls } from './testing/network.ts';
import { openTunnel } from './testing/tunnel.ts';

/** Drops every fragment before anybody puts it together, as many a NAT does. */
const DROPS_FRAGMENTS = `
  add table ip path
  add chain ip path fragments { type filter hook prerouting priority -450; }
  add rule ip path fragments iifname "veth*" ip frag-off & 0x3fff != 0 drop`;

const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => child.once('exit', resolve));

const reason = await missing();

for (const fragmentationPolicy of [1, 2, 3] as const) {
  const passes = fragmentationPolicy !== 1;
  const outcome = passes ? 'pass' : 'do not pass';
  test(`NAT-19: behind a NAT that drops fragments, pings of 1500 octets ${outcome} with option ${fragmentationPolicy}`, {
    skip: reason ?? false,
  }, async () => {
    const { ends, close } = await openTunnel(await systemCalls(), {
      suite: 'aes-cbc-128-hmac-sha1-96',
      encapsulation: 'udp',
      mtu: 1500,
      fragmentationPolicy,
    });
    try {
      const [a, b] = ends;
      for (const end of ends)
        assert.equal(await ended(end.run('nft', [DROPS_FRAGMENTS])), 0, 'nft is installed');
      const ping = (octets: number, patienceSeconds: number) => {
        const size = ['-s', `${octets - 28}`, '-M', 'dont'];
        const patience = ['-W', `${patienceSeconds}`];
        return ended(b.run('ping', ['-c', '3', '-i', '0.1', ...patience, ...size, a.inside]));
      };
      // The workers may still be starting; what is sent meanwhile waits for them.
      assert.equal(await ping(1400, 20), 0);
      assert.equal(await ping(1500, passes ? 20 : 2), passes ? 0 : 1);
    } finally {
      await close();
    }
  });
}
