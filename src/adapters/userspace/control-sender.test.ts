import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, type Endpoint } from '#base/address';
import { bindUdp } from '../udp.ts';
import { ControlSender } from './control-sender.ts';
import { openUdp } from './sockets.ts';
import { loadSys } from './sys.ts';

const loaded = await loadSys();
const skip = loaded.ok ? false : loaded.error;

/** An address of this run: another may be under way on the same machine. */
const own = address(`127.88.${(process.pid >> 7) & 255}.${1 + (process.pid & 127)}`);
const loopback = (port: number): Endpoint => ({ address: own, port });

/** The next datagram that a socket of this machine receives. */
async function receiver() {
  let heard: (datagram: { readonly from: Endpoint; readonly bytes: Uint8Array }) => void = () => {};
  const bound = await bindUdp(loopback(0), (from, bytes) => heard({ from, bytes }));
  assert.ok(bound.ok);
  const next = () =>
    new Promise<{ readonly from: Endpoint; readonly bytes: Uint8Array }>((resolve) => {
      heard = resolve;
    });
  return { socket: bound.value, next };
}

test('a control datagram leaves at once, through the socket it belongs to', { skip }, async () => {
  assert.ok(loaded.ok);
  const sys = loaded.value;
  const local = loopback(10_600);
  const opened = openUdp(sys, { endpoint: local, encapsulated: true }, 1);
  assert.ok(opened.ok);
  const sender = new ControlSender(sys, opened.value);
  const { socket, next } = await receiver();
  const first = next();
  assert.ok(sender.send(local, socket.endpoint, Uint8Array.of(1, 2, 3), false));
  assert.deepEqual(await first, { from: local, bytes: Uint8Array.of(1, 2, 3) });
  const marked = next();
  assert.ok(sender.send(local, socket.endpoint, Uint8Array.of(4, 5), true));
  assert.deepEqual((await marked).bytes, Uint8Array.of(0, 0, 0, 0, 4, 5));
  // Through another socket, too large, of another family: for a worker to judge.
  assert.ok(!sender.send(loopback(10_601), socket.endpoint, Uint8Array.of(1), false));
  assert.ok(!sender.send(local, socket.endpoint, new Uint8Array(9000), false));
  assert.ok(!sender.send(local, { ...local, address: address('::1') }, Uint8Array.of(1), false));
  for (const { fd } of opened.value) sys.close(fd);
  await socket.close();
});
