import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { fromHex, toHex } from '#base/bytes';
import { addressMessage, errorOf } from './address-message.ts';

test('an IPv4 address is given to an interface as one of 32 bits, in place of the same one', () => {
  assert.equal(
    toHex(addressMessage('replace', address('172.18.124.254'), 7)),
    '28000000' +
      '1400' +
      '0505' +
      '00000000' +
      '00000000' +
      '02' +
      '20' +
      '00' +
      '00' +
      '07000000' +
      '0800' +
      '0200' +
      'ac127cfe' +
      '0800' +
      '0100' +
      'ac127cfe',
  );
});

test('an IPv6 address is in force at once, and taken away without a flag', () => {
  const own = '20010db8' + '0018' + '0000' + '00000000' + '00000254';
  const given = toHex(addressMessage('replace', address('2001:db8:18::254'), 258));
  assert.equal(
    given,
    `4000000014000505${'00'.repeat(8)}0a8002000201000014000200${own}14000100${own}`,
  );
  const taken = toHex(addressMessage('delete', address('2001:db8:18::254'), 258));
  assert.equal(
    taken,
    `4000000015000500${'00'.repeat(8)}0a8000000201000014000200${own}14000100${own}`,
  );
});

test('the answer of the kernel tells the error, or none', () => {
  const answer = (code: string) =>
    fromHex(`24000000020000000000000000000000${code}${'00'.repeat(16)}`) ?? new Uint8Array(0);
  assert.equal(errorOf(answer('00000000')), 0);
  // EADDRNOTAVAIL
  assert.equal(errorOf(answer('9dffffff')), 99);
  assert.equal(errorOf(new Uint8Array(3)), 0);
});
