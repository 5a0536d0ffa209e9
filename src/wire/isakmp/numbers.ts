/** Numbers of RFC 2407, 2408, 2409, 3706, 3947, the XAUTH and Mode Config drafts, and Cisco Unity. */

/** A registry: names in our spelling, numbers on the wire. */
type Registry = Readonly<Record<string, number>>;

/**
 * The name of `value` in the manner of the RFCs, `NO-PROPOSAL-CHOSEN` for `noProposalChosen`; a number
 * that is not in the registry is its own name.
 */
export function nameOf(registry: Registry, value: number): string {
  const names = NAMES.get(registry) ?? namesOf(registry);
  return names.get(value) ?? String(value);
}

/** Names by number, made once for each registry, since every payload of every message is named. */
const NAMES = new WeakMap<Registry, ReadonlyMap<number, string>>();

function namesOf(registry: Registry): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const [name, number] of Object.entries(registry))
    if (!names.has(number)) names.set(number, name.replaceAll(/[A-Z]/g, '-$&').toUpperCase());
  NAMES.set(registry, names);
  return names;
}

/** RFC 2408 section 3.1, RFC 2409 section 4, Mode Config draft for `transaction`. */
export const exchangeTypes = {
  base: 1,
  mainMode: 2,
  authenticationOnly: 3,
  aggressive: 4,
  informational: 5,
  transaction: 6,
  quickMode: 32,
  newGroupMode: 33,
} as const satisfies Registry;

/** Bits of the flags octet; RFC 2408 section 3.1. */
export const headerFlags = { encryption: 1, commit: 2, authenticationOnly: 4 } as const;

/** RFC 2408 section 3.1; 20 and 21 of RFC 3947, 130 to 132 of its drafts and of IKE fragmentation. */
export const payloadTypes = {
  none: 0,
  sa: 1,
  proposal: 2,
  transform: 3,
  ke: 4,
  id: 5,
  cert: 6,
  certreq: 7,
  hash: 8,
  sig: 9,
  nonce: 10,
  notify: 11,
  delete: 12,
  vid: 13,
  attributes: 14,
  natD: 20,
  natOa: 21,
  natDDraft: 130,
  natOaDraft: 131,
  fragment: 132,
} as const satisfies Registry;

/** RFC 2407 section 4.2. */
export const doi = { isakmp: 0, ipsec: 1 } as const satisfies Registry;
/** RFC 2407 section 4.2.1; the other two situations carry labels that nobody sends. */
export const SITUATION_IDENTITY_ONLY = 1;

/** RFC 2407 section 4.4.1. */
export const protocolIds = { isakmp: 1, ah: 2, esp: 3, ipcomp: 4 } as const satisfies Registry;

/** RFC 2407 section 4.6.2.1. */
export const idTypes = {
  ipv4Addr: 1,
  fqdn: 2,
  userFqdn: 3,
  ipv4AddrSubnet: 4,
  ipv6Addr: 5,
  ipv6AddrSubnet: 6,
  ipv4AddrRange: 7,
  ipv6AddrRange: 8,
  derAsn1Dn: 9,
  derAsn1Gn: 10,
  keyId: 11,
} as const satisfies Registry;

/** RFC 2408 section 3.14.1, RFC 2407 section 4.6.3, RFC 3706 section 5.3, Unity. */
export const notifyTypes = {
  invalidPayloadType: 1,
  doiNotSupported: 2,
  situationNotSupported: 3,
  invalidCookie: 4,
  invalidMajorVersion: 5,
  invalidMinorVersion: 6,
  invalidExchangeType: 7,
  invalidFlags: 8,
  invalidMessageId: 9,
  invalidProtocolId: 10,
  invalidSpi: 11,
  invalidTransformId: 12,
  attributesNotSupported: 13,
  noProposalChosen: 14,
  badProposalSyntax: 15,
  payloadMalformed: 16,
  invalidKeyInformation: 17,
  invalidIdInformation: 18,
  invalidCertEncoding: 19,
  invalidCertificate: 20,
  certTypeUnsupported: 21,
  invalidCertAuthority: 22,
  invalidHashInformation: 23,
  authenticationFailed: 24,
  invalidSignature: 25,
  addressNotification: 26,
  notifySaLifetime: 27,
  certificateUnavailable: 28,
  unsupportedExchangeType: 29,
  unequalPayloadLengths: 30,
  connected: 16384,
  responderLifetime: 24576,
  replayStatus: 24577,
  initialContact: 24578,
  iosKeepalive: 32768,
  iosKeepaliveAck: 32769,
  rUThere: 36136,
  rUThereAck: 36137,
  altigaKeepalive: 40500,
  unityLoadBalance: 40501,
  unityGroupHash: 40503,
} as const satisfies Registry;

/** Attributes of a phase-1 transform; RFC 2409 appendix A. */
export const phaseOneAttributes = {
  encryptionAlgorithm: 1,
  hashAlgorithm: 2,
  authenticationMethod: 3,
  groupDescription: 4,
  lifeType: 11,
  lifeDuration: 12,
  prf: 13,
  keyLength: 14,
} as const satisfies Registry;

/** The only phase-1 transform; RFC 2407 section 4.4.2.1. */
export const TRANSFORM_KEY_IKE = 1;

