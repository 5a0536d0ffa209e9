import { event } from '#events/event';

/** Events of the client; `number` is the client's whole identifier, component included (NAT-41). */

export const connectionBegins = event({
  class: 'CM',
  number: 0x63100002,
  severity: 4,
  text: 'Begin connection process',
  why: 'The user asked for a connection.',
  remedy: 'None.',
});

export const attemptingServer = event({
  class: 'CM',
  number: 0x63100026,
  severity: 4,
  text: 'Attempt connection with server "{server}"',
  why: 'Phase 1 begins with this head-end.',
  remedy: 'None.',
});

export const askedForCredentials = event({
  class: 'CM',
  number: 0x63100015,
  severity: 4,
  text: 'Launch xAuth application',
  why: 'The head-end asked who the user is.',
  remedy: 'None.',
});

export const gaveCredentials = event({
  class: 'CM',
  number: 0x63100017,
  severity: 4,
  text: 'xAuth application returned',
  why: 'User name and password are on their way.',
  remedy: 'None.',
});

export const noCredentials = event({
  class: 'CM',
  number: 0x63100018,
  severity: 3,
  text: 'The head-end asks for a user name and a password, and the profile holds none',
  why: 'The group uses extended authentication.',
  remedy: 'Put Username and UserPassword into the profile.',
});

export const credentialsRefused = event({
  class: 'CM',
  number: 0x6310001b,
  severity: 2,
  text: 'User authentication failed',
  why: 'The head-end refused the user name or the password, or has no room for one more login.',
  remedy:
    'Check Username and UserPassword; ask the administrator for the event that names the user.',
});

export const phaseOneEstablished = event({
  class: 'CM',
  number: 0x6310000e,
  severity: 4,
  text: 'Established Phase 1 SA. 1 Phase 1 SA in the system',
  why: 'Both ends have proven that they know the group key, and the user is accepted.',
  remedy: 'None.',
});

export const configurationReceived = event({
  class: 'CM',
  number: 0x63100019,
  severity: 4,
  text: 'Mode Config data received',
  why: 'The head-end gave this client its address.',
  remedy: 'None.',
});

export const noAddress = event({
  class: 'CM',
  number: 0x6310001c,
  severity: 2,
  text: 'The head-end gave no address',
  why: 'Its Mode Config reply holds no INTERNAL_IP4_ADDRESS.',
  remedy: 'Look for an empty address pool in the log of the head-end.',
});

export const secureConnection = event({
  class: 'CM',
  number: 0x6310001a,
  severity: 4,
  text: 'One secure connection established',
  why: 'The first pair of IPsec SAs carries traffic.',
  remedy: 'None.',
});

export const additionalChild = event({
  class: 'CM',
  number: 0x63100022,
  severity: 4,
  text: 'Additional Phase 2 SA established.',
  why: 'A further pair of IPsec SAs was negotiated.',
  remedy: 'None.',
});

export const addressAttribute = event({
  class: 'IKE',
  number: 0x63000010,
  severity: 5,
  text: 'MODE_CFG_REPLY: Attribute = INTERNAL_IPV4_ADDRESS: , value = {address}',
  why: 'The address of this client inside.',
  remedy: 'None.',
});

export const redirected = event({
  class: 'CM',
  number: 0x63100030,
  severity: 4,
  text: 'The server at {server} redirects this client to {target}',
  why: 'The head-end is one of a cluster, and another member has less to do.',
  remedy: 'None.',
});

export const connectionEnded = event({
  class: 'CM',
  number: 0x63100012,
  severity: 4,
  text: 'The connection ended: {reason}',
  why: 'The tunnel is gone, for the reason given.',
  remedy: 'Connect again; when it repeats, look into the log of the head-end for this user.',
});

export const unknownGroup = event({
  class: 'CM',
  number: 0x63100013,
  severity: 2,
  text: 'This client has no Diffie-Hellman group {number}',
  why: 'DHGroup of the profile names a group that is not implemented.',
  remedy: 'Use 2, 5, 14, 15, 16, 19, 20, 21 or 31.',
});
