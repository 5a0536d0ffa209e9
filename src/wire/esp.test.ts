import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fromHex, toHex } from '#base/bytes';
import { describeFault } from '#base/result';
import {
  decodeEspPlaintext,
  type EspLayout,
  encodeEspPlaintext,
  espPacketOctets,
  espPackets,
  espPadding,
  espPayloadLimit,
} from './esp.ts';
import { cbcLayout, gcmLayout } from './testing/codecs.ts';

const octets = (hex: string): Uint8Array => fromHex(hex) as Uint8Array;

const { sessions } = JSON.parse(
  readFileSync(new URL('../../vectors/esp-vpnc.json', import.meta.url), 'utf8'),
) as { sessions: readonly { packets: readonly { wire: string; plaintext: string }[] }[] };

test('packets that vpnc sent, sizes and trailers', () => {
  for (const [index, { wire, plaintext }] of sessions.flatMap((s) => s.packets).entries()) {
    const packet = espPackets(cbcLayout).decode(octets(wire));
    assert.ok(packet.ok);
    assert.equal(packet.value.sequenceNumber, (index % 5) + 1);
    assert.equal(packet.value.ciphertext.length, plaintext.length / 2);
    assert.equal(toHex(espPackets(cbcLayout).encode(packet.value)), wire);
    const body = decodeEspPlaintext(octets(plaintext));
    assert.ok(body.ok);
    assert.equal(body.value.nextHeader, 4);
    assert.equal(espPacketOctets(body.value.payload.length, cbcLayout), wire.length / 2);
    assert.equal(toHex(encodeEspPlaintext(body.value, cbcLayout)), plaintext);
  }
});

test('SPI zero is the non-ESP marker, and the ciphertext is whole blocks', () => {
  const verdict = (hex: string, layout: EspLayout) => {
    const decoded = espPackets(layout).decode(octets(hex));
    return decoded.ok ? 'ok' : describeFault(decoded.error);
  };
  const body = (count: number) => 'aa'.repeat(count);
  assert.equal(
    verdict(`0000000000000001${body(44)}`, cbcLayout),
    'esp.spi@0: malformed: zero marks ISAKMP',
  );
  assert.equal(
    verdict(`0000010000000001${body(43)}`, cbcLayout),
    'esp.ciphertext@24: truncated: need 16, have 15',
  );
  assert.equal(verdict(`0000010000000001${body(44)}`, cbcLayout), 'ok');
  assert.equal(
    verdict(`0000010000000001${body(45)}`, cbcLayout),
    'esp.ciphertext@24: malformed: 17 is not a multiple of 16',
  );
  assert.equal(verdict(`0000010000000001${body(28)}`, gcmLayout), 'ok');
});

test('padding fills up to the alignment, for every payload length', () => {
  for (const layout of [cbcLayout, gcmLayout])
    for (let length = 0; length < 64; length += 1) {
      const padding = espPadding(length, layout);
      assert.ok(padding >= 0 && padding < layout.align);
      assert.equal((length + padding + 2) % layout.align, 0);
      const plaintext = { payload: new Uint8Array(length).fill(0xee), nextHeader: 41 };
      const body = encodeEspPlaintext(plaintext, layout);
      assert.equal(body.length, length + padding + 2);
      assert.deepEqual(decodeEspPlaintext(body), { ok: true, value: plaintext });
    }
});

test('the largest payload for a path MTU is the largest that fits', () => {
  const tripleDes: EspLayout = { ivOctets: 8, icvOctets: 12, align: 8 };
  const sha256: EspLayout = { ivOctets: 16, icvOctets: 16, align: 16 };
  const ip = 20;
  const udp = 8;
  const limits = [cbcLayout, sha256, gcmLayout, tripleDes].map((layout) => [
    espPayloadLimit(1500 - ip, layout),
    espPayloadLimit(1500 - ip - udp, layout),
  ]);
  assert.deepEqual(limits, [
    [1438, 1422],
    [1438, 1422],
    [1446, 1438],
    [1446, 1438],
  ]);
  for (const layout of [cbcLayout, sha256, gcmLayout, tripleDes])
    for (let available = 100; available < 140; available += 1) {
      const limit = espPayloadLimit(available, layout);
      assert.ok(espPacketOctets(limit, layout) <= available);
      assert.ok(espPacketOctets(limit + 1, layout) > available);
    }
  assert.ok(espPayloadLimit(20, cbcLayout) < 0);
});

test('the pad length at 0, 1, the body and beyond; padding that is not 1, 2, 3', () => {
  const verdict = (hex: string) => {
    const decoded = decodeEspPlaintext(octets(hex));
    return decoded.ok ? toHex(decoded.value.payload) : describeFault(decoded.error);
  };
  assert.equal(verdict('4500010203040004'), '450001020304');
  assert.equal(verdict('4500010203010104'), '4500010203');
  assert.equal(verdict('0102030405060604'), '');
  assert.equal(
    verdict('0102030405060704'),
    'esp.padLength@6: malformed: 7 octets of padding in a body of 8',
  );
  assert.equal(
    verdict('010203040506ff04'),
    'esp.padLength@6: malformed: 255 octets of padding in a body of 8',
  );
  assert.equal(verdict('4500010104030304'), 'esp.padding@4: malformed: 4 is not 2');
  assert.equal(verdict('04'), 'esp.trailer@0: truncated: need 2, have 1');
  assert.equal(verdict(''), 'esp.trailer@0: truncated: need 2, have 0');
});
