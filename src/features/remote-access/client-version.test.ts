import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toUtf8 } from '#base/bytes';
import { configurationAttributes } from '#wire/isakmp/numbers';
import { clientVersion } from './client-version.ts';

const of = (text: string) =>
  clientVersion([{ type: configurationAttributes.applicationVersion, value: toUtf8(text) }]);

test('NAT-37: type and version are read from what clients call themselves', () => {
  const known: [string, string | undefined, string | undefined][] = [
    ['Cisco Systems VPN Client 3.6.1 (Rel):WinNT', 'WinNT', '3.6.1 (Rel)'],
    ['Cisco Systems VPN Client 0.5.3:Linux', 'Linux', '0.5.3'],
    ['headend client 0.1.0:Linux', 'Linux', '0.1.0'],
    ['something else', undefined, 'something else'],
    ['', undefined, undefined],
  ];
  for (const [text, type, version] of known)
    assert.deepEqual(of(text), { type, version, text: text || undefined }, text);
});

test('a client that says nothing, or sends a number, has no version', () => {
  const type = configurationAttributes.applicationVersion;
  const none = { type: undefined, version: undefined, text: undefined };
  assert.deepEqual(clientVersion([]), none);
  assert.deepEqual(clientVersion([{ type, value: 7 }]), none);
});

test('a long text of a stranger is cut, and its control characters go', () => {
  const { version } = of(`\u0007\r\n${'x'.repeat(10_000)}`);
  assert.equal(version, 'x'.repeat(64));
});
