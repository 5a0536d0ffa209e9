import { maskOf } from '#base/prefix';
import { type Field, type FieldForm, restOf, textFields } from '#config/text-table';
import type { IsakmpSaView, Page } from '#views/views';
import type { CryptoIpsecSaView } from './sa-pages.ts';

/** `0x4A1B2C01`. */
export const spiText = (spi: number): string =>
  `0x${spi.toString(16).toUpperCase().padStart(8, '0')}`;

/** `show crypto isakmp sa`. */
export type CryptoIsakmpView = {
  readonly established: number;
  readonly halfOpen: number;
  readonly page: Page<IsakmpSaView>;
};

const HOW = 'name one peer with "peer ADDRESS"';

/** Fields below the line that names the peer. */
const peerForm: FieldForm = { indent: 4, name: 8, second: 26 };

/** Clients use aggressive mode; main mode is between gateways, members of a cluster included. */
function typeOf({ state, username }: IsakmpSaView): string {
  if (state.startsWith('MM_')) return 'L2L';
  return username === undefined ? 'group' : 'user';
}

const isakmpFields = (sa: IsakmpSaView): readonly (readonly Field[])[] => [
  [
    ['Type', typeOf(sa)],
    ['Role', sa.role],
  ],
  [['State', sa.state]],
];

const natText = ({ natTraversal, localBehindNat, remoteBehindNat }: IsakmpSaView): string => {
  const behind = [...(localBehindNat ? ['we'] : []), ...(remoteBehindNat ? ['peer'] : [])];
  return behind.length === 0 ? natTraversal : `${natTraversal}, behind NAT: ${behind.join(', ')}`;
};

const isakmpDetailFields = (sa: IsakmpSaView): readonly (readonly Field[])[] => [
  ...isakmpFields(sa),
  [
    ['Encrypt', sa.encryption],
    ['Hash', sa.hash],
  ],
  [
    ['Auth', sa.authentication],
    ['Lifetime', sa.lifetimeSeconds],
  ],
  [['Lifetime Remaining', sa.remainingSeconds]],
  [['DH group', sa.dhGroup]],
  [
    ['Group', sa.group ?? ''],
    ['User', sa.username ?? ''],
  ],
  [['NAT-T', natText(sa)]],
  [['Ports', `local ${sa.localPort}, remote ${sa.remotePort}`]],
  [['Cookies', `${sa.initiatorCookie} ${sa.responderCookie}`]],
  ...(sa.legacy.length > 0 ? [[['Legacy', sa.legacy.join(', ')]] as const] : []),
];

/** The text of `show crypto isakmp sa`, with algorithms and lifetimes or without. */
export const isakmpSasText =
  (detail: boolean) =>
  ({ established, halfOpen, page }: CryptoIsakmpView): string => {
    if (established + halfOpen === 0) return 'There are no IKEv1 SAs';
    return [
      'IKEv1 SAs:',
      '',
      `   Active SA: ${established}`,
      `Half-open SA: ${halfOpen}`,
      `Total IKE SA: ${established + halfOpen}`,
      ...page.items.flatMap((sa) => [
        '',
        `${`${sa.id}`.padEnd(3)} IKE Peer: ${sa.remoteAddress}`,
        ...textFields(detail ? isakmpDetailFields(sa) : isakmpFields(sa), peerForm),
      ]),
      ...restOf(page, HOW),
    ].join('\n');
  };

/** `(40.1.1.1/255.255.255.255/0/0)`: address, mask, protocol and port, zeros for any. */
function identText(network: string): string {
  const [address = '', length = ''] = network.split('/');
  const mask = address.includes(':') ? length : maskOf(Number(length));
  return `(${address}/${mask}/0/0)`;
}

/** `172.16.172.50/4500`; without UDP the port is 0. */
const endpointText = (address: string, port: number): string => `${address}/${port}`;

function remainingText(sa: CryptoIpsecSaView, octets: number): string {
  if (sa.lifetimeKilobytes === 0) return `(sec): ${sa.remainingSeconds}`;
  const kilobytes = Math.max(0, sa.lifetimeKilobytes - Math.ceil(octets / 1024));
  return `(kB/sec): (${kilobytes}/${sa.remainingSeconds})`;
}

const settingsText = (sa: CryptoIpsecSaView): string => {
  const mode = sa.mode === 'tunnel' ? 'Tunnel' : 'Transport';
  const inUdp = sa.encapsulation === 'udp' ? ' NAT-T-Encaps,' : '';
  const pfs = sa.pfs === undefined ? '' : ` PFS ${sa.pfs},`;
  return `{RA, ${mode},${inUdp}${pfs} IKEv1, }`;
};

