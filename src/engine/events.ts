import { event } from '#events/event';

export const packetPathRestarted = event({
  class: 'IPSEC',
  number: 900,
  severity: 2,
  text: 'The packet path restarted by itself: {reason}',
  why: 'A worker of the packet path died and another one took its place, with its SAs and their numbers.',
  remedy: 'Clients need not do anything. If it repeats, report the reason with the log around it.',
});

export const packetPathFailed = event({
  class: 'IPSEC',
  number: 901,
  severity: 1,
  text: 'The packet path failed for good: {reason}',
  why:
    'A worker of the packet path died six times within a minute, or its interface could not be made again. ' +
    'Its tunnels would carry nothing, while IKE told their peers that all is well, so headend says good-bye to all and ends.',
  remedy:
    'Start headend again, or let a service manager do it; clients connect again. Report the reason with the ' +
    'log around it, unless it was the machine: memory that ran out, an interface that somebody took away.',
});

export const inputFailed = event({
  class: 'IPSEC',
  number: 902,
  severity: 1,
  text: 'Internal fault: {reason}. What came in is dropped, and everything else goes on',
  why: 'The program contradicted itself over something that it received, or that was due.',
  remedy: 'Report it with the log around this line.',
});

export const managementFault = event({
  class: 'HTTP',
  number: 900,
  severity: 3,
  text: 'The web console: {reason}',
  why: 'The web console could not be opened, or failed to answer a request.',
  remedy: 'Do what the reason says; the head-end itself goes on.',
});

export const webLogin = event({
  class: 'HTTP',
  number: 47,
  severity: 4,
  asaMessage: 605_005,
  mnemonic: 'WEB_LOGIN',
  text: 'New administrator login: {name}',
  why: 'Somebody logged in to the web console or the API with the password of an administrator.',
  remedy: 'None, if it was that person. Otherwise change the password and log the session off.',
});

export const webLoginRefused = event({
  class: 'HTTP',
  number: 901,
  severity: 3,
  asaMessage: 605_004,
  mnemonic: 'WEB_LOGIN_REFUSED',
  byStrangers: true,
  text: 'Administrator login refused: {name}',
  why: 'The name or the password was wrong, or the account is one for VPN users only.',
  remedy:
    'To change things an account wants privilege 15 in its line "username", and neither "service-type remote-access" nor ' +
    '"service-type nas-prompt", which does to look only. If nobody here tried, look at who reaches the port.',
});

export const webLoginsHeldBack = event({
  class: 'HTTP',
  number: 902,
  severity: 3,
  mnemonic: 'WEB_LOGINS_HELD_BACK',
  byStrangers: true,
  text: 'Administrator logins are held back for {seconds} s',
  why: 'One address tried so many passwords, or so many are tried at once, that no more are judged for now.',
  remedy:
    'Wait for that long. If it repeats, somebody guesses passwords, or a script has an old one.',
});

export const webLogout = event({
  class: 'HTTP',
  number: 903,
  severity: 5,
  asaMessage: 611_103,
  mnemonic: 'WEB_LOGOUT',
  text: 'Administrator login ended: {name}',
  why:
    'The administrator logged out, was logged off, or did nothing for half an hour; or the account was removed, or has ' +
    'another password or other rights by now.',
  remedy: 'None.',
});
