import type { SimulatedMember } from './cluster-member.ts';
import type { ClusterSite } from './cluster-site.ts';

/** What is done to a cluster; the answer says to whom. */
type Strike = (site: ClusterSite) => string;

export type FaultName =
  | 'handover'
  | 'crash'
  | 'backup-crash'
  | 'freeze'
  | 'partition'
  | 'one-way'
  | 'loss';

/** Something that goes wrong, what it is, and how long it lasts. */
export type Fault = {
  readonly name: FaultName;
  readonly title: string;
  readonly lastsMs: readonly [low: number, high: number];
  readonly strike: Strike;
  /** What ends with it; cuts and losses end in any case. */
  readonly end: (site: ClusterSite) => void;
};

const LOSS = 0.2;

const masterOf = (site: ClusterSite): SimulatedMember =>
  site.members.find((member) => member.isMaster) ?? (site.members[0] as SimulatedMember);

const anotherThan = (site: ClusterSite, one: SimulatedMember): SimulatedMember =>
  site.random.pick(site.members.filter((member) => member !== one));

/** Whoever was struck is well again: running, and taking part. */
function mend(site: ClusterSite): void {
  for (const member of site.members) {
    member.resume();
    member.start();
    if (!member.takesPart) member.participate(true);
  }
}

function crash(site: ClusterSite, member: SimulatedMember): string {
  member.crash();
  site.clients.lost(member);
  return member.name;
}

/** Every fault there is, in the order in which a trial goes through them. */
export const FAULTS: readonly Fault[] = [
  {
    name: 'handover',
    title: 'planned handover of the master',
    lastsMs: [8000, 12_000],
    strike: (site) => {
      const master = masterOf(site);
      master.participate(false);
      return master.name;
    },
    end: mend,
  },
  {
    name: 'crash',
    title: 'crash of the master',
    lastsMs: [10_000, 20_000],
    strike: (site) => crash(site, masterOf(site)),
    end: mend,
  },
  {
    name: 'backup-crash',
    title: 'crash of another member',
    lastsMs: [10_000, 20_000],
    strike: (site) => crash(site, anotherThan(site, masterOf(site))),
    end: mend,
  },
  {
    name: 'freeze',
    title: 'process of the master stands still',
    lastsMs: [3000, 10_000],
    strike: (site) => {
      const master = masterOf(site);
      master.freeze();
      return master.name;
    },
    end: mend,
  },
  {
    name: 'partition',
    title: 'two parts that do not reach each other',
    lastsMs: [8000, 15_000],
    strike: (site) => {
      const [left, right] = site.halves();
      site.part(left, right);
      const names = (some: readonly SimulatedMember[]) => some.map((m) => m.name).join(' ');
      return `${names(left)} | ${names(right)}`;
    },
    end: () => {},
  },
  {
    name: 'one-way',
    title: 'what the master sends to one member is lost',
    lastsMs: [8000, 15_000],
    strike: (site) => {
      const master = masterOf(site);
      const other = anotherThan(site, master);
      site.cut(master, other);
      return `${master.name} to ${other.name}`;
    },
    end: () => {},
  },
  {
    name: 'loss',
    title: `${LOSS * 100} % of all datagrams are lost`,
    lastsMs: [15_000, 30_000],
    strike: (site) => {
      site.network.setFaults({ loss: LOSS });
      return 'everybody';
    },
    end: () => {},
  },
];
