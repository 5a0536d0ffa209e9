import type {
  ClusterMemberView,
  ClusterRole,
  ClusterView,
  MemberHeard,
} from '#views/cluster-views';
import { formatLoginTime } from './format.ts';

/** How the console speaks of members of a cluster. */

type Words = Readonly<Record<ClusterRole, string>>;
const asaWords: Words = {
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
const vpn3000Words: Words = { ...asaWords, backup: 'Secondary' };

/** The word for a role in the personality of the cluster. */
export const roleWord = ({ personality }: ClusterView, role: ClusterRole): string =>
  (personality === 'vpn3000' ? vpn3000Words : asaWords)[role];

/** A member with the number of its colour, the same wherever it is shown. */
export type ShownMember = ClusterMemberView & {
  readonly isSelf: boolean;
  /** 1 to 6, then from the beginning. */
  readonly colour: number;
};

const colours = 6;

/** All members in the order of their private addresses, this one among them. */
export function membersOf({ self, peers }: ClusterView): ShownMember[] {
  const all = [{ ...self, isSelf: true }, ...peers.map((peer) => ({ ...peer, isSelf: false }))];
  return all
    .sort((a, b) =>
      a.privateAddress.localeCompare(b.privateAddress, 'en', {
        numeric: true,
        sensitivity: 'base',
      }),
    )
    .map((member, i) => ({ ...member, colour: (i % colours) + 1 }));
}

/** Whether it still answers, as far as is known. */
export const isThere = ({ condition }: ClusterMemberView): boolean =>
  condition === 'alive' || condition === 'suspect';

/** LB-20: one that does not answer at its public address is there, and is no peer: no client can be sent to it. */
export const isPeer = (member: ClusterMemberView): boolean =>
  isThere(member) && member.publicPath === 'open';

export type Trait = { readonly tone: string; readonly word: string };

const conditionTraits: Readonly<Record<ClusterMemberView['condition'], Trait | undefined>> = {
  alive: undefined,
  suspect: { tone: 'warn', word: 'Suspected' },
  dead: { tone: 'danger', word: 'Dead' },
  left: { tone: 'plain', word: 'Left' },
};

/** What is out of the ordinary with a member, in words. */
export function traitsOf(member: ClusterMemberView): Trait[] {
  const traits: (Trait | undefined | false)[] = [
    conditionTraits[member.condition],
    member.draining && { tone: 'info', word: 'Draining' },
    member.full && { tone: 'warn', word: 'Full' },
    member.poolEmpty && { tone: 'warn', word: 'No addresses' },
    isThere(member) &&
      member.publicPath === 'closed' && { tone: 'warn', word: 'Public side closed' },
  ];
  return traits.filter((trait) => trait !== undefined && trait !== false);
}

/** `Suspected 3 times, last Oct 18 12:03:44`: a suspicion is over sooner than somebody looks. */
export function suspicionsText({ suspected }: ClusterMemberView): string | undefined {
  if (!suspected) return undefined;
  const time = formatLoginTime(suspected.lastAt);
  return suspected.times === 1
    ? `Suspected at ${time}`
    : `Suspected ${suspected.times} times, last ${time}`;
}

/** `0.4 s ago`, `12 s ago`; `0.4 s ago, by the master` for another backup, which only the master hears. */
export function formatHeard({ by, agoMs }: MemberHeard): string {
  const seconds = agoMs / 1000;
  const ago = `${seconds < 9.95 ? seconds.toFixed(1) : Math.round(seconds)} s ago`;
  return by === 'self' ? ago : `${ago}, by the master`;
}
