import type { ClusterMemberView, ClusterView, Diagnosis, Finding } from '#views/cluster-views';
import { compositionOf, releasesText } from './composition.ts';
import { DIFFERENCE_TEXTS, type Difference } from './encryption/differences.ts';
import type { EncryptionStatus } from './encryption/encryption.ts';
import type { Nameless } from './names.ts';

const problem = (subject: string, text: string, remedy: string): Finding => ({
  severity: 'problem',
  subject,
  text,
  remedy,
});
const hint = (subject: string, text: string, remedy: string): Finding => ({
  ...problem(subject, text, remedy),
  severity: 'hint',
});

/** Longer than the rounds in which a member that begins looks for a master. */
const LISTENING_MS = 10_000;

/** A member that has just begun may hear the others any moment. */
const isListening = ({ role, durationMs }: ClusterMemberView): boolean =>
  role === 'off' || (role === 'joining' && durationMs < LISTENING_MS);

function ofSelf(view: ClusterView): Finding[] {
  const { self, port } = view;
  if (!view.participates)
    return [problem('this device', 'takes part in no cluster', '"participate" makes it a member')];
  const findings: Finding[] = [];
  if (self.role === 'waiting')
    findings.push(
      problem('this device', `cannot begin: ${view.obstacle}`, 'Mend that; it tries by itself.'),
    );
  if (self.role === 'refused')
    findings.push(
      problem(
        'this device',
        'is refused by the other members',
        '"show logging class LBSSF" names what differs: cluster key, address, port, or settings.',
      ),
    );
  if (view.peers.length === 0 && isListening(self))
    findings.push(
      hint(
        'this device',
        'has just begun, and listens for the other members',
        'Ask again in some seconds.',
      ),
    );
  else if (view.peers.length === 0 && self.role !== 'waiting')
    findings.push(
      problem(
        'peers',
        `no other member was ever heard on UDP port ${port} of ${self.privateAddress}`,
        `Ping the private and the public addresses of the others; let UDP ${port} pass between them in every ` +
          'filter (VCA In and VCA Out); look for a cluster key, address or port that differs; ' +
          'where no multicast passes, name them by "member".',
      ),
    );
  if (!view.authenticated)
    findings.push(
      hint(
        'cluster',
        'it is not authenticated',
        '"cluster key" on every member, at the same time.',
      ),
    );
  return findings;
}

function ofPeer(peer: ClusterMemberView, view: ClusterView): Finding[] {
  const { port } = view;
  const name = `${peer.privateAddress} (${peer.hostname})`;
  const findings: Finding[] = [];
  if (peer.condition === 'dead')
    findings.push(
      problem(name, 'does not answer any more', 'Look after that device and the private network.'),
    );
  if (peer.condition === 'suspect')
    findings.push(problem(name, 'answers late or not at all', 'Look at its load and the network.'));
  const isThere = peer.condition === 'alive' || peer.condition === 'suspect';
  if (isThere && peer.publicPath === 'closed')
    findings.push(
      problem(
        name,
        `answers at its private address, but not at ${peer.publicAddress}`,
        `Let UDP ${port} pass on the public side too: the rules VCA In and VCA Out of the public filter.`,
      ),
    );
  if (isThere && peer.poolEmpty)
    findings.push(problem(name, 'has no address left for clients', 'Enlarge its pools.'));
  if (isThere && peer.draining)
    findings.push(hint(name, 'is being drained', 'None, if that is wanted.'));
  return findings;
}

/** Two members that serve the address do not hear each other, or are about to agree. */
function ofMasters({ self, peers }: ClusterView): Finding[] {
  const isThere = (m: ClusterMemberView) => m.condition === 'alive' || m.condition === 'suspect';
  const masters = [self, ...peers.filter(isThere)].filter(({ role }) => role === 'master');
  if (masters.length < 2) return [];
  const names = masters.map((m) => `${m.privateAddress} (${m.hostname})`).join(' and ');
  return [
    problem(
      'master',
      `${names} serve the cluster address, and do not know of each other`,
      'Look at the private network between them, and at the filters of their private interfaces.',
    ),
  ];
}

