import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address, type Endpoint } from '#base/address';
import { fromHex, toHex } from '#base/bytes';
import { vendorId } from '#wire/isakmp/vendor-ids';
import vectors from '../../../vectors/isakmp-redirect-run.json' with { type: 'json' };
import {
  bestNatTraversal,
  detectNat,
  encapsulationMode,
  natDetectionPayloads,
  natHash,
  natTraversalOffer,
} from './nat-detection.ts';
import type { Path } from './turn.ts';

const endpoint = (ip: string, port: number): Endpoint => ({ address: address(ip), port });
const cookie = (fill: number) => new Uint8Array(8).fill(fill);
const input = { hash: 'sha1', initiatorCookie: cookie(1), responderCookie: cookie(2) } as const;
const path = (local: Endpoint, remote: Endpoint): Path => ({ local, remote, encapsulated: false });

test('the hashes of both ends in two captured logins', () => {
  for (const { phaseOne: v, address: gateway, client } of vectors.gateways) {
    const [host, port] = client.split(':');
    const hashOf = (e: Endpoint) =>
      toHex(
        natHash(
          'sha1',
          fromHex(v.initiatorCookie) as Uint8Array,
          fromHex(v.responderCookie) as Uint8Array,
          e,
        ),
      );
    assert.equal(hashOf(endpoint(gateway, 500)), v.natDOfResponder);
    assert.equal(hashOf(endpoint(host as string, Number(port))), v.natDOfInitiator);
  }
});

test('NAT-11: each of the four combinations is found out from the hashes', () => {
  const client = endpoint('10.0.0.2', 500);
  const clientOutside = endpoint('192.0.2.1', 1025);
  const gateway = endpoint('172.16.0.1', 500);
  const gatewayOutside = endpoint('198.51.100.1', 500);
  for (const clientNat of [false, true])
    for (const gatewayNat of [false, true]) {
      // What the client writes: the gateway as it reaches it, and itself as it knows itself.
      const [version] = [bestNatTraversal(natTraversalOffer())];
      assert.ok(version);
      const sent = natDetectionPayloads(
        version,
        input,
        path(client, gatewayNat ? gatewayOutside : gateway),
        false,
      );
      const seen = path(gateway, clientNat ? clientOutside : client);
      assert.deepEqual(detectNat(sent, input, [seen]), {
        localBehindNat: gatewayNat,
        remoteBehindNat: clientNat,
      });
    }
});

test('hashes of the ports before the float are recognized after it, and IPv6 is hashed whole', () => {
  const [version] = [bestNatTraversal(natTraversalOffer())];
  assert.ok(version);
  const client = endpoint('2001:db8::2', 500);
  const gateway = endpoint('2001:db8::1', 500);
  const sent = natDetectionPayloads(version, input, path(client, gateway), false);
  const before = path(gateway, client);
  const floated = path(endpoint('2001:db8::1', 4500), endpoint('2001:db8::2', 4500));
  const none = { localBehindNat: false, remoteBehindNat: false };
  assert.deepEqual(detectNat(sent, input, [before, floated]), none);
  assert.deepEqual(detectNat(sent, input, [floated]), {
    localBehindNat: true,
    remoteBehindNat: true,
  });
  const pretended = natDetectionPayloads(version, input, path(client, gateway), true);
  assert.deepEqual(detectNat(pretended, input, [before]), { ...none, remoteBehindNat: true });
});

test('a message with fewer than two hashes says nothing', () => {
  const [version] = [bestNatTraversal(natTraversalOffer())];
  assert.ok(version);
  const here = endpoint('192.0.2.1', 500);
  const payloads = natDetectionPayloads(version, input, path(here, here), false);
  assert.equal(detectNat(payloads.slice(1), input, [path(here, here)]), undefined);
  assert.equal(detectNat([], input, [path(here, here)]), undefined);
});

test('the best version that a peer offers is taken, in whatever order it offers them', () => {
  const offer = natTraversalOffer();
  assert.equal(bestNatTraversal(offer)?.label, 'rfc3947');
  assert.equal(bestNatTraversal([...offer].reverse())?.label, 'rfc3947');
  assert.equal(bestNatTraversal(offer.slice(1))?.label, 'draft-03');
  assert.equal(bestNatTraversal(offer.slice(2))?.vendorId, 'natTraversalDraft02n');
  assert.equal(bestNatTraversal([vendorId('natTraversalDraft01')]), undefined);
  assert.equal(bestNatTraversal([]), undefined);
});

test('encapsulation modes of the RFC and of its drafts', () => {
  const [rfc, draft] = [natTraversalOffer(), natTraversalOffer().slice(1)].map(bestNatTraversal);
  assert.deepEqual(
    (['tunnel', 'transport'] as const).flatMap((mode) => [
      encapsulationMode(mode, 'none', rfc),
      encapsulationMode(mode, 'udp', rfc),
      encapsulationMode(mode, 'udp', draft),
    ]),
    [1, 3, 61443, 2, 4, 61444],
  );
});
