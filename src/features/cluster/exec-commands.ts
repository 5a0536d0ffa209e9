import type { Instant } from '#base/instant';
import type { Configuration } from '#config/configuration';
import { exec, view } from '#config/exec';
import { filterName } from '#config/filters';
import { flag, optional } from '#config/path';
import { int } from '#config/tokens';
import { loadBalancingOf } from './config.ts';
import { diagnose } from './diagnosis.ts';
import type { Cluster, DrainOrder } from './feature.ts';
import { filtersText, filtersView } from './filter-view.ts';
import {
  choicesText,
  clusterText,
  diagnosisText,
  masterElsewhere,
  statisticsText,
} from './text.ts';
import { choiceViews, clusterView } from './view.ts';

/** What the commands of the cluster read. */
export type ClusterNeeds = {
  readonly now: () => Instant;
  readonly cluster: Cluster;
  readonly configuration: () => Configuration;
};

/** What they request of the device. */
export type ClusterRequest =
  | ({ readonly kind: 'drain'; readonly done: string } & Omit<DrainOrder, 'by'>)
  | { readonly kind: 'endDrain'; readonly done: string };

const command = exec<ClusterNeeds, ClusterRequest>();

const words = {
  show: 'Show something',
  vpn: 'What this device shares with others',
  'load-balancing': 'The virtual cluster',
  statistics: 'As the VPN 3000 shows it',
  decision: 'Where the last clients were sent, and why',
  diagnose: 'What keeps members apart, and what to do',
} as const;

const current = ({ cluster, configuration, now }: ClusterNeeds) =>
  clusterView(cluster, configuration(), now());

const show = command({
  path: ['show vpn load-balancing'],
  words,
  help: 'Shows this device and the other members of its cluster, with their load where it is known.',
  since: '003:783',
  run: (n) => ({ kind: 'view', view: view('vpn-load-balancing', current(n), clusterText) }),
});

const statistics = command({
  path: ['show vpn load-balancing statistics'],
  words,
  help: 'Shows the cluster as Monitoring | Statistics | Load Balancing of a VPN 3000 does.',
  since: '000:282',
  run: (n) => ({
    kind: 'view',
    view: view('vpn-load-balancing-statistics', current(n), statisticsText),
  }),
});

const decision = command({
  path: ['show vpn load-balancing decision'],
  words,
  help: 'Shows where the last clients were sent, and by which comparison.',
  run: (n) => ({
    kind: 'view',
    view: view(
      'vpn-load-balancing-decisions',
      { asOf: n.now(), choices: choiceViews(n.cluster), master: masterElsewhere(current(n)) },
      choicesText,
    ),
  }),
});

const diagnosis = command({
  path: ['show vpn load-balancing diagnose'],
  words,
  help: 'Checks what keeps members of a cluster apart, and names what to change.',
  since: '000:444',
  run: (n) => ({
    kind: 'view',
    view: view(
      'vpn-load-balancing-diagnosis',
      diagnose(current(n), n.cluster.encryption.status(n.now()), n.cluster.names.nameless(n.now())),
      diagnosisText,
    ),
  }),
});

const filters = command({
  path: ['show filter', optional(filterName('name', 'Name of the filter'))],
  words: { show: 'Show something', filter: 'Filters of interfaces, and what they let members say' },
  help: 'Shows the filters that judge what members of a cluster say, and the interfaces that have them.',
  since: '000:128',
  run: ({ configuration, now }, { name }) => ({
    kind: 'view',
    view: view('filters', filtersView(configuration(), name, now()), filtersText),
  }),
});

const drain = command({
  path: [
    'vpn load-balancing drain',
    flag('moves', 'move', 'Tell clients to connect anew, to other members'),
    optional('minutes', int('minutes', 1, 10_080, 'End it then, whatever is left')),
  ],
  words: {
    ...words,
    drain: 'Take no new clients, and wait for the sessions to end',
    minutes: 'Set a deadline',
  },
  help: 'Takes this member out of service: no new clients, while its sessions go on until they end.',
  run({ configuration, cluster }, { moves, minutes }) {
    if (!loadBalancingOf(configuration()).participates)
      return { kind: 'error', text: '% This device takes part in no cluster' };
    const left = cluster.clients();
    const done = `INFO: Draining: ${left} sessions left; "show vpn load-balancing" follows it`;
    return { kind: 'request', request: { kind: 'drain', moves, minutes, done } };
  },
});

const undrain = command({
  path: ['vpn load-balancing undrain'],
  words: { ...words, undrain: 'Take clients again' },
  help: 'Takes a drain back: this member takes clients again.',
  run: ({ cluster }) =>
    cluster.drain
      ? {
          kind: 'request',
          request: { kind: 'endDrain', done: 'INFO: This member takes clients again' },
        }
      : { kind: 'error', text: '% This member is not being drained' },
});

/** The exec commands of the cluster. */
export const clusterCommands = [
  show,
  statistics,
  decision,
  diagnosis,
  filters,
  drain,
  undrain,
] as const;
