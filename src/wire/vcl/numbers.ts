/** Numbers of VCL1, our own cluster protocol; its tables stand in the README of `src/protocol/vcl`. */

/** UDP port that every member uses unless configured otherwise; LB-31. */
export const DEFAULT_CLUSTER_PORT = 9023;

/** The only version. */
export const VERSION = 1;

/** No member sends more, so that no datagram is ever fragmented. */
export const LONGEST_DATAGRAM = 1200;

/** How a datagram is protected. Suites 1 and 2 have numbers and a key schedule, but are not built. */
export const suites = { none: 0, aes256Gcm: 1, chaCha20Poly1305: 2, hmacSha256: 3 } as const;

/** Bits of the flags octet of the header. */
export const headerFlags = { answerWanted: 1 } as const;

export const messageTypes = {
  hello: 1,
  helloAck: 2,
  keepaliveRequest: 3,
  keepaliveResponse: 4,
  announce: 5,
  claim: 6,
  claimNak: 7,
  leave: 8,
  handover: 9,
  probe: 10,
  probeAck: 11,
  probeRequest: 12,
  probeResult: 13,
  reject: 14,
  sessionsRequest: 15,
  sessions: 16,
} as const;

/** The role TLV. */
export const roles = {
  off: 0,
  init: 1,
  discover: 2,
  backup: 3,
  candidate: 4,
  master: 5,
  leaving: 6,
} as const;

/** Sessions that are counted by themselves. */
export const loadProtocols = { ipsec: 1, sslTunnel: 2, clientless: 3 } as const;

/** How a member makes a percentage of its sessions. */
export const loadAlgorithms = { vpn3000: 1, asa: 2 } as const;

/** Bits of the state TLV; the last tells the master that its public side does not answer the sender. */
export const stateBits = {
  draining: 1,
  poolEmpty: 2,
  full: 4,
  failoverStandby: 8,
  publicSideClosed: 16,
} as const;

/** What a member knows of another, in a list of peers. */
export const conditions = { alive: 1, suspect: 2, dead: 3 } as const;

/** The number of a reason, in LEAVE and REJECT. */
export const reasons = {
  administrative: 1,
  shutdown: 2,
  unhealthy: 3,
  secret: 16,
  clusterTag: 17,
  version: 18,
  digest: 19,
  clone: 20,
  staleIncarnation: 21,
  full: 22,
  network: 23,
} as const;

/** Our own bounds on what one message may make us build. */
export const limits = {
  addresses: 4,
  loads: 8,
  pools: 8,
  peers: 32,
  unknown: 16,
  nameOctets: 63,
  fqdnOctets: 253,
  reasonOctets: 200,
} as const;

/** Kinds of sessions; 0 in a question is all of them. */
export const sessionKinds = { remoteAccess: 1, lanToLan: 2, management: 3 } as const;

/** States of a session. */
export const sessionStates = { connecting: 1, active: 2, inactive: 3, closing: 4 } as const;

/** Orders of a page of sessions. */
export const sessionOrders = {
  index: 1,
  username: 2,
  group: 3,
  assignedAddress: 4,
  publicAddress: 5,
  protocol: 6,
  encryption: 7,
  loginAt: 8,
  clientType: 9,
  bytesTx: 10,
  bytesRx: 11,
  state: 12,
} as const;

/** What became of a question: the last page, one with more after it, or none since too much was asked. */
export const pageStates = { last: 0, more: 1, busy: 2 } as const;

/** What one datagram of a page may hold; a text has its length in one octet. */
export const sessionLimits = { rows: 24, legacy: 8, textOctets: 255 } as const;
