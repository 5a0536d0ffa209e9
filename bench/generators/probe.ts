/**
 * Sends one and the same first message of aggressive mode until somebody answers. Runs in the
 * client's namespace; prints `ready`, and at the answer {"answeredAt": milliseconds of the monotonic clock}.
 * Usage: probe.ts GATEWAY GROUP KEY
 */
import { createSocket } from 'node:dgram';
import { monotonicMs } from '../monotonic.ts';
import { firstMessage, isakmpPort } from './first-message.ts';

const everyMs = 5;

const [gateway = '', group = '', groupKey = ''] = process.argv.slice(2);

const message = await firstMessage(gateway, group, groupKey);
const socket = createSocket('udp4');
// Before there is a listener ICMP says so, which is no news.
socket.on('error', () => {});
const sending = setInterval(() => socket.send(message, isakmpPort, gateway, () => {}), everyMs);
socket.once('message', () => {
  console.log(JSON.stringify({ answeredAt: monotonicMs() }));
  clearInterval(sending);
  socket.close();
});
console.log('ready');
