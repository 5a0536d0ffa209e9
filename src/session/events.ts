import { event } from '#events/event';

export const sessionOpened = event({
  class: 'AUTH',
  number: 22,
  severity: 4,
  asaMessage: 113_039,
  text: 'Session connected. Session Type: {protocol}, Address: {assigned}',
  why: 'The client is authenticated and has an address; its traffic may flow.',
  remedy: 'None.',
});

export const sessionClosed = event({
  class: 'AUTH',
  number: 28,
  severity: 4,
  asaMessage: 113_019,
  text:
    'Session disconnected. Session Type: {protocol}, Duration: {duration}, ' +
    'Bytes xmt: {bytesTx}, Bytes rcv: {bytesRx}, Reason: {reason}',
  why: 'The session ended, for the reason given. Bytes are counted inside the tunnel.',
  remedy:
    'None for a client that left. Many dead peers at once point to the network between, many ' +
    'lifetimes that expire to clients that do not renew.',
});

export const loginRefused = event({
  class: 'AUTH',
  number: 5,
  severity: 3,
  asaMessage: 113_005,
  text: 'Authentication rejected: Reason = {reason}',
  why: 'The user does not exist, gave a wrong password, or may not log in this way.',
  remedy: 'Check the name and the password with the user; look for one address that tries many.',
});

export const credentialsOverloaded = event({
  class: 'AUTH',
  number: 40,
  severity: 2,
  text: 'Authentication rejected: too many passwords wait to be verified',
  why: 'Passwords arrived faster than they can be verified, as after a restart or in an attack.',
  remedy: 'Clients try again by themselves. If it lasts, look at who logs in, and from where.',
});

export const sessionLimitReached = event({
  class: 'AUTH',
  number: 41,
  severity: 3,
  asaMessage: 113_029,
  text: 'Session could not be established: session limit of {limit} reached',
  why: 'As many sessions are open as the configuration allows, and none of them is inactive.',
  remedy: 'Raise the limit (vpn-sessiondb max-session-limit), log users off, or add a member.',
});

export const simultaneousLoginsReached = event({
  class: 'AUTH',
  number: 42,
  severity: 4,
  text: 'Session could not be established: user limited to {limit} simultaneous logins',
  why: 'The group policy does not let this user log in once more.',
  remedy: 'Raise vpn-simultaneous-logins in the group policy or for the user.',
});

export const sessionPreempted = event({
  class: 'AUTH',
  number: 43,
  severity: 5,
  text: 'Session {index} gives way to a new login of user [{successor}]',
  why: 'The user was at the limit of simultaneous logins, or the table was full and this session the longest inactive.',
  remedy: 'None, unless users complain that they throw each other out: then raise the limit.',
});

export const addressPoolEmpty = event({
  class: 'IPADDR',
  number: 1,
  severity: 2,
  asaMessage: 737_019,
  text: 'Unable to get an address from the pools {pools}',
  why: 'Every address of these pools is leased, or none of them exists.',
  remedy: 'Add a pool or a larger one (ip local pool), and name it in the group.',
});

export const fixedAddressTaken = event({
  class: 'IPADDR',
  number: 2,
  severity: 3,
  asaMessage: 737_031,
  text: 'The address {address} configured for the user is in use by {holder}',
  why: 'The address that belongs to this user was leased to someone else.',
  remedy: 'Take the address out of the pool, or log the other user off.',
});