/** RFC 2409 appendix A, RFC 4312 for Camellia. */
export const encryptionAlgorithms = {
  desCbc: 1,
  blowfishCbc: 3,
  tripleDesCbc: 5,
  castCbc: 6,
  aesCbc: 7,
  camelliaCbc: 8,
} as const satisfies Registry;

/** RFC 2409 appendix A, RFC 4868 for SHA-2. */
export const hashAlgorithms = {
  md5: 1,
  sha: 2,
  sha2256: 4,
  sha2384: 5,
  sha2512: 6,
} as const satisfies Registry;

/** RFC 2409 appendix A, RFC 4754; 65001 and up of the XAUTH, 64221 and up of the hybrid draft. */
export const authenticationMethods = {
  preSharedKey: 1,
  dssSignature: 2,
  rsaSignature: 3,
  rsaEncryption: 4,
  revisedRsaEncryption: 5,
  ecdsa256: 9,
  ecdsa384: 10,
  ecdsa521: 11,
  hybridInitRsa: 64221,
  hybridRespRsa: 64222,
  hybridInitDss: 64223,
  hybridRespDss: 64224,
  xauthInitPreShared: 65001,
  xauthRespPreShared: 65002,
  xauthInitDss: 65003,
  xauthRespDss: 65004,
  xauthInitRsa: 65005,
  xauthRespRsa: 65006,
} as const satisfies Registry;

/** RFC 2409 appendix A and RFC 2407 section 4.5 agree on these. */
export const lifeTypes = { seconds: 1, kilobytes: 2 } as const satisfies Registry;

/** Attributes of a phase-2 transform; RFC 2407 section 4.5, RFC 4304 for the last. */
export const phaseTwoAttributes = {
  saLifeType: 1,
  saLifeDuration: 2,
  groupDescription: 3,
  encapsulationMode: 4,
  authenticationAlgorithm: 5,
  keyLength: 6,
  ecnTunnel: 10,
  extendedSequenceNumber: 11,
} as const satisfies Registry;

/** RFC 2407 section 4.4.4, RFC 3602, RFC 4106, RFC 4543. */
export const espTransforms = {
  des: 2,
  tripleDes: 3,
  blowfish: 7,
  null: 11,
  aesCbc: 12,
  aesCtr: 13,
  aesCcm8: 14,
  aesCcm12: 15,
  aesCcm16: 16,
  aesGcm8: 18,
  aesGcm12: 19,
  aesGcm16: 20,
  nullAuthAesGmac: 23,
} as const satisfies Registry;

/** RFC 2407 section 4.5, RFC 4868. */
export const authenticationAlgorithms = {
  hmacMd5: 1,
  hmacSha: 2,
  hmacSha2256: 5,
  hmacSha2384: 6,
  hmacSha2512: 7,
} as const satisfies Registry;

/** RFC 2407 section 4.5, RFC 3947 section 5.1; the last two of its drafts. */
export const encapsulationModes = {
  tunnel: 1,
  transport: 2,
  udpTunnel: 3,
  udpTransport: 4,
  udpTunnelDraft: 61443,
  udpTransportDraft: 61444,
} as const satisfies Registry;

/** Type octet of an attributes payload; draft-dukes-ike-mode-cfg-02. */
export const configurationTypes = {
  request: 1,
  reply: 2,
  set: 3,
  ack: 4,
} as const satisfies Registry;

/** draft-dukes-ike-mode-cfg-02, then Unity from 28672. */
export const configurationAttributes = {
  internalIp4Address: 1,
  internalIp4Netmask: 2,
  internalIp4Dns: 3,
  internalIp4Nbns: 4,
  internalAddressExpiry: 5,
  internalIp4Dhcp: 6,
  applicationVersion: 7,
  internalIp6Address: 8,
  internalIp6Netmask: 9,
  internalIp6Dns: 10,
  internalIp6Nbns: 11,
  internalIp6Dhcp: 12,
  internalIp4Subnet: 13,
  supportedAttributes: 14,
  internalIp6Subnet: 15,
  unityBanner: 28672,
  unitySavePassword: 28673,
  unityDefaultDomain: 28674,
  unitySplitDns: 28675,
  unitySplitInclude: 28676,
  unityNatTPort: 28677,
  unityLocalLan: 28678,
  unityPfs: 28679,
  unityFirewallType: 28680,
  unityBackupServers: 28681,
  unityDdnsHostname: 28682,
} as const satisfies Registry;

/** draft-beaulieu-ike-xauth-02. */
export const xauthAttributes = {
  xauthType: 16520,
  xauthUserName: 16521,
  xauthUserPassword: 16522,
  xauthPasscode: 16523,
  xauthMessage: 16524,
  xauthChallenge: 16525,
  xauthDomain: 16526,
  xauthStatus: 16527,
  xauthNextPin: 16528,
  xauthAnswer: 16529,
} as const satisfies Registry;

/** Values of the XAUTH type and status attributes; the same draft. */
export const xauthTypes = {
  generic: 0,
  radiusChap: 1,
  otp: 2,
  sKey: 3,
} as const satisfies Registry;
export const xauthStatuses = { fail: 0, ok: 1 } as const satisfies Registry;
