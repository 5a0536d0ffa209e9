import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { createCipheriv, createHash } from 'node:crypto';
import { test } from 'node:test';
import { missing, systemCalls } from './testing/network.ts';
import { openTunnel, type TunnelOptions } from './testing/tunnel.ts';

const OCTETS = 24 * 1024 * 1024;
const PORT = 7000;

/** What a program of one line needs to make the same octets again. */
const STREAM = `require('node:crypto').createCipheriv('aes-128-ctr',Buffer.alloc(16),Buffer.alloc(16)).update(Buffer.alloc(${OCTETS}))`;
const expected = createHash('sha256')
  .update(
    createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(OCTETS)),
  )
  .digest('hex');

const server = (host: string): string => `
  const server = require('node:net').createServer((s) => { server.close(); s.end(${STREAM}); });
  server.listen(${PORT}, '${host}', () => console.log('ready'));`;
const client = (host: string): string => `
  const hash = require('node:crypto').createHash('sha256');
  require('node:net').connect(${PORT}, '${host}')
    .on('data', (octets) => hash.update(octets))
    .on('end', () => console.log(hash.digest('hex')));`;

/** The first line that a process prints. */
const line = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (part: Buffer) => {
      text += part.toString();
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
    });
    child.once('close', (code) => reject(new Error(`ended with ${code} and said nothing`)));
  });

/** Waits for the end of a process, which may have come already. */
const ended = (child: ChildProcess): Promise<unknown> =>
  child.exitCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => child.once('exit', resolve));

const reason = await missing();
const cases: readonly [string, TunnelOptions & { readonly six: boolean }][] = [
  ['AES-GCM in UDP', { suite: 'aes-gcm-16-128', encapsulation: 'udp', mtu: 1400, six: false }],
  [
    'AES-CBC in UDP, IPv6 inside, odd segments',
    { suite: 'aes-cbc-128-hmac-sha1-96', encapsulation: 'udp', mtu: 1381, six: true },
  ],
  ['ESP without UDP', { suite: 'chacha20-poly1305', encapsulation: 'none', mtu: 1400, six: false }],
  [
    'a path narrower than expected, so that ESP is fragmented',
    {
      suite: 'aes-gcm-16-256',
      encapsulation: 'udp',
      mtu: 1400,
      pathMtu: 1280,
      clampMss: false,
      six: false,
    },
  ],
];

for (const [title, { six, ...options }] of cases)
  test(`24 MiB of TCP arrive unharmed: ${title}`, { skip: reason ?? false }, async () => {
    const { ends, close } = await openTunnel(await systemCalls(), options);
    try {
      const [a, b] = ends;
      const host = six ? 'fd98::1' : a.inside;
      const serving = a.run(process.execPath, ['-e', server(host)]);
      assert.equal(await line(serving), 'ready');
      const fetching = b.run(process.execPath, ['-e', client(host)]);
      assert.equal(await line(fetching), expected);
      await Promise.all([ended(serving), ended(fetching)]);
      const spi = six ? 2000 : 1000;
      const counters = b.dataPlane.inboundCounters(spi);
      assert.ok(counters && counters.octets > OCTETS);
      const { replayed, authenticationFailed, malformed, selectorMismatch } = counters;
      assert.deepEqual([replayed, authenticationFailed, malformed, selectorMismatch], [0, 0, 0, 0]);
    } finally {
      await close();
    }
  });
