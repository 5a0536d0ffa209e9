/**
 * Begins aggressive mode at an address every five milliseconds, each time as another client, and goes no further.
 * Prints `ready`, and whenever no newcomer was answered for longer than ever before {"gapMs": T}.
 * Usage: newcomer-probe.ts ADDRESS GROUP KEY
 */
import { randomFillSync } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { monotonicMs } from '../monotonic.ts';
import { firstMessage, isakmpPort } from './first-message.ts';

const everyMs = 5;
const cookieOctets = 8;

const [address = '', group = '', groupKey = ''] = process.argv.slice(2);

const message = await firstMessage(address, group, groupKey);
const socket = createSocket('udp4');
// While nobody has the address ICMP may say so, which is no news.
socket.on('error', () => {});
setInterval(() => {
  randomFillSync(message, 0, cookieOctets);
  socket.send(message, isakmpPort, address, () => {});
}, everyMs);
const answered = new Set<string>();
let [lastAt, longestMs] = [Number.POSITIVE_INFINITY, 0];
socket.on('message', (bytes) => {
  // An answer that is repeated is none to a newcomer.
  const cookie = bytes.subarray(0, cookieOctets).toString('hex');
  if (answered.has(cookie)) return;
  answered.add(cookie);
  const at = monotonicMs();
  if (at - lastAt > longestMs) {
    longestMs = at - lastAt;
    console.log(JSON.stringify({ gapMs: longestMs }));
  }
  lastAt = at;
});
console.log('ready');
