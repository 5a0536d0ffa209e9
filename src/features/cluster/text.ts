import { compareAddresses, type IpAddress } from '#base/address';
import {
  calendarTime,
  formatDuration,
  formatMilliseconds,
  formatTimeOfDay,
  longDate,
  monthName,
  padded,
} from '#base/calendar';
import { instant } from '#base/instant';
import { type Column, textTable } from '#config/text-table';
import type {
  ChoiceView,
  ClusterMemberView,
  ClusterRole,
  ClusterView,
  Diagnosis,
} from '#views/cluster-views';

import { compositionOf } from './composition.ts';

type Words = Readonly<Record<ClusterRole, string>>;
const ASA_WORDS: Words = {
  off: 'Off',
  waiting: 'Waiting',
  joining: 'Joining',
  electing: 'Electing',
  backup: 'Backup',
  master: 'Master',
  leaving: 'Leaving',
  refused: 'Refused',
};
/** LB-53: the concentrator has another word for it. */
const VPN3000_WORDS: Words = { ...ASA_WORDS, backup: 'Secondary' };

/** The words of the personality, on whichever page a role is shown; GEN-90. */
const wordsOf = ({ personality }: ClusterView): Words =>
  personality === 'vpn3000' ? VPN3000_WORDS : ASA_WORDS;

/** LB-52: what only the master knows. */
const UNKNOWN = 'N/A';

/** `suspected 3 times, last Oct 18 12:03:44`: a suspicion is over sooner than somebody looks. */
const suspicions = ({ suspected }: ClusterMemberView): string => {
  if (!suspected) return '';
  const t = calendarTime(instant(suspected.lastAt));
  const time = `${monthName(t)} ${padded(t.day)} ${formatTimeOfDay(t)}`;
  return suspected.times === 1
    ? `suspected at ${time}`
    : `suspected ${suspected.times} times, last ${time}`;
};

/** `silent for 1.4 s`, as this device hears it or as the master lists it. */
const silence = ({ heard }: ClusterMemberView): string =>
  heard?.by === 'self' ? `silent for ${(heard.agoMs / 1000).toFixed(1)} s` : '';

const stateOf = (m: ClusterMemberView): string =>
  [
    m.condition === 'alive' ? '' : m.condition,
    m.condition === 'suspect' ? silence(m) : '',
    m.draining ? 'draining' : '',
    m.full ? 'full' : '',
    m.poolEmpty ? 'no addresses' : '',
    m.publicPath === 'closed' ? 'public side closed' : '',
    suspicions(m),
  ]
    .filter((word) => word !== '')
    .join(', ');

/**
 * GEN-90: the row of a member that is well is that of an ASA, with nothing behind it. The SSL columns are
 * those of sessions that this device does not have yet.
 */
const asaColumns = (words: Words): readonly Column<ClusterMemberView>[] => [
  { title: ['', 'Public IP'], cell: (m) => m.publicAddress },
  { title: ['', 'Role'], cell: (m) => words[m.role] },
  { title: ['', 'Pri'], cell: (m) => `${m.priority}`, right: true },
  { title: ['', 'Model'], cell: (m) => m.deviceType },
  { title: ['Load %', 'IPsec'], cell: (m) => `${m.load?.percent ?? UNKNOWN}`, right: true },
  { title: ['', 'SSL'], cell: (m) => (m.load ? '0' : UNKNOWN), right: true },
  { title: ['Sessions', 'IPsec'], cell: (m) => `${m.load?.sessions ?? UNKNOWN}`, right: true },
  { title: ['', 'SSL'], cell: (m) => (m.load ? '0' : UNKNOWN), right: true },
  { title: ['', 'State'], cell: stateOf },
];

const badge = (view: ClusterView): string =>
  view.participates && !view.authenticated ? ' (cluster not authenticated)' : '';

const drainLines = ({ drain }: ClusterView): string[] =>
  drain
    ? [
        drain.over === undefined
          ? `Draining : ${drain.sessionsLeft} of ${drain.sessionsAtStart} sessions left`
          : `Draining : over, ${drain.over}`,
      ]
    : [];

/** GEN-54: said only where not every kind of session is balanced. */
const compositionLines = ({ self, peers }: ClusterView): string[] => {
  const { of, balancesEveryKind } = compositionOf([self, ...peers.filter(isThere)]);
  return balancesEveryKind ? [] : [`Balanced : IPsec only (${of})`];
};

