import { toUtf8 } from '#base/bytes';
import { type DhGroup, dhGroupOfNumber } from '#crypto/dh-groups';
import type { EspSuiteName } from '#crypto/esp-suites';
import { secretKey } from '#crypto/secret-key';
import type {
  ConfigurationAttribute,
  ConnectRequest,
  IsakmpPolicy,
  KeyingPolicy,
} from '#ipsec/keying';
import { configurationAttributes as attribute } from '#wire/isakmp/numbers';
import type { ClientEnds } from './client.ts';
import type { Profile } from './profile.ts';

/** What this client calls itself: `version:type`, as the VPN clients of old do. */
export const CLIENT_VERSION = 'headend client 0.1.0:Linux';

/** The transforms of phase 1 it offers, best first; the old ones are what concentrators know. */
const ciphers = ['aes-cbc-256', 'aes-cbc-128', '3des'] as const;
const hashes = ['sha2-256', 'sha1', 'md5'] as const;
const suites: readonly EspSuiteName[] = [
  'aes-gcm-16-128',
  'aes-cbc-256-hmac-sha2-256-128',
  'aes-cbc-128-hmac-sha1-96',
  '3des-cbc-hmac-md5-96',
];
const LIFETIME_SECONDS = 86_400;

const wanted: readonly number[] = [
  attribute.internalIp4Address,
  attribute.internalIp4Netmask,
  attribute.internalIp4Dns,
  attribute.internalIp4Nbns,
  attribute.unityBanner,
  attribute.unitySavePassword,
  attribute.unityDefaultDomain,
  attribute.unitySplitInclude,
  attribute.unitySplitDns,
  attribute.unityPfs,
  attribute.unityNatTPort,
];

/** The Mode Config request: every attribute empty, then who we are. */
const configuration: readonly ConfigurationAttribute[] = [
  ...wanted.map((type) => ({ type, value: new Uint8Array(0) })),
  { type: attribute.applicationVersion, value: toUtf8(CLIENT_VERSION) },
];

/** What the client does in phase 1, by its Diffie-Hellman group. */
export function clientPolicy(profile: Profile): KeyingPolicy {
  const group = dhGroupOfNumber(profile.dhGroup);
  return {
    isakmp: group ? offers(group) : [],
    natTraversal: profile.transparentTunneling ? { keepaliveSeconds: 10 } : undefined,
    peer: () => undefined,
    limits: { halfOpen: 100, halfOpenPerAddress: 100, isakmpSas: 100 },
    extendedAuthenticationTimeoutMs: profile.peerTimeoutSeconds * 1000,
  };
}

const offers = (group: DhGroup): IsakmpPolicy[] =>
  ciphers.flatMap((encryption) =>
    hashes.map((hash, index) => ({
      priority: index,
      encryption,
      hash,
      authentication: 'pre-share' as const,
      group: group.name,
      lifetimeSeconds: LIFETIME_SECONDS,
    })),
  );

/** What to connect to, and as whom; undefined when the profile names a group that does not exist. */
export function connectRequest(profile: Profile, ends: ClientEnds): ConnectRequest | undefined {
  if (!dhGroupOfNumber(profile.dhGroup)) return undefined;
  const timeout = profile.peerTimeoutSeconds;
  return {
    local: ends.local,
    localEncapsulated: ends.localEncapsulated,
    remote: { address: profile.host, port: ends.remotePort },
    remoteEncapsulated: { address: profile.host, port: ends.remoteEncapsulatedPort },
    identity: { kind: 'keyId', bytes: toUtf8(profile.groupName) },
    peer: {
      group: profile.groupName,
      preSharedKey: secretKey(toUtf8(profile.groupPassword)),
      extendedAuthentication: true,
      ipsec: {
        suites,
        mode: 'tunnel',
        lifetimeSeconds: 28_800,
        lifetimeKilobytes: 4_608_000,
        pfs: undefined,
        replayWindow: 64,
      },
      // Three unanswered probes within the peer timeout of the profile end the connection.
      dpd: {
        idleSeconds: Math.ceil(timeout / 3),
        retrySeconds: Math.ceil(timeout / 6),
        retries: 3,
      },
    },
    configuration,
  };
}
