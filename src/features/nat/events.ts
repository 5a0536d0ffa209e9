import { event } from '#events/event';

/** Numbers with six digits are those of the PIX for the same occasion; the others are ours. */
export const translationBuilt = event({
  class: 'NAT',
  number: 305011,
  severity: 7,
  text: 'Built dynamic {protocol} translation from {inside}:{local} to {outside}:{global}',
  why: 'A host behind the PAT box spoke to the other side from a new endpoint.',
  remedy: 'None.',
});

export const translationEnded = event({
  class: 'NAT',
  number: 305012,
  severity: 7,
  text: 'Teardown dynamic {protocol} translation from {local} to {global}',
  why: 'Its last connection ended or was idle for too long; the global port is free again.',
  remedy: 'None. A client that loses its tunnel here needs NAT keepalives more often.',
});

export const translationRefused = event({
  class: 'NAT',
  number: 202001,
  severity: 3,
  text: 'No translation for {source}: {reason} ({count} packets refused)',
  why: 'A limit that protects the box was reached, or every global port of a class is taken.',
  remedy:
    'Look at show xlate for a host with far too many lines; stop it, or use a second address.',
});

export const noTranslationRule = event({
  class: 'NAT',
  number: 305005,
  severity: 3,
  text: 'No translation group found for {source} to {destination} ({count} packets refused)',
  why: 'No nat command covers the source, or no global command of its number is on the way out.',
  remedy: 'Add a nat command for this network, and a global command of its number on the way out.',
});

export const espNotTranslated = event({
  class: 'NAT',
  number: 1,
  severity: 4,
  text: 'ESP from {source} to {destination} refused: it has no ports to translate ({count} packets)',
  why: 'A tunnel was set up through PAT without NAT traversal, so its data cannot pass.',
  remedy: 'Switch NAT-T on at the head-end and transparent tunneling over UDP on at the client.',
});

export const addressConflict = event({
  class: 'NAT',
  number: 405001,
  severity: 2,
  text: 'Station {hardware} on interface {interface} uses our address {address}',
  why: 'Two stations answer for one address, and each breaks the traffic of the other.',
  remedy: 'Give one of them another address.',
});

export const nextHopSilent = event({
  class: 'NAT',
  number: 2,
  severity: 4,
  text: 'ARP for {address} on interface {interface} is not answered',
  why: 'Packets wait for this next hop and are dropped.',
  remedy: 'Check the cable, the address and mask of the interface, and the gateway in route.',
});
