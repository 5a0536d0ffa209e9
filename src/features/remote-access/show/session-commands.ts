import { familyOf, type IpAddress } from '#base/address';
import { ip } from '#config/address-tokens';
import { exec, type Outcome, view } from '#config/exec';
import { optional } from '#config/path';
import { ROWS_MOST } from '#config/text-table';
import { choice, int, word } from '#config/tokens';
import { userNames } from '#session/config';
import type { Session, SessionKind } from '#session/session';
import type { Page, SessionView } from '#views/views';
import { tunnelGroupNames } from '../config.ts';
import type { RemoteAccessNeeds } from './needs.ts';
import { sessionDetail, shownSession } from './session-detail.ts';
import { sessionBlocksText, sessionDetailText, siteBlocksText } from './session-detail-text.ts';
import {
  administrationRemoteText,
  administrationText,
  type SessionsView,
  sessionsText,
  summaryText,
} from './session-text.ts';
import { sessionSummaryView } from './session-views.ts';

const command = exec<RemoteAccessNeeds>();

const shown = <T>(name: string, data: T, text: (data: T) => string): Outcome => ({
  kind: 'view',
  view: view(name, data, text),
});

const group = optional('group', word('group', 'Name of a tunnel group', 64, tunnelGroupNames));

/** The first rows of the sessions that pass a filter. */
function pageOf(
  n: RemoteAccessNeeds,
  kind: SessionKind,
  filter: { readonly group?: string | undefined; readonly username?: string | undefined },
): Page<SessionView> {
  const now = n.now();
  const { items, total } = n.sessions.page({ kind, ...filter }, ROWS_MOST);
  return { items: items.map((s) => shownSession(n, s, now)), total, asOf: now };
}

function screenOf(n: RemoteAccessNeeds, name: string | undefined): SessionsView {
  const filter = { group: name };
  return {
    asOf: n.now(),
    group: name,
    summary: sessionSummaryView(n.sessions.summary()),
    lanToLan: pageOf(n, 'lanToLan', filter),
    remoteAccess: pageOf(n, 'remoteAccess', filter),
    // Administrators belong to no group, so that none of them is hidden by one.
    management: pageOf(n, 'management', {}),
  };
}

const words = {
  show: 'Show something',
  'vpn-sessiondb': 'Sessions',
  sessions: 'Sessions',
  users: 'Who is connected',
  group: 'Only those of one tunnel group',
  summary: 'How many there are',
  detail: 'With what belongs to them',
  remote: 'Of remote access',
  'ra-ikev1-ipsec': 'Of remote access by IKEv1',
  index: 'Name one by its number',
  filter: 'Only those that fit',
  name: 'Of one user',
  'tunnel-group': 'Of one tunnel group',
  'a-ipaddress': 'That has an address inside',
  'p-ipaddress': 'That comes from an address outside',
  l2l: 'Between sites',
  ipaddress: 'With a peer of that address',
  ipversion: 'Over one version of the Internet protocol',
} as const;

const showSessions = command({
  path: ['show vpn-sessiondb', group],
  also: [
    ['show sessions', group],
    ['show users', group],
  ],
  words,
  help: 'Shows the session summary and a table of each kind of session.',
  since: '000:300',
  run: (n, values) => shown('vpn-sessiondb', screenOf(n, values.group), sessionsText),
});

const showSummary = command({
  path: ['show vpn-sessiondb summary'],
  also: [['show sessions summary']],
  words,
  help: 'Shows how many sessions there are, were at most, and may be.',
  since: '003:774',
  run: (n) => shown('vpn-sessiondb summary', sessionSummaryView(n.sessions.summary()), summaryText),
});

const showDetail = command({
  path: ['show vpn-sessiondb detail', group],
  words,
  help: 'Shows the sessions with their clients, and how to log them off.',
  since: '002:208',
  run: (n, values) => shown('vpn-sessiondb detail', screenOf(n, values.group), administrationText),
});

const showDetailRemote = command({
  path: ['show vpn-sessiondb detail remote', group],
  words,
  help: 'Shows the sessions of remote access with their clients.',
  since: '002:208',
  run: (n, values) =>
    shown('vpn-sessiondb detail remote', screenOf(n, values.group), administrationRemoteText),
});

