import { padded } from '#base/calendar';
import { type Field, type FieldForm, restOf, textFields } from '#config/text-table';
import type { IpsecSaView, IsakmpSaView, Page, SessionDetailView, SessionView } from '#views/views';
import { spiText } from './sa-text.ts';
import { formatDateTime } from './session-text.ts';

const HOUR_SECONDS = 3600;

/** `0h:04m:04s`, `1d 2h:03m:04s`: how an ASA writes a time that has passed. */
export function formatElapsed(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const hours = Math.floor(seconds / HOUR_SECONDS);
  const days = Math.floor(hours / 24);
  const clock = `${hours % 24}h:${padded(Math.floor(seconds / 60) % 60)}m:${padded(seconds % 60)}s`;
  return days > 0 ? `${days}d ${clock}` : clock;
}

/** The form of GEN-104: names of 13 columns, the second field at column 38. */
const block: FieldForm = { indent: 0, name: 13, second: 38 };
const tunnel: FieldForm = { indent: 2, name: 13, second: 38 };

const given = (name: string, value: string | number | undefined): Field[] =>
  value === undefined ? [] : [[name, value]];

const clientOf = ({ clientType, clientVersion }: SessionView): Field[] => [
  ...given('Client Type', clientType),
  ...given('Client Ver', clientVersion),
];

const legacyFields = (legacy: readonly string[]): Field[] =>
  legacy.length > 0 ? [['Legacy', legacy.join(', ')]] : [];

const sessionFields = (s: SessionView): readonly (readonly Field[])[] => [
  [
    // G-85: a tunnel between sites has a connection where a client has a user.
    [s.kind === 'lanToLan' ? 'Connection' : 'Username', s.username],
    ['Index', s.index],
  ],
  [...given('Assigned IP', s.assignedAddress), ['Public IP', s.publicAddress]],
  [['Protocol', s.protocol]],
  [
    ['Encryption', s.encryption],
    ['Hashing', s.hash],
  ],
  [
    ['Bytes Tx', s.bytesTx],
    ['Bytes Rx', s.bytesRx],
  ],
  [
    ['Pkts Tx', s.packetsTx],
    ['Pkts Rx', s.packetsRx],
  ],
  [...given('Group Policy', s.groupPolicy), ['Tunnel Group', s.group]],
  [['Login Time', formatDateTime(s.loginAt)]],
  [['Duration', formatElapsed(s.durationMs)]],
  [['Inactivity', formatElapsed(s.idleMs ?? 0)]],
  ...(s.state === 'active' ? [] : [[['State', s.state]] as const]),
  clientOf(s),
  legacyFields(s.legacy),
];

const SESSION_TYPES: Readonly<Record<SessionView['kind'], string>> = {
  remoteAccess: 'IKEv1 IPsec',
  lanToLan: 'LAN-to-LAN',
  management: 'Management',
};

/** Sessions as blocks of fields; the layout of GEN-104. */
const blocksText = (page: Page<SessionView>, narrower: string): string => {
  const [first] = page.items;
  if (!first) return 'INFO: There are presently no active sessions of the type specified';
  return [
    `Session Type: ${SESSION_TYPES[first.kind]}`,
    ...page.items.flatMap((s) => ['', ...textFields(sessionFields(s), block)]),
    ...restOf(page, narrower),
  ].join('\n');
};

/** Sessions of remote access as blocks of fields. */
export const sessionBlocksText = (page: Page<SessionView>): string =>
  blocksText(page, 'narrow the list with "filter name USER" or "filter tunnel-group GROUP"');

/** Tunnels between sites as blocks of fields; GEN-106. */
export const siteBlocksText = (page: Page<SessionView>): string =>
  blocksText(page, 'narrow the list with "filter name CONNECTION" or "filter ipversion {v4 | v6}"');

const ikeFields = (sa: IsakmpSaView): readonly (readonly Field[])[] => [
  [
    ['Tunnel ID', sa.id],
    ['State', sa.state],
  ],
  [
    ['UDP Src Port', sa.remotePort],
    ['UDP Dst Port', sa.localPort],
  ],
  [
    ['IKE Neg Mode', sa.state.startsWith('AM_') ? 'Aggressive' : 'Main'],
    ['Auth Mode', sa.authentication],
  ],
  [
    ['Encryption', sa.encryption],
    ['Hashing', sa.hash],
  ],
  [
    ['Rekey Int (T)', `${sa.lifetimeSeconds} Seconds`],
    ['Rekey Left(T)', `${sa.remainingSeconds} Seconds`],
  ],
  [
    ['D/H Group', sa.dhGroup],
    ['NAT-T', sa.natTraversal],
  ],
  [
    ['Cookie I', sa.initiatorCookie],
    ['Cookie R', sa.responderCookie],
  ],
  legacyFields(sa.legacy),
];

const kilobytesLeft = (sa: IpsecSaView): number =>
  Math.max(
    0,
    sa.lifetimeKilobytes - Math.ceil(Math.max(sa.inbound.octets, sa.outbound.octets) / 1024),
  );

const volumeFields = (sa: IpsecSaView): readonly Field[] =>
  sa.lifetimeKilobytes === 0
    ? []
    : [
        ['Rekey Int (D)', `${sa.lifetimeKilobytes} K-Bytes`],
        ['Rekey Left(D)', `${kilobytesLeft(sa)} K-Bytes`],
      ];

const ipsecFields = (sa: IpsecSaView): readonly (readonly Field[])[] => [
  [
    ['SPI In', spiText(sa.inboundSpi)],
    ['SPI Out', spiText(sa.outboundSpi)],
  ],
  [
    ['Local Addr', sa.localNetwork],
    ['Remote Addr', sa.remoteNetwork],
  ],
  ...(sa.encapsulation === 'udp'
    ? [
        [
          ['UDP Src Port', sa.remotePort],
          ['UDP Dst Port', sa.localPort],
        ] as const,
      ]
    : []),
  [
    ['Encryption', sa.encryption],
    ['Hashing', sa.hash],
  ],
  [['Encapsulation', sa.mode === 'tunnel' ? 'Tunnel' : 'Transport'], ...given('PFS', sa.pfs)],
  [
    ['Rekey Int (T)', `${sa.lifetimeSeconds} Seconds`],
    ['Rekey Left(T)', `${sa.remainingSeconds} Seconds`],
  ],
  volumeFields(sa),
  [
    ['Bytes Tx', sa.outbound.octets],
    ['Bytes Rx', sa.inbound.octets],
  ],
  [
    ['Pkts Tx', sa.outbound.packets],
    ['Pkts Rx', sa.inbound.packets],
  ],
  [
    ['Replayed', sa.replayed],
    ['Auth Failed', sa.authenticationFailed],
  ],
  [
    ['Malformed', sa.malformed],
    ['Not Selected', sa.selectorMismatch],
  ],
  legacyFields(sa.legacy),
];

const tunnelName = (sa: IpsecSaView): string =>
  sa.encapsulation === 'udp' ? 'IPsecOverNatT' : 'IPsec';

/** Everything about one session; NAT-39. */
export const sessionDetailText = ({ session, isakmpSas, ipsecSas }: SessionDetailView): string =>
  [
    `Session Type: ${SESSION_TYPES[session.kind]} Detailed`,
    '',
    ...textFields(sessionFields(session), block),
    ...isakmpSas.flatMap((sa) => ['', 'IKEv1:', ...textFields(ikeFields(sa), tunnel)]),
    ...ipsecSas.flatMap((sa) => ['', `${tunnelName(sa)}:`, ...textFields(ipsecFields(sa), tunnel)]),
  ].join('\n');
