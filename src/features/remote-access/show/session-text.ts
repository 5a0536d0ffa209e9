import {
  calendarTime,
  formatDuration,
  formatTimeOfDay,
  monthName,
  padded,
  weekdayName,
} from '#base/calendar';
import { instant } from '#base/instant';
import { type Column, restOf, textTable } from '#config/text-table';
import type { Page, SessionSummaryView, SessionView } from '#views/views';

/** Monitoring | Sessions: the summary and a page of each table; LB-61 to LB-67. */
export type SessionsView = {
  readonly asOf: number;
  /** The one group whose sessions are listed; absent for all. */
  readonly group?: string | undefined;
  readonly summary: SessionSummaryView;
  readonly lanToLan: Page<SessionView>;
  readonly remoteAccess: Page<SessionView>;
  readonly management: Page<SessionView>;
};

/** `Oct 20 20:13:35`; LB-68. */
export function formatLoginTime(loginAt: number): string {
  const t = calendarTime(instant(loginAt));
  return `${monthName(t)} ${padded(t.day)} ${formatTimeOfDay(t)}`;
}

/** `17:42:42 UTC Mon Oct 22 2012`. */
export function formatDateTime(at: number): string {
  const t = calendarTime(instant(at));
  return `${formatTimeOfDay(t)} UTC ${weekdayName(t)} ${monthName(t)} ${padded(t.day)} ${t.year}`;
}

const SUMMARY_ROWS: readonly (readonly [string, keyof SessionSummaryView])[] = [
  ['Active LAN-to-LAN Sessions', 'activeLanToLan'],
  ['Active Remote Access Sessions', 'activeRemoteAccess'],
  ['Active Management Sessions', 'activeManagement'],
  ['Total Active Sessions', 'totalActive'],
  ['Peak Concurrent Sessions', 'peakConcurrent'],
  ['Concurrent Sessions Limit', 'concurrentLimit'],
  ['Total Cumulative Sessions', 'totalCumulative'],
];

const SUMMARY_NAME_COLUMNS = 30;

/** The Session Summary, a line for each column of the screen; LB-62. */
export const summaryText = (summary: SessionSummaryView): string =>
  [
    'Session Summary',
    ...SUMMARY_ROWS.map(
      ([name, key]) => `${name.padEnd(SUMMARY_NAME_COLUMNS)}: ${String(summary[key]).padStart(6)}`,
    ),
  ].join('\n');

/** Where the screen has links and buttons, the terminal has the number that commands take. */
const index: Column<SessionView> = {
  title: 'Index',
  cell: (s) => (s.legacy.length > 0 ? `${s.index} legacy` : `${s.index}`),
};
const absent = '-';
const assigned = (s: SessionView): string => s.assignedAddress ?? absent;
const login = (s: SessionView): string => formatLoginTime(s.loginAt);
const duration = (s: SessionView): string => formatDuration(s.durationMs);

const crypto: readonly Column<SessionView>[] = [
  { title: 'Protocol', cell: (s) => s.protocol },
  { title: 'Encryption', cell: (s) => s.encryption },
  { title: 'Login Time', cell: login },
  { title: 'Duration', cell: duration, right: true },
];
const bytes: readonly Column<SessionView>[] = [
  { title: 'Bytes Tx', cell: (s) => `${s.bytesTx}`, right: true },
  { title: 'Bytes Rx', cell: (s) => `${s.bytesRx}`, right: true },
];

const lanToLanColumns: readonly Column<SessionView>[] = [
  { title: 'Connection Name', cell: (s) => s.username },
  { title: 'IP Address', cell: (s) => s.publicAddress },
  ...crypto,
  ...bytes,
  index,
];

const remoteAccessColumns: readonly Column<SessionView>[] = [
  { title: 'Username', cell: (s) => s.username },
  { title: 'Group', cell: (s) => s.group },
  { title: 'Public IP Address', cell: (s) => s.publicAddress },
  { title: 'Assigned IP Address', cell: assigned },
  ...crypto,
  ...bytes,
  index,
];

const managementColumns: readonly Column<SessionView>[] = [
  { title: 'Administrator', cell: (s) => s.username },
  { title: 'IP Address', cell: (s) => s.publicAddress },
  ...crypto,
  index,
];

/** The Remote Access table of the administration screen: two values in a cell; NAT-37. */
const administrationColumns: readonly Column<SessionView>[] = [
  { title: 'Username', cell: (s) => s.username },
  {
    title: ['Assigned IP Address', 'Public IP Address'],
    cell: (s) => [assigned(s), s.publicAddress],
  },
  { title: 'Group', cell: (s) => s.group },
  { title: ['Protocol', 'Encryption'], cell: (s) => [s.protocol, s.encryption] },
  { title: ['Login Time', 'Duration'], cell: (s) => [login(s), duration(s)] },
  {
    title: ['Client Type', 'Version'],
    cell: (s) => [s.clientType ?? absent, s.clientVersion ?? absent],
  },
  {
    title: ['Bytes Tx', 'Bytes Rx'],
    cell: (s) => [`${s.bytesTx}`, `${s.bytesRx}`],
    right: true,
  },
  index,
];

const NARROWER =
  'narrow the list with "show vpn-sessiondb remote filter name USER" or "filter tunnel-group GROUP"';

const section = (
  title: string,
  columns: readonly Column<SessionView>[],
  page: Page<SessionView>,
): readonly string[] => [
  '',
  title,
  ...textTable(columns, page.items),
  ...(page.items.length === 0 ? [`No ${title}`] : []),
  ...restOf(page, NARROWER),
];

/** The group selector of the screen: its choice, or that all groups are shown; LB-61. */
const heading = (view: SessionsView): readonly string[] => [
  formatDateTime(view.asOf),
  `Group: ${view.group ?? '--All--'}`,
  '',
  summaryText(view.summary),
];

/** Monitoring | Sessions. */
export const sessionsText = (view: SessionsView): string =>
  [
    ...heading(view),
    ...section('LAN-to-LAN Sessions', lanToLanColumns, view.lanToLan),
    ...section('Remote Access Sessions', remoteAccessColumns, view.remoteAccess),
    ...section('Management Sessions', managementColumns, view.management),
  ].join('\n');

const LOGOUT_HINT = [
  'Logout: vpn-sessiondb logoff {index N | name USER | tunnel-group GROUP}',
  'Logout All: vpn-sessiondb logoff {ra-ikev1-ipsec | l2l | all}',
];

/** Administration | Administer Sessions; NAT-36, NAT-37. */
export const administrationText = (view: SessionsView): string =>
  [
    ...heading(view),
    ...section('LAN-to-LAN Sessions', lanToLanColumns, view.lanToLan),
    ...section('Remote Access Sessions', administrationColumns, view.remoteAccess),
    ...section('Management Sessions', managementColumns, view.management),
    '',
    ...LOGOUT_HINT,
  ].join('\n');

/** The Remote Access table of the administration screen on its own. */
export const administrationRemoteText = (view: SessionsView): string =>
  [
    ...heading(view),
    ...section('Remote Access Sessions', administrationColumns, view.remoteAccess),
    '',
    ...LOGOUT_HINT,
  ].join('\n');
