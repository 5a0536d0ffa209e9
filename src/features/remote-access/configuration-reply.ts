import { addressBytes, familyOf, type IpAddress } from '#base/address';
import { concat, toUtf8 } from '#base/bytes';
import { maskOf, type Prefix } from '#base/prefix';
import type { ConfigurationAttribute } from '#ipsec/keying';
import { configurationAttributes as attribute } from '#wire/isakmp/numbers';

/** What a client is told about its place in the inside network. */
export type ClientConfiguration = {
  readonly address: IpAddress;
  readonly netmask: IpAddress;
  readonly dnsServers: readonly IpAddress[];
  readonly winsServers: readonly IpAddress[];
  readonly defaultDomain: string | undefined;
  readonly splitDns: readonly string[];
  readonly banner: string | undefined;
  /** Networks reached through the tunnel; empty for everything. */
  readonly splitInclude: readonly Prefix[];
  readonly savePassword: boolean;
  readonly pfs: boolean;
  readonly backupServers: readonly IpAddress[];
  readonly applicationVersion: string;
  /** UDP port of the encapsulation, for a client that asks; undefined where NAT-T is off (NAT-50). */
  readonly natTraversalPort: number | undefined;
};

const octets = (type: number, value: Uint8Array): ConfigurationAttribute => ({ type, value });
const text = (type: number, value: string | undefined): ConfigurationAttribute[] =>
  value === undefined || value === '' ? [] : [octets(type, toUtf8(value))];
const ipv4 = (type: number, addresses: readonly IpAddress[]): ConfigurationAttribute[] =>
  addresses.filter((a) => familyOf(a) === 4).map((a) => octets(type, addressBytes(a)));

/** A Unity network: address, mask, protocol, source port, destination port; zeros for any. */
const unityNetwork = (p: Prefix): Uint8Array =>
  concat(addressBytes(p.address), addressBytes(maskOf(p.length)), new Uint8Array(6));

function answer(type: number, c: ClientConfiguration): readonly ConfigurationAttribute[] {
  switch (type) {
    case attribute.internalIp4Address:
      return [octets(type, addressBytes(c.address))];
    case attribute.internalIp4Netmask:
      return [octets(type, addressBytes(c.netmask))];
    case attribute.internalIp4Dns:
      return ipv4(type, c.dnsServers);
    case attribute.internalIp4Nbns:
      return ipv4(type, c.winsServers);
    case attribute.applicationVersion:
      return text(type, c.applicationVersion);
    case attribute.unityBanner:
      return text(type, c.banner);
    case attribute.unitySavePassword:
      return [{ type, value: c.savePassword ? 1 : 0 }];
    case attribute.unityDefaultDomain:
      return text(type, c.defaultDomain);
    case attribute.unitySplitDns:
      return text(type, c.splitDns.join(','));
    case attribute.unitySplitInclude: {
      const networks = c.splitInclude.filter((p) => familyOf(p.address) === 4);
      return networks.length === 0 ? [] : [octets(type, concat(...networks.map(unityNetwork)))];
    }
    case attribute.unityNatTPort:
      return c.natTraversalPort === undefined ? [] : [{ type, value: c.natTraversalPort }];
    case attribute.unityPfs:
      return [{ type, value: c.pfs ? 1 : 0 }];
    case attribute.unityBackupServers:
      return text(type, c.backupServers.join(','));
    default:
      return [];
  }
}

/**
 * The attributes of a Mode Config reply: what was requested and is configured, in the order of the
 * request but with the address first, since a client may compute from it what follows (NAT-50).
 */
export function configurationReply(
  requested: readonly ConfigurationAttribute[],
  configuration: ClientConfiguration,
): readonly ConfigurationAttribute[] {
  const types = new Set([attribute.internalIp4Address, ...requested.map((a) => a.type)]);
  return [...types].flatMap((type) => answer(type, configuration));
}
