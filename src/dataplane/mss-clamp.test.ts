import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '#base/instant';
import { Prng } from '#base/prng';
import type { Association } from './association.ts';
import { MssClamp } from './mss-clamp.ts';
import { PathMtu } from './path-mtu.ts';
import { flowPacket } from './testing/flows.ts';

/** As far as sizes go, an SA of AES-GCM in UDP over IPv4. */
const sizes = () =>
  ({
    pathMtuEpoch: 0,
    innerOctets: 0,
    remote: { family: 4 },
    inUdp: true,
    bareHeaderOctets: 0,
    frameOctets: 32,
    suite: { align: 4 },
  }) as unknown as Association;

test('whatever a packet contains, nothing but a segment size and its checksum changes', () => {
  const random = new Prng(1);
  const clamp = new MssClamp(new PathMtu(() => 1500));
  let lowered = 0;
  for (let i = 0; i < 50_000; i += 1) {
    const family = random.between(0, 1) === 0 ? 4 : 6;
    const options = random.bytes(4 * random.between(0, 10));
    if (options.length > 4 && random.between(0, 1) === 0) options.set([2, 4]);
    const bytes = flowPacket({
      family,
      kind: 'tcp',
      port: 1,
      payload: random.bytes(random.between(0, 20)),
      flags: random.between(0, 255),
      options,
    });
    const octets = random.between(40, bytes.length);
    const before = bytes.slice();
    clamp.apply(sizes(), bytes, 0, octets);
    const differences = [...bytes.keys()].filter((at) => bytes[at] !== before[at]);
    assert.ok(differences.length <= 4 && differences.every((at) => at < octets));
    if (differences.length > 0) lowered += 1;
  }
  assert.ok(lowered > 1000);
});

test('no path is so narrow that segments of less than 536 octets are asked for', () => {
  const clamp = new MssClamp(new PathMtu(() => 68));
  const options = new Uint8Array([2, 4, 5, 180]);
  const bytes = flowPacket({
    family: 4,
    kind: 'tcp',
    port: 1,
    payload: new Uint8Array(0),
    flags: 2,
    options,
  });
  clamp.apply(sizes(), bytes, 0, bytes.length);
  assert.equal(((bytes[42] as number) << 8) | (bytes[43] as number), 536);
});

test('the kernel is asked once a minute for each SA, and at once when a packet did not fit', () => {
  let asked = 0;
  let mtu = 1500;
  const pathMtu = new PathMtu(() => {
    asked += 1;
    return mtu;
  });
  const sa = sizes();
  pathMtu.age(instant(0));
  for (let i = 0; i < 3; i += 1) assert.equal(pathMtu.innerOctets(sa), 1438);
  assert.equal(asked, 1);
  mtu = 1280;
  pathMtu.narrowed(instant(2000));
  assert.equal(pathMtu.innerOctets(sa), 1218);
  mtu = 1500;
  for (let ms = 2001; ms < 3000; ms += 1) pathMtu.narrowed(instant(ms));
  assert.equal(pathMtu.innerOctets(sa), 1218);
  assert.equal(asked, 2);
  pathMtu.age(instant(62_000));
  assert.equal(pathMtu.innerOctets(sa), 1438);
});
