import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { toUtf8 } from '#base/bytes';
import { bindUdp } from './udp.ts';

test('what would go to port 0 goes nowhere, as nobody can be there', async () => {
  const socket = await bindUdp({ address: address('127.0.0.1'), port: 0 }, () => {});
  assert.ok(socket.ok);
  socket.value.send({ address: address('127.0.0.1'), port: 0 }, toUtf8('hello'));
  await socket.value.close();
});

for (const loopback of ['127.0.0.1', '::1'])
  test(`a datagram that is sent right before the close still leaves, from ${loopback}`, async () => {
    const endpoint = { address: address(loopback), port: 0 };
    const heard = Promise.withResolvers<string>();
    const listener = await bindUdp(endpoint, (_, bytes) =>
      heard.resolve(new TextDecoder().decode(bytes)),
    );
    assert.ok(listener.ok, 'the listener is bound');
    const speaker = await bindUdp(endpoint, () => {});
    assert.ok(speaker.ok, 'the speaker is bound');
    speaker.value.send(listener.value.endpoint, toUtf8('good-bye'));
    await speaker.value.close();
    assert.equal(await heard.promise, 'good-bye');
    await listener.value.close();
  });
