import { concat, fromHex } from '#base/bytes';

/**
 * Vendor IDs: most are MD5 of a text that the vendor published. Where version octets follow,
 * `fixed` is what identifies the vendor and `version` what we send after it.
 */
const table = {
  xauth: { label: 'XAUTH', fixed: '09002689dfd6b712' },
  unity: { label: 'Cisco Unity', fixed: '12f5f28c457168a9702d9fe274cc', version: '0100' },
  dpd: { label: 'Dead Peer Detection', fixed: 'afcad71368a1f1c96b8696fc7757', version: '0100' },
  natTraversal: { label: 'NAT-T RFC 3947', fixed: '4a131c81070358455c5728f20e95452f' },
  natTraversalDraft03: { label: 'NAT-T draft 03', fixed: '7d9419a65310ca6f2c179d9215529d56' },
  /** MD5 of the name with a line feed, the one that spread. */
  natTraversalDraft02n: { label: 'NAT-T draft 02\\n', fixed: '90cb80913ebb696e086381b5ec427b1f' },
  natTraversalDraft02: { label: 'NAT-T draft 02', fixed: 'cd60464335df21f87cfdb2fc68b6a448' },
  natTraversalDraft01: { label: 'NAT-T draft 01', fixed: '16f6ca16e4a4066d83821a0f0aeaa862' },
  natTraversalDraft00: { label: 'NAT-T draft 00', fixed: '4485152d18b6bbcd0be8a8469579ddcc' },
  fragmentation: {
    label: 'IKE fragmentation',
    fixed: '4048b7d56ebce88525e7de7f00d6c2d3',
    version: 'c0000000',
    versionMayLack: true,
  },
  altigaGateway: {
    label: 'VPN 3000 concentrator',
    fixed: '1f07f70eaa6514d3b0fa96542a50',
    version: '0306',
  },
  altigaNetworks: { label: 'VPN 3000 client', fixed: 'f6f7efc7f5aeb8cb158cb9d094ba69e7' },
  vpnc: { label: 'vpnc', fixed: '126e1f577291153b20485f7f155b4bc8' },
  deleteWithReason: { label: 'Delete with reason', fixed: '2d7922c6b301d9b0e1342739e9cfbbd5' },
  kame: { label: 'KAME racoon', fixed: '7003cbc1097dbe9c2600ba6983bc8b35' },
  strongSwan: { label: 'strongSwan', fixed: '882fe56d6fd20dbc2251613b2ebe5beb' },
  microsoft: {
    label: 'MS NT5 ISAKMPOAKLEY',
    fixed: '1e2b516905991c7d7c96fcbfb587e461',
    version: '00000009',
  },
} as const satisfies Record<string, Entry>;

type Entry = {
  readonly label: string;
  readonly fixed: string;
  readonly version?: string;
  readonly versionMayLack?: true;
};

export type VendorIdName = keyof typeof table;

export type KnownVendorId = {
  readonly name: VendorIdName;
  /** For logs. */
  readonly label: string;
  /** Version or capability octets after the fixed part. */
  readonly version: Uint8Array;
};

const known = Object.entries(table).map(([name, entry]: [string, Entry]) => ({
  name: name as VendorIdName,
  label: entry.label,
  fixed: fromHex(entry.fixed) as Uint8Array,
  version: fromHex(entry.version ?? '') as Uint8Array,
  versionMayLack: entry.versionMayLack ?? false,
}));

const byName = new Map(known.map((entry) => [entry.name, entry]));

/** The octets to send; `version` replaces our own version octets. */
export function vendorId(name: VendorIdName, version?: Uint8Array): Uint8Array {
  const entry = byName.get(name) as (typeof known)[number];
  return concat(entry.fixed, version ?? entry.version);
}

function beginsWith(data: Uint8Array, prefix: Uint8Array): boolean {
  for (let i = 0; i < prefix.length; i += 1) if (data[i] !== prefix[i]) return false;
  return true;
}

/** Which vendor ID a peer sent; undefined for one we do not know. */
export function knownVendorId(data: Uint8Array): KnownVendorId | undefined {
  for (const { name, label, fixed, version, versionMayLack } of known) {
    const versionLength = data.length - fixed.length;
    if (versionLength !== version.length && !(versionMayLack && versionLength === 0)) continue;
    if (beginsWith(data, fixed)) return { name, label, version: data.subarray(fixed.length) };
  }
  return undefined;
}
