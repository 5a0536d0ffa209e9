import { event } from '#events/event';

export const packetPathRestarted = event({
  class: 'IPSEC',
  number: 900,
  severity: 2,
  text: 'The packet path restarted by itself: {reason}',
  why: 'A worker of the packet path died and another one took its place; its SAs are installed again.',
  remedy: 'Clients need not do anything. If it repeats, report the reason with the log around it.',
});

export const managementFault = event({
  class: 'HTTP',
  number: 900,
  severity: 3,
  text: 'The web console: {reason}',
  why: 'The web console could not be opened, or failed to answer a request.',
  remedy: 'Do what the reason says; the head-end itself goes on.',
});
