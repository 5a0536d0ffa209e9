import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fromHex } from '#base/bytes';
import { decodeMessage } from '#wire/isakmp/message';
import { type VendorIdName, vendorId } from '#wire/isakmp/vendor-ids';
import { extensionsOf } from './phase-one.ts';
import { mayBeVpnc } from './vpnc.ts';

const { messages } = JSON.parse(
  readFileSync(new URL('../../../vectors/isakmp-first-messages.json', import.meta.url), 'utf8'),
) as { readonly messages: readonly { readonly name: string; readonly octets: string }[] };

/** Whether the sender of a captured first message may be vpnc, as a responder would know it. */
function judged(octets: string): boolean {
  const decoded = decodeMessage(fromHex(octets) as Uint8Array);
  assert.ok(decoded.ok);
  const { header, payloads } = decoded.value;
  const vendorIds = payloads.flatMap((p) => (p.type === 'vid' ? [p.data] : []));
  const exchange = header.exchangeType === 4 ? 'aggressive' : 'main';
  return mayBeVpnc({ role: 'responder', exchange, extensions: extensionsOf(vendorIds) });
}

test('captured first messages of vpnc are known by their vendor IDs, those of strongSwan are not it', () => {
  const vpnc = messages.filter(({ name }) => name.startsWith('vpnc-'));
  const charon = messages.filter(({ name }) => name.startsWith('charon-'));
  assert.deepEqual([vpnc.length, charon.length], [3, 2]);
  for (const { name, octets } of vpnc) assert.equal(judged(octets), true, name);
  for (const { name, octets } of charon) assert.equal(judged(octets), false, name);
});

test('who says more than vpnc, or begins otherwise, is somebody else', () => {
  const saying = (...names: readonly VendorIdName[]) => extensionsOf(names.map((n) => vendorId(n)));
  const vpnc = {
    role: 'responder',
    exchange: 'aggressive',
    extensions: saying('xauth', 'unity', 'natTraversal', 'dpd'),
  } as const;
  assert.equal(mayBeVpnc(vpnc), true);
  assert.equal(mayBeVpnc({ ...vpnc, exchange: 'main' }), false);
  assert.equal(mayBeVpnc({ ...vpnc, role: 'initiator' }), false);
  for (const more of ['strongSwan', 'kame', 'altigaNetworks', 'fragmentation'] as const)
    assert.equal(mayBeVpnc({ ...vpnc, extensions: saying('xauth', 'unity', 'dpd', more) }), false);
  assert.equal(mayBeVpnc({ ...vpnc, extensions: saying('xauth', 'dpd') }), false);
});
