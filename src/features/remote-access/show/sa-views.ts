import type { Instant } from '#base/instant';
import { formatPrefix } from '#base/prefix';
import { DH_GROUPS } from '#crypto/dh-groups';
import { ESP_SUITES } from '#crypto/esp-suites';
import type { DataPlane, SaCounters } from '#dataplane/data-plane';
import { oneLine } from '#events/event';
import { legacyOfChild, legacyOfIsakmpSa } from '#ipsec/badge';
import type { ChildSummary, IsakmpSaSummary } from '#ipsec/keying';
import type { IpsecSaView, IsakmpSaView } from '#views/views';

/** Where the counters of an IPsec SA are read. */
export type SaCounterSource = Pick<DataPlane, 'inboundCounters' | 'outboundCounters'>;

const NOT_COUNTED: SaCounters = {
  packets: 0,
  octets: 0,
  replayed: 0,
  authenticationFailed: 0,
  malformed: 0,
  selectorMismatch: 0,
  expired: 0,
};

const secondsLeft = (expiresAt: Instant, now: Instant): number =>
  Math.max(0, Math.floor((expiresAt - now) / 1000));

/** One ISAKMP SA. What its peer calls itself may come from a stranger, and is cut to one line. */
export const isakmpSaView = (sa: IsakmpSaSummary, now: Instant): IsakmpSaView => ({
  id: sa.id,
  role: sa.role,
  state: sa.state,
  localAddress: sa.local.address,
  localPort: sa.local.port,
  remoteAddress: sa.remote.address,
  remotePort: sa.remote.port,
  initiatorCookie: sa.initiatorCookie,
  responderCookie: sa.responderCookie,
  encryption: sa.encryption,
  hash: sa.hash,
  dhGroup: sa.dhGroup,
  authentication: sa.authentication,
  natTraversal: sa.natTraversal,
  localBehindNat: sa.localBehindNat,
  remoteBehindNat: sa.remoteBehindNat,
  lifetimeSeconds: sa.lifetimeSeconds,
  remainingSeconds: sa.expiresAt === undefined ? 0 : secondsLeft(sa.expiresAt, now),
  group: sa.group === undefined ? undefined : oneLine(sa.group),
  username: sa.user === undefined ? undefined : oneLine(sa.user),
  legacy: legacyOfIsakmpSa(sa),
});

/** A pair of IPsec SAs with its counters; NAT-39. */
export function ipsecSaView(
  sa: IsakmpSaSummary,
  child: ChildSummary,
  source: SaCounterSource,
  now: Instant,
): IpsecSaView {
  const suite = ESP_SUITES[child.suite];
  const inbound = source.inboundCounters(child.inboundSpi) ?? NOT_COUNTED;
  const outbound = source.outboundCounters(child.inboundSpi) ?? NOT_COUNTED;
  const { replayed, authenticationFailed, malformed, selectorMismatch } = inbound;
  const inUdp = child.encapsulation === 'udp';
  return {
    isakmpSaId: sa.id,
    inboundSpi: child.inboundSpi,
    outboundSpi: child.outboundSpi,
    encryption: suite.encryptionLabel,
    hash: suite.integrityLabel,
    pfs: child.pfs === undefined ? undefined : `group ${DH_GROUPS[child.pfs].number}`,
    mode: child.mode,
    encapsulation: child.encapsulation,
    localAddress: sa.local.address,
    localPort: inUdp ? sa.local.port : 0,
    remoteAddress: sa.remote.address,
    remotePort: inUdp ? sa.remote.port : 0,
    localNetwork: formatPrefix(child.local),
    remoteNetwork: formatPrefix(child.remote),
    lifetimeSeconds: child.lifetimeSeconds,
    remainingSeconds: secondsLeft(child.expiresAt, now),
    lifetimeKilobytes: child.lifetimeKilobytes,
    replayWindow: child.replayWindow,
    inbound: { packets: inbound.packets, octets: inbound.octets },
    outbound: { packets: outbound.packets, octets: outbound.octets },
    replayed,
    authenticationFailed,
    malformed,
    selectorMismatch,
    expired: inbound.expired + outbound.expired,
    legacy: legacyOfChild(child),
  };
}

/** The pairs of one ISAKMP SA in an order that a cursor can go on from. */
export const ipsecSaViews = (
  sa: IsakmpSaSummary,
  source: SaCounterSource,
  now: Instant,
): IpsecSaView[] =>
  [...sa.children]
    .sort((a, b) => a.inboundSpi - b.inboundSpi)
    .map((child) => ipsecSaView(sa, child, source, now));
