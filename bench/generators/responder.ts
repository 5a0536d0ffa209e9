/**
 * Answers every datagram to UDP 500, at any address of this node, at once with the datagram itself and a
 * responder cookie of its own: the fastest responder there can be behind an address that moves.
 * Usage: responder.ts
 */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isakmpPort } from './first-message.ts';

const responderCookieAt = 8;
const cookie = randomBytes(8);

const socket = createSocket('udp4');
socket.on('message', (bytes, { address, port }) => {
  cookie.copy(bytes, responderCookieAt);
  socket.send(bytes, port, address, () => {});
});
socket.bind(isakmpPort, () => console.log('ready'));
