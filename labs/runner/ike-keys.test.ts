import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ikeKeysOf } from './ike-keys.ts';

test('each key belongs to the cookie printed last before it, over as many lines as it takes', () => {
  const output = [
    '   i_cookie: 00010203 04050607',
    '   r_cookie: 00000000 00000000',
    '   skeyid_e:',
    '   ffffffff ffffffff ffffffff ffffffff ffffffff',
    '   enc-key: 10111213 14151617 18191a1b 1c1d1e1f',
    '   current_iv: 20212223',
    '   i_cookie: 30313233 34353637',
    '   enc-key:',
    '   40414243 44454647 48494a4b 4c4d4e4f 50515253 54555657',
    '   58595a5b 5c5d5e5f',
    ' end of it',
  ].join('\n');
  assert.deepEqual(ikeKeysOf(output), [
    { initiatorCookie: '0001020304050607', cipherKey: '101112131415161718191a1b1c1d1e1f' },
    {
      initiatorCookie: '3031323334353637',
      cipherKey: '404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f',
    },
  ]);
  assert.deepEqual(ikeKeysOf('VPNC started in foreground...\n'), []);
});
