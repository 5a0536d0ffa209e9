import { address, type Endpoint, type IpAddress } from '#base/address';
import { toUtf8 } from '#base/bytes';
import { prefixOf } from '#base/prefix';
import { secretKey } from '#crypto/secret-key';
import { configurationAttributes } from '#wire/isakmp/numbers';
import type { ConnectRequest, IsakmpPolicy, KeyingPolicy, PeerPolicy } from '../keying.ts';

/** Policies and addresses that the stories of keying share; those of the seed's network. */

export const endpoint = (ip: string, port: number): Endpoint => ({ address: address(ip), port });

export const gatewayAddress: IpAddress = address('172.16.172.50');
/** The address that every client behind the PAT box is seen under. */
export const patAddress: IpAddress = address('171.69.89.78');

export const groupPolicy: PeerPolicy = {
  group: 'ciscovpn',
  preSharedKey: secretKey(toUtf8('cisco123')),
  extendedAuthentication: true,
  ipsec: {
    suites: ['aes-cbc-128-hmac-sha1-96', 'aes-gcm-16-128', '3des-cbc-hmac-md5-96'],
    mode: 'tunnel',
    lifetimeSeconds: 28_800,
    lifetimeKilobytes: 4_608_000,
    replayWindow: 64,
  },
  dpd: { idleSeconds: 60, retrySeconds: 5, retries: 3 },
};

export const isakmpPolicy: IsakmpPolicy = {
  priority: 10,
  encryption: 'aes-cbc-128',
  hash: 'sha1',
  authentication: 'pre-share',
  // The cheapest group, so that hundreds of logins fit into a test.
  group: 'x25519',
  lifetimeSeconds: 86_400,
};

/** The policy of the head-end, which knows one group by its name. */
export const gatewayPolicy = (changes: Partial<KeyingPolicy> = {}): KeyingPolicy => ({
  isakmp: [isakmpPolicy],
  natTraversal: { keepaliveSeconds: 9 },
  peer: (identity) =>
    identity.kind === 'keyId' && new TextDecoder().decode(identity.bytes) === groupPolicy.group
      ? groupPolicy
      : undefined,
  limits: { halfOpen: 100, halfOpenPerAddress: 50, isakmpSas: 1000 },
  extendedAuthenticationTimeoutMs: 90_000,
  ...changes,
});

/** The head-end with another group. */
export const gatewayWithGroup = (
  group: Partial<PeerPolicy>,
  changes: Partial<KeyingPolicy> = {},
): KeyingPolicy => gatewayPolicy({ peer: () => ({ ...groupPolicy, ...group }), ...changes });

/** The policy of a client, whose keepalive is a second slower than the head-end's. */
export const clientPolicy = (changes: Partial<KeyingPolicy> = {}): KeyingPolicy =>
  gatewayPolicy({ natTraversal: { keepaliveSeconds: 10 }, peer: () => undefined, ...changes });

/** What a client asks the head-end for. */
export const connectRequest = (
  client: IpAddress,
  changes: Partial<ConnectRequest> = {},
): ConnectRequest => ({
  local: { address: client, port: 500 },
  localEncapsulated: { address: client, port: 4500 },
  remote: { address: gatewayAddress, port: 500 },
  remoteEncapsulated: { address: gatewayAddress, port: 4500 },
  identity: { kind: 'keyId', bytes: toUtf8(groupPolicy.group) },
  peer: groupPolicy,
  configuration: [
    { type: configurationAttributes.internalIp4Address, value: new Uint8Array(0) },
    { type: configurationAttributes.applicationVersion, value: toUtf8('headend client') },
  ],
  ...changes,
});

/** How both ends of a LAN-to-LAN tunnel treat each other. */
export const sitePeer: PeerPolicy = {
  ...groupPolicy,
  group: '10.10.10.2',
  preSharedKey: secretKey(toUtf8('between-two-sites')),
  extendedAuthentication: false,
  selectors: [
    {
      local: prefixOf(address('192.168.2.0'), 24),
      remote: prefixOf(address('192.168.9.0'), 24),
    },
  ],
};

/** The same networks as the other site sees them. */
export const farSelectors = (sitePeer.selectors ?? []).map(({ local, remote }) => ({
  local: remote,
  remote: local,
}));

/** A head-end that knows the peers of LAN-to-LAN tunnels by their addresses. */
export const sitePolicy = (
  peer: Partial<PeerPolicy> = {},
  changes: Partial<KeyingPolicy> = {},
): KeyingPolicy =>
  gatewayPolicy({
    peerAt: (from) =>
      from === address('10.10.10.2') || from === patAddress ? { ...sitePeer, ...peer } : undefined,
    ...changes,
  });

/** What one site asks the other for. */
export const siteRequest = (changes: Partial<ConnectRequest> = {}): Partial<ConnectRequest> => ({
  exchange: 'main',
  identity: { kind: 'address', address: address('10.10.10.2') },
  peer: { ...sitePeer, group: gatewayAddress, selectors: farSelectors },
  configuration: [],
  ...changes,
});
