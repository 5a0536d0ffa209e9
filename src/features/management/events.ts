import { event } from '#events/event';

export const logCleared = event({
  class: 'CONFIG',
  number: 1,
  severity: 5,
  asaMessage: 111_008,
  mnemonic: 'LOG_CLEARED',
  text: 'The event log was cleared: {count} events are gone',
  why: 'An administrator said "clear logging".',
  remedy: 'None. Events that were sent elsewhere are still there.',
});

export const consoleOpened = event({
  class: 'CONFIG',
  number: 2,
  severity: 5,
  mnemonic: 'CONSOLE_OPENED',
  text: 'A command line was opened: {console}',
  why: 'Somebody who may open the socket of the daemon joined it with "headend console".',
  remedy:
    'None, if it was an administrator. Otherwise look at who may become root on this machine.',
});

export const consoleClosed = event({
  class: 'CONFIG',
  number: 3,
  severity: 5,
  mnemonic: 'CONSOLE_CLOSED',
  text: 'A command line was closed: {console}',
  why: 'The one who had opened it left, or the terminal went away.',
  remedy: 'None.',
});

export const configurationChanged = event({
  class: 'CONFIG',
  number: 4,
  severity: 5,
  asaMessage: 111_010,
  mnemonic: 'CONFIG_I',
  text: '{by} configured: {line}',
  why: 'An administrator typed this line, in the modes before it, and it took effect.',
  remedy:
    'None, if it was meant. "write memory" keeps it for the next start; "no" takes a line back.',
});

export const configurationSaved = event({
  class: 'CONFIG',
  number: 5,
  severity: 5,
  mnemonic: 'CONFIG_SAVED',
  text: 'The configuration was saved by {by}',
  why: 'An administrator said "write memory": the next start has the configuration in force now.',
  remedy: 'None.',
});

export const configurationNotSaved = event({
  class: 'CONFIG',
  number: 6,
  severity: 3,
  mnemonic: 'CONFIG_NOT_SAVED',
  text: 'The configuration was not saved for {by}: {reason}',
  why: 'An administrator said "write memory" and the file could not be written; it is as it was.',
  remedy:
    'Do what the reason asks for, and say "write memory" again: a restart would lose the changes.',
});

export const passwordsNotHashed = event({
  class: 'CONFIG',
  number: 7,
  severity: 2,
  mnemonic: 'PASSWORDS_NOT_HASHED',
  text: 'Passwords that could not be hashed: {count}; they stay as typed',
  why: 'The hash of a password takes 16 MiB of memory for a moment, which could not be had.',
  remedy:
    'See that the machine has memory left, and say "write memory", which hashes them first. Until then ' +
    'users log in as before, and nothing is saved.',
});

export const sessionsLoggedOff = event({
  class: 'CONFIG',
  number: 8,
  severity: 5,
  mnemonic: 'SESSIONS_LOGGED_OFF',
  text: '{by} logged sessions off: {count}, index {sessions}',
  why: 'An administrator ended these sessions, in the web console, by the API or with "vpn-sessiondb logoff".',
  remedy:
    'None, if it was meant: most clients may connect again at once. What keeps one out is another password or its removal.',
});

export const sasEnded = event({
  class: 'CONFIG',
  number: 9,
  severity: 5,
  mnemonic: 'SAS_ENDED',
  text: '{by} ended IKE SAs: {count}',
  why: 'An administrator said "clear crypto isakmp sa"; the sessions that ran over them end, too.',
  remedy: 'None, if it was meant: clients connect again, and a LAN-to-LAN tunnel comes up anew.',
});