/** One direction of a pair. */
const directionText = (sa: CryptoIpsecSaView, direction: 'inbound' | 'outbound'): string[] => {
  const spi = direction === 'inbound' ? sa.inboundSpi : sa.outboundSpi;
  const map = sa.cryptoMap ? `, crypto-map: ${sa.cryptoMap.name}` : '';
  return [
    `    ${direction} esp sas:`,
    `      spi: ${spiText(spi)} (${spi})`,
    `         transform: ${sa.transform}`,
    `         in use settings =${settingsText(sa)}`,
    `         conn_id: ${sa.isakmpSaId}${map}`,
    `         sa timing: remaining key lifetime ${remainingText(sa, sa[direction].octets)}`,
    `         IV size: ${sa.ivOctets} bytes`,
    `         replay detection support: ${direction === 'inbound' ? `Y, window ${sa.replayWindow}` : 'Y'}`,
  ];
};

/** `#pkts encaps: 8, #pkts encrypt: 8`: every packet goes through all of these steps. */
const counted = (names: readonly string[], packets: number): string =>
  `      ${names.map((name) => `#${name}: ${packets}`).join(', ')}`;

/** Packets that were received and thrown away, by reason; only reasons that occurred. */
const refusals = (sa: CryptoIpsecSaView): readonly (readonly [string, number])[] =>
  (
    [
      ['replayed', sa.replayed],
      ['failed verification', sa.authenticationFailed],
      ['malformed', sa.malformed],
      ['outside the selectors', sa.selectorMismatch],
      ['beyond the lifetime', sa.expired],
    ] as const
  ).filter(([, packets]) => packets > 0);

/** A client's own multicast, broadcast and IPv6 have no place in an SA for one address. */
const SELECTORS_EXPLAINED =
  '          (a few are normal: multicast, broadcast and IPv6 that the client host sends by itself)';

function pairText(sa: CryptoIpsecSaView): string[] {
  const refused = refusals(sa).reduce((sum, [, packets]) => sum + packets, 0);
  const local = endpointText(sa.localAddress, sa.localPort);
  const remote = endpointText(sa.remoteAddress, sa.remotePort);
  const tag = sa.cryptoMap
    ? `Crypto map tag: ${sa.cryptoMap.name}, seq num: ${sa.cryptoMap.sequence}, `
    : '';
  const user = sa.username === undefined ? '' : `, username: ${sa.username}`;
  return [
    `    ${tag}local addr: ${sa.localAddress}`,
    '',
    `      local ident (addr/mask/prot/port): ${identText(sa.localNetwork)}`,
    `      remote ident (addr/mask/prot/port): ${identText(sa.remoteNetwork)}`,
    `      current_peer: ${sa.remoteAddress}${user}`,
    ...(sa.assignedAddress === undefined
      ? []
      : [`      dynamic allocated peer ip: ${sa.assignedAddress}`]),
    '',
    counted(['pkts encaps', 'pkts encrypt', 'pkts digest'], sa.outbound.packets),
    counted(['pkts decaps', 'pkts decrypt', 'pkts verify'], sa.inbound.packets),
    `      #bytes encaps: ${sa.outbound.octets}, #bytes decaps: ${sa.inbound.octets}`,
    `      #recv errors: ${refused}`,
    ...refusals(sa).map(([reason, packets]) => `        #pkts ${reason}: ${packets}`),
    ...(sa.selectorMismatch > 0 ? [SELECTORS_EXPLAINED] : []),
    '',
    `      local crypto endpt.: ${local}, remote crypto endpt.: ${remote}`,
    `      current outbound spi: ${spiText(sa.outboundSpi).slice(2)}`,
    `      current inbound spi : ${spiText(sa.inboundSpi).slice(2)}`,
    ...(sa.legacy.length > 0 ? [`      legacy: ${sa.legacy.join(', ')}`] : []),
    '',
    ...directionText(sa, 'inbound'),
    ...directionText(sa, 'outbound'),
  ];
}

/** The text of `show crypto ipsec sa`: the pairs below the name of their interface. */
export function ipsecSasText(page: Page<CryptoIpsecSaView>): string {
  if (page.items.length === 0) return 'There are no ipsec sas';
  const lines: string[] = [];
  let current: string | undefined;
  for (const sa of page.items) {
    const name = sa.interface ?? 'none';
    if (name !== current) lines.push(`interface: ${name}`);
    current = name;
    lines.push(...pairText(sa), '');
  }
  return [...lines.slice(0, -1), ...restOf(page, HOW)].join('\n');
}
