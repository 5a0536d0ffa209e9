import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { instant } from '#base/instant';
import { eventText, occurred, subjectText } from '#events/event';
import { Accounting, subjectOf } from './accounting.ts';
import {
  addressPoolEmpty,
  credentialsOverloaded,
  fixedAddressTaken,
  loginRefused,
  sessionClosed,
  sessionLimitReached,
  sessionOpened,
  sessionPreempted,
  simultaneousLoginsReached,
} from './events.ts';
import { SessionTable } from './session-table.ts';

const open = () =>
  new SessionTable().open(
    {
      kind: 'remoteAccess',
      username: 'vpnclient1',
      group: 'ciscovpn',
      owner: 1,
      peer: { address: address('171.69.89.78'), port: 1029 },
      assigned: [address('40.1.1.1')],
      protocol: 'IPSec/NAT-T',
      encryption: '3DES-168',
      hash: 'SHA-1',
      legacy: [],
    },
    instant(1000),
  );

test('a login and a logoff are told with address, duration, bytes and reason', () => {
  const accounting = new Accounting();
  const session = open();
  const login = accounting.loggedIn(session);
  assert.equal(login.definition, sessionOpened);
  assert.equal(eventText(login), 'Session connected. Session Type: IPSec/NAT-T, Address: 40.1.1.1');
  assert.equal(subjectText(login.subject), 'Group [ciscovpn] User [vpnclient1]');
  assert.equal(login.subject.peer, '171.69.89.78');

  const traffic = { bytesTx: 768, bytesRx: 512, packetsTx: 3, packetsRx: 2 };
  const logoff = accounting.loggedOff(session, traffic, 'dead peer', instant(785_000 + 1000));
  assert.equal(logoff.definition, sessionClosed);
  assert.equal(
    eventText(logoff),
    'Session disconnected. Session Type: IPSec/NAT-T, Duration: 0:13:05, ' +
      'Bytes xmt: 768, Bytes rcv: 512, Reason: dead peer',
  );
  accounting.loggedOff(session, traffic, 'dead peer', instant(1000));
  accounting.refused('wrong password');
  accounting.refused('wrong password');
  assert.deepEqual(accounting.totals(), {
    logins: 1,
    refusals: { 'wrong password': 2 },
    ended: { bytesTx: 1536, bytesRx: 1024, packetsTx: 6, packetsRx: 4 },
  });
});

test('every refusal has a line that names what to change', () => {
  const about = subjectOf(open());
  const lines = [
    occurred(loginRefused, { reason: 'wrong password' }, about),
    occurred(credentialsOverloaded, {}, about),
    occurred(sessionLimitReached, { limit: 2 }, about),
    occurred(simultaneousLoginsReached, { limit: 0 }, about),
    occurred(sessionPreempted, { index: 7, successor: 'vpnclient1' }, about),
    occurred(addressPoolEmpty, { pools: 'vpn, spare' }, about),
    occurred(fixedAddressTaken, { address: '40.1.1.1', holder: 'vpnclient2' }, about),
  ].map(eventText);
  assert.deepEqual(lines, [
    'Authentication rejected: Reason = wrong password',
    'Authentication rejected: too many passwords wait to be verified',
    'Session could not be established: session limit of 2 reached',
    'Session could not be established: user limited to 0 simultaneous logins',
    'Session 7 gives way to a new login of user [vpnclient1]',
    'Unable to get an address from the pools vpn, spare',
    'The address 40.1.1.1 configured for the user is in use by vpnclient2',
  ]);
});