/** LB-81: what the filters of this member's interfaces stop. */
const ofFilters = ({ filters }: ClusterView): Finding[] =>
  filters.flatMap(({ side, stops }) =>
    stops.map(({ reason, remedy, datagrams }) =>
      problem(
        `${side} side`,
        `${reason}; ${datagrams} datagrams were stopped so far`,
        `${remedy}.`,
      ),
    ),
  );

/** LB-20: a master that finds no public side but its own. */
function ofKeeping({ self, filters }: ClusterView): Finding[] {
  const isClosed = filters.some(({ side, stops }) => side === 'public' && stops.length > 0);
  if (self.role !== 'master' || !isClosed) return [];
  return [
    problem(
      'master',
      'this device serves the cluster address, and sends clients to no other member: its public filter stops ' +
        'what members say',
      'Let it pass; "no participate" hands the address over until then.',
    ),
  ];
}

/** LB-38: of members of one model, none has the highest priority, with which a master is found soonest. */
function ofPriorities({ self, peers }: ClusterView): Finding[] {
  const all = [self, ...peers];
  const isUniform = all.every((m) => m.deviceType === self.deviceType);
  if (peers.length === 0 || !isUniform || all.some((m) => m.priority === 10)) return [];
  return [
    hint(
      'priorities',
      'all members are of one model, and none has the highest priority',
      '"priority 10" on all of them finds the master soonest after a start.',
    ),
  ];
}

/** LB-80: what keeps devices on the private network apart from this one. */
function ofEncryption({ differences, missing }: EncryptionStatus): Finding[] {
  return [
    ...differences.map(({ address, difference }) =>
      problem(address, `is refused: ${DIFFERENCE_TEXTS[difference]}`, REMEDIES[difference]),
    ),
    ...missing.map(({ address, reason }) =>
      problem(
        address,
        `no encrypted tunnel with it: ${reason ?? 'it is being negotiated'}`,
        'Let UDP 500 pass between the private addresses; both need a policy of phase 1 in common ' +
          '("crypto ikev1 policy"). "show logging class IKE" says more.',
      ),
    ),
  ];
}

const REMEDIES: Readonly<Record<Difference, string>> = {
  clear: '"cluster encryption" on every member, or on none.',
  encrypts: '"cluster encryption" on every member, or on none.',
  key: '"cluster key" with the same secret on every member.',
  cluster: '"cluster ip address" and "cluster port" alike on every member.',
};

/** GEN-54: what a cluster of several releases does not balance. */
function ofReleases({ self, peers }: ClusterView): Finding[] {
  const members = [self, ...peers.filter((p) => p.condition === 'alive')];
  const { balancesEveryKind } = compositionOf(members);
  if (balancesEveryKind) return [];
  return [
    hint(
      'releases',
      `members run ${releasesText(members)}: only clients of IPsec are balanced over all of them, and ` +
        'some members may not reach their full number of sessions',
      'Bring all members to one release, draining one after the other.',
    ),
  ];
}

/** GEN-76: members that clients are sent to by address although names are wanted. */
const ofNames = (nameless: readonly Nameless[]): Finding[] =>
  nameless.map(({ address, reason }) =>
    hint(
      `name of ${address}`,
      `clients are sent to the address: ${reason}`,
      'Enter it in the reverse zone, and its name in the forward zone; "dns name-server" says who is asked.',
    ),
  );

/** What is wrong with the cluster, as far as this member can tell. */
export const diagnose = (
  view: ClusterView,
  encryption: EncryptionStatus,
  nameless: readonly Nameless[] = [],
): Diagnosis => ({
  asOf: view.asOf,
  findings: [
    ...ofSelf(view),
    ...(view.participates ? ofFilters(view) : []),
    ...ofEncryption(encryption),
    ...ofNames(nameless),
    ...ofMasters(view),
    ...(view.participates ? ofKeeping(view) : []),
    ...view.peers.flatMap((peer) => ofPeer(peer, view)),
    ...(view.participates ? [...ofPriorities(view), ...ofReleases(view)] : []),
  ],
});