/** `show vpn load-balancing`. */
export function clusterText(view: ClusterView): string {
  const { self, peers } = view;
  const lines = [
    `Status : ${view.participates ? 'enabled' : 'disabled'}${badge(view)}`,
    `Role : ${wordsOf(view)[self.role]}`,
    'Failover : n/a',
    `Encryption : ${view.encryption ? 'enabled' : 'disabled'}`,
    `Cluster IP : ${view.clusterAddresses.join(' ') || 'none'}`,
    `Peers : ${peers.filter(isPeer).length}`,
    ...(view.obstacle === undefined ? [] : [`Waiting : ${view.obstacle}`]),
    ...drainLines(view),
    ...compositionLines(view),
  ];
  if (!view.participates) return lines.join('\n');
  // GEN-50: by address, wherever this device comes among them.
  const members = [self, ...peers].sort((a, b) =>
    compareAddresses(a.privateAddress as IpAddress, b.privateAddress as IpAddress),
  );
  return [...lines, '', ...textTable(asaColumns(wordsOf(view)), members)].join('\n');
}

const isThere = ({ condition }: ClusterMemberView): boolean =>
  condition === 'alive' || condition === 'suspect';

/** LB-20: one that does not answer at its public address is there, and is no peer: no client can be sent to it. */
const isPeer = (member: ClusterMemberView): boolean =>
  isThere(member) && member.publicPath === 'open';

/** LB-51 to LB-56. */
const vpn3000Columns = (words: Words): readonly Column<ClusterMemberView>[] => [
  { title: 'Private IP Address', cell: (m) => m.privateAddress },
  { title: 'Public IP Address', cell: (m) => m.publicAddress },
  { title: 'Mapped IP Address', cell: (m) => m.mappedAddress ?? '0.0.0.0' },
  { title: 'Role', cell: (m) => words[m.role] },
  { title: 'Device Type', cell: (m) => m.deviceType },
  { title: 'Load', cell: (m) => (m.load ? `${m.load.percent}%` : UNKNOWN), right: true },
  { title: 'Sessions', cell: (m) => `${m.load?.sessions ?? UNKNOWN}`, right: true },
  { title: 'Priority', cell: (m) => `${m.priority}`, right: true },
  { title: 'Duration', cell: (m) => formatDuration(m.durationMs), right: true },
];

/** LB-50: `Thursday, 18 October 2001 10:11:58`. */
function pageTime(asOf: number): string {
  const t = calendarTime(instant(asOf));
  return `${longDate(t)} ${formatTimeOfDay(t)}`;
}

/** `show vpn load-balancing statistics`: the page of the concentrator. */
export function statisticsText(view: ClusterView): string {
  const { self } = view;
  const peers = view.peers.filter(isPeer);
  return [
    `Monitoring | Statistics | Load Balancing    ${pageTime(view.asOf)}`,
    '',
    `Enabled?         ${view.participates ? 'Yes' : 'No'}${badge(view)}`,
    `Role             ${wordsOf(view)[self.role]}`,
    `Load             ${self.load?.percent ?? 0}%`,
    `Number of Peers  ${peers.length}`,
    '',
    'Peers',
    ...(peers.length === 0 ? ['No Peers'] : textTable(vpn3000Columns(wordsOf(view)), peers)),
  ].join('\n');
}

/** Private address of the master, where that is another member. */
export const masterElsewhere = ({ peers }: ClusterView): string | undefined =>
  peers.find((peer) => isThere(peer) && peer.role === 'master')?.privateAddress;

/** What became of a client, alike long. */
const OUTCOMES: Readonly<Record<ChoiceView['outcome'], string>> = {
  backup: 'redirected',
  master: 'taken     ',
  refused: 'refused   ',
};

/** `show vpn load-balancing decision`. */
export function choicesText({
  choices,
  master,
}: {
  readonly choices: readonly ChoiceView[];
  /** Private address of the member that sends clients now, where it is another one. */
  readonly master?: string | undefined;
}): string {
  if (choices.length === 0) {
    const elsewhere = master === undefined ? '' : `; the master ${master} decides where they go`;
    return `This device decided about no client${elsewhere}`;
  }
  return choices
    .map(({ at, outcome, explanation, target, name }) => {
      const time = formatMilliseconds(calendarTime(instant(at)));
      const called = name === undefined ? '' : `, ${name}`;
      const where = target === undefined ? '' : ` (sent to ${target}${called})`;
      return `${time}  ${OUTCOMES[outcome]}  ${explanation}${where}`;
    })
    .join('\n');
}

/** `show vpn load-balancing diagnose`. */
export function diagnosisText({ findings }: Diagnosis): string {
  if (findings.length === 0) return 'Nothing is wrong, as far as this member can tell';
  return findings
    .map(
      ({ severity, subject, text, remedy }) =>
        `${severity === 'problem' ? '!' : ' '} ${subject}: ${text}\n    ${remedy}`,
    )
    .join('\n');
}
