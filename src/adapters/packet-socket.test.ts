import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { toHex } from '#base/bytes';
import { PacketSocket } from './packet-socket.ts';
import { enterNewNetwork, ip, missing, systemCalls } from './userspace/testing/network.ts';

const reason = await missing();

/** An Ethernet frame of 60 octets: to everybody, with this type and these octets behind it. */
function frameOf(...behind: readonly number[]): Uint8Array {
  const frame = new Uint8Array(60);
  frame.fill(0xff, 0, 6);
  frame.set([2, 0, 0, 0, 0, 9], 6);
  frame.set(behind, 12);
  return frame;
}

test('frames of a VLAN on the same card are not taken for those without a tag', {
  skip: reason ?? false,
}, async () => {
  const sys = await systemCalls();
  const network = enterNewNetwork(sys, []);
  ip('link', 'add', 'west', 'type', 'veth', 'peer', 'name', 'east');
  for (const name of ['west', 'east']) {
    ip('link', 'set', name, 'addrgenmode', 'none', 'up');
    const forwarding = `/proc/sys/net/ipv4/conf/${name}/forwarding`;
    writeFileSync(forwarding, '0');
  }
  const sockets = ['west', 'east'].map((name) => {
    const opened = PacketSocket.open(sys, name);
    assert.ok(opened.ok, opened.ok ? '' : opened.error);
    return opened.value;
  });
  const [west, east] = sockets as [PacketSocket, PacketSocket];
  const tagged = frameOf(0x81, 0x00, 0x00, 0x0a, 0x08, 0x00, 0x45, 1);
  const plain = frameOf(0x08, 0x00, 0x45, 2);
  for (const bytes of [tagged, plain]) west.send({ interface: 'west', bytes });
  west.flush();
  const seen: string[] = [];
  for (let tries = 0; seen.length === 0 && tries < 500; tries += 1) {
    east.receive(
      (bytes) => seen.push(toHex(bytes.subarray(12, 16))),
      () => {},
    );
    await delay(10);
  }
  assert.deepEqual(seen, ['08004502']);
  for (const socket of sockets) socket.close();
  sys.close(network);
});
