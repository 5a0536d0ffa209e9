/**
 * Sends one and the same first message of aggressive mode to an address that moves from one responder to
 * another, every two milliseconds and for ever. Prints `ready`, and each time another responder answers
 * (its cookie is another) {"answeredAt": T, "lastBefore": T}: milliseconds of the monotonic clock, of that answer
 * and of the last one of the responder before it.
 * Usage: owner-probe.ts ADDRESS GROUP KEY
 */
import { createSocket } from 'node:dgram';
import { monotonicMs } from '../monotonic.ts';
import { firstMessage, isakmpPort } from './first-message.ts';

const everyMs = 2;
const responderCookie = [8, 16] as const;

const [address = '', group = '', groupKey = ''] = process.argv.slice(2);

const message = await firstMessage(address, group, groupKey);
const socket = createSocket('udp4');
// While nobody has the address ICMP may say so, which is no news.
socket.on('error', () => {});
setInterval(() => socket.send(message, isakmpPort, address, () => {}), everyMs);
let responder: string | undefined;
let lastBefore = 0;
socket.on('message', (bytes) => {
  const answeredAt = monotonicMs();
  const cookie = bytes.subarray(...responderCookie).toString('hex');
  if (cookie !== responder) console.log(JSON.stringify({ answeredAt, lastBefore }));
  responder = cookie;
  lastBefore = answeredAt;
});
console.log('ready');
