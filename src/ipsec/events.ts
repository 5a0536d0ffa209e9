import { event } from '#events/event';

/** Events of the keying manager: what happens outside of any single ISAKMP SA. */

export const saFailed = event({
  class: 'IKE',
  number: 1,
  severity: 1,
  text: 'Internal fault: {reason}. This connection ends, all others go on',
  why: 'The program contradicted itself while it served this peer.',
  remedy: 'Report it with the log around this line.',
});
export const halfOpenLimit = event({
  class: 'IKE',
  number: 2,
  severity: 3,
  text: 'Negotiations under way have reached their limit {scope} ({limit}); the oldest or new ones are dropped',
  why: 'Many peers connect at once, or somebody sends first messages without going on.',
  remedy:
    'After a network failure wait for the clients to come back. Otherwise find the source and filter it.',
});
export const firstMessagesWait = event({
  class: 'IKE',
  number: 5,
  severity: 4,
  text: '{halfOpen} negotiations and {keyAgreements} key agreements are under way; first messages are answered when they are repeated',
  why: 'Many peers connect at once, or somebody sends first messages without going on.',
  remedy:
    'None at first: a client that waits repeats its message and gets in. If it lasts, find the source and filter it.',
});
export const saLimit = event({
  class: 'IKE',
  number: 3,
  severity: 3,
  text: 'ISAKMP SAs have reached their limit ({limit}); new connections are dropped',
  why: 'This device serves as many peers as it may.',
  remedy: 'Add a member to the cluster, or raise the limit.',
});
export const unreadableDatagram = event({
  class: 'IKEDECODE',
  number: 1,
  severity: 7,
  text: 'Datagram dropped: {reason}',
  byStrangers: true,
  why: 'It is not an ISAKMP message, a damaged one, or too long to begin with.',
  remedy: 'Single ones are noise of the network.',
});
export const versionNotServed = event({
  class: 'IKE',
  number: 6,
  severity: 4,
  text: 'Message of IKE {version} refused; this device speaks IKEv1, version 1.0',
  byStrangers: true,
  why: 'The client or the gateway of a site begins with IKEv2, which is not implemented. Other versions are noise.',
  remedy: 'Set it to IKEv1, a client with a group name and a group key.',
});
export const unknownSa = event({
  class: 'IKEDBG',
  number: 66,
  severity: 7,
  text: 'Message of an unknown ISAKMP SA dropped (exchange type {exchangeType})',
  byStrangers: true,
  why: 'The SA ended at this end, or the message belongs to another device.',
  remedy: 'None; dead peer detection of the client clears it up.',
});
export const exchangeNotSupported = event({
  class: 'IKE',
  number: 4,
  severity: 4,
  text: 'Exchange type {exchangeType} refused; this device answers aggressive mode (4), and main mode (2) where it has LAN-to-LAN peers',
  byStrangers: true,
  why: 'The peer begins phase 1 with an exchange that is not implemented, or in main mode though no LAN-to-LAN peer is configured.',
  remedy:
    'Set a client to aggressive mode with a group name. For a LAN-to-LAN peer add `tunnel-group ADDRESS type ipsec-l2l` and a crypto map entry that names it.',
});
export const unknownSpi = event({
  class: 'IPSECDBG',
  number: 16,
  severity: 6,
  text: 'ESP packet with unknown SPI 0x{spi} dropped',
  byStrangers: true,
  why: 'The SA ended at this end, or the packet belongs to another device.',
  remedy:
    'None; a peer with a connection is told and negotiates anew, others notice that they are alone.',
});
export const keepaliveReceived = event({
  class: 'IPSECDBG',
  number: 17,
  severity: 9,
  text: 'Received an IPSEC-over-NAT-T NAT keepalive packet',
  byStrangers: true,
  why: 'A client behind a NAT keeps its address translation alive (NAT-69).',
  remedy: 'None.',
});
export const redirectsExhausted = event({
  class: 'IKE',
  number: 176,
  severity: 3,
  text: 'Redirected {count} times without being served; giving up',
  why: 'Members of the cluster send the client to one another.',
  remedy: 'Look at the load balancing of the cluster.',
});