const showIndex = command({
  path: ['show vpn-sessiondb detail index', int('index', 1, 2 ** 31 - 1, 'Number of the session')],
  words,
  help: 'Shows everything about one session: its client, its SAs, their ports and counters.',
  since: '002:240',
  run(n, values) {
    const detail = sessionDetail(n, values.index);
    return detail
      ? shown('vpn-sessiondb detail index', detail, sessionDetailText)
      : { kind: 'error', text: `% No session has the number ${values.index}` };
  },
});

/** What `filter` may ask for; all of it must fit. */
type Wanted = {
  readonly kind: 'remoteAccess' | 'lanToLan';
  readonly user?: string | undefined;
  readonly tunnelGroup?: string | undefined;
  readonly assigned?: IpAddress | undefined;
  readonly public?: IpAddress | undefined;
  /** Of the address that the peer is seen at; G-86. */
  readonly publicFamily?: 4 | 6 | undefined;
};

/** The sessions among which those wanted are: as few as the tables allow. */
function candidates(n: RemoteAccessNeeds, wanted: Wanted): Iterable<Session> {
  if (wanted.assigned === undefined) return n.sessions.values();
  const session = n.sessions.ofAddress(wanted.assigned);
  return session ? [session] : [];
}

const fits = ({ peer }: Session, { public: address, publicFamily: family }: Wanted): boolean =>
  (address === undefined || peer.address === address) &&
  (family === undefined || familyOf(peer.address) === family);

function wantedPage(n: RemoteAccessNeeds, wanted: Wanted): Page<SessionView> {
  const { kind, user, tunnelGroup } = wanted;
  const isByName =
    wanted.assigned === undefined &&
    wanted.public === undefined &&
    wanted.publicFamily === undefined;
  if (isByName) return pageOf(n, kind, { username: user, group: tunnelGroup });
  const now = n.now();
  const items: SessionView[] = [];
  let total = 0;
  for (const session of candidates(n, wanted)) {
    const isWanted =
      session.kind === kind &&
      (user === undefined || session.username === user) &&
      (tunnelGroup === undefined || session.group === tunnelGroup) &&
      fits(session, wanted);
    if (!isWanted) continue;
    total += 1;
    if (items.length < ROWS_MOST) items.push(shownSession(n, session, now));
  }
  return { items, total, asOf: now };
}

const filters = [
  optional('filter name', word('user', 'Name of the user', 64, userNames)),
  optional('filter tunnel-group', word('tunnelGroup', 'Name of the group', 64, tunnelGroupNames)),
  optional('filter a-ipaddress', ip('assigned', 'Address inside the tunnel')),
  optional('filter p-ipaddress', ip('public', 'Address of the client outside')),
] as const;

const showRemote = command({
  path: ['show vpn-sessiondb remote', ...filters],
  also: [['show vpn-sessiondb ra-ikev1-ipsec', ...filters]],
  words,
  help: 'Shows sessions of remote access, a block of fields for each.',
  since: 'ASA 9.1',
  run: (n, values) =>
    shown(
      'vpn-sessiondb ra-ikev1-ipsec',
      wantedPage(n, { kind: 'remoteAccess', ...values }),
      sessionBlocksText,
    ),
});

const showSites = command({
  path: [
    'show vpn-sessiondb l2l',
    optional('filter name', word('user', 'Name of the connection', 64)),
    optional('filter ipaddress', ip('public', 'Address of the peer')),
    optional(
      'filter ipversion',
      choice('version', { v4: 'Peers at IPv4 addresses', v6: 'Peers at IPv6 addresses' }),
    ),
  ],
  words,
  help: 'Shows tunnels between sites, a block of fields for each.',
  since: '003:1049',
  run: (n, { version, ...values }) => {
    const publicFamily = version && ({ v4: 4, v6: 6 } as const)[version];
    const page = wantedPage(n, { kind: 'lanToLan', ...values, publicFamily });
    return shown('vpn-sessiondb l2l', page, siteBlocksText);
  },
});

/** The commands that show sessions. */
export const sessionCommands = [
  showSessions,
  showSummary,
  showDetail,
  showDetailRemote,
  showIndex,
  showRemote,
  showSites,
] as const;
