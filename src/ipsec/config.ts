import type { IpAddress } from '#base/address';
import { slice, type Table } from '#config/configuration';
import type { DhGroupName } from '#crypto/dh-groups';
import type { EspSuiteName } from '#crypto/esp-suites';
import type { HashName } from '#crypto/hashes';
import type { IsakmpCipherName } from '#crypto/isakmp-ciphers';

/** `crypto ikev1 policy`. */
export type IsakmpPolicySetting = {
  readonly priority: number;
  readonly authentication: 'pre-share' | 'rsa-sig';
  readonly encryption: IsakmpCipherName;
  readonly hash: HashName;
  readonly group: DhGroupName;
  readonly lifetimeSeconds: number;
};

/** `crypto ipsec ikev1 transform-set`: one suite, and the mode. */
export type TransformSet = {
  readonly name: string;
  readonly suite: EspSuiteName;
  readonly mode: 'tunnel' | 'transport';
};

/** One entry of a dynamic map: what a peer whose address is not known may negotiate. */
export type DynamicMapEntry = {
  readonly sequence: number;
  readonly transformSets: readonly string[];
  readonly pfs?: DhGroupName | undefined;
  readonly lifetimeSeconds?: number | undefined;
  readonly lifetimeKilobytes?: number | undefined;
  readonly reverseRoute: boolean;
  /** Lines that are kept without effect, as what follows the sequence number. */
  readonly kept?: readonly string[] | undefined;
};

/** Which end of a LAN-to-LAN tunnel begins. */
export type ConnectionType = 'bidirectional' | 'originate-only' | 'answer-only';

/**
 * One entry of a crypto map: it leads to a dynamic map, or says what is protected on the way to one peer
 * (a LAN-to-LAN tunnel).
 */
export type CryptoMapEntry = {
  readonly sequence: number;
  readonly dynamicMap?: string | undefined;
  /** Name of the access list whose entries are the networks to protect. */
  readonly accessList?: string | undefined;
  readonly peer?: IpAddress | undefined;
  readonly transformSets: readonly string[];
  readonly pfs?: DhGroupName | undefined;
  readonly lifetimeSeconds?: number | undefined;
  readonly lifetimeKilobytes?: number | undefined;
  readonly reverseRoute: boolean;
  readonly connectionType: ConnectionType;
};

export type CryptoMap = {
  readonly name: string;
  readonly entries: Table<number, CryptoMapEntry>;
  /** Names of the interfaces it is applied to. */
  readonly interfaces: readonly string[];
};

/** Everything behind the fence, written as `legacy-crypto permit` takes it. */
export const LEGACY_ITEMS = [
  'encryption des',
  'encryption 3des',
  'encryption null',
  'hash md5',
  'hash sha',
  'dh-group 1',
  'dh-group 2',
  'dh-group 5',
  'aggressive-mode',
] as const;

/** An old algorithm or exchange that is refused unless `legacy-crypto` permits it. */
export type LegacyItem = (typeof LEGACY_ITEMS)[number];

/** Of the outer header of a packet: as inside, always set, or never. */
export type DfBit = 'copy' | 'set' | 'clear';

/** What this device negotiates, and with which limits. */
export type IpsecConfiguration = {
  readonly isakmpPolicies: Table<number, IsakmpPolicySetting>;
  /** Names of the interfaces on which IKEv1 answers. */
  readonly isakmpInterfaces: readonly string[];
  /** NAT-15: undefined is off. */
  readonly natTraversal?: { readonly keepaliveSeconds: number } | undefined;
  /** `crypto ikev1 am-disable` refuses aggressive mode altogether. */
  readonly aggressiveMode: boolean;
  readonly transformSets: Table<string, TransformSet>;
  readonly dynamicMaps: Table<string, Table<number, DynamicMapEntry>>;
  readonly maps: Table<string, CryptoMap>;
  /** Lines of crypto maps about clients, by map, as what follows its name. */
  readonly mapClients: Table<string, readonly string[]>;
  readonly lifetimeSeconds: number;
  readonly lifetimeKilobytes: number;
  readonly replayWindow: number;
  /** What becomes of the DF bit, by the name of the interface; an interface without an entry copies it. */
  readonly dfBit: Table<string, DfBit>;
  /** Most octets of a TCP segment through a tunnel; undefined or 0 for what fits. */
  readonly tcpSegmentOctets?: number | undefined;
  readonly legacyPermitted: ReadonlySet<LegacyItem>;
  /** Whether this device may encrypt with more than single DES, as the 3DES/AES licence of an ASA says; GEN-42. */
  readonly strongCrypto: boolean;
};

export const ipsecSlice = slice<IpsecConfiguration>('ipsec', {
  isakmpPolicies: new Map(),
  isakmpInterfaces: [],
  aggressiveMode: true,
  transformSets: new Map(),
  dynamicMaps: new Map(),
  maps: new Map(),
  mapClients: new Map(),
  lifetimeSeconds: 28800,
  lifetimeKilobytes: 4608000,
  replayWindow: 64,
  dfBit: new Map(),
  legacyPermitted: new Set(),
  strongCrypto: true,
});
