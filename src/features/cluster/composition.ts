/**
 * What a cluster may balance, by what its members are; GEN-54. Devices of one release balance every kind
 * of session, also beside concentrators; of several releases, only IPsec.
 */

/** A member, as its announcements have it. */
export type ComposedMember = {
  readonly privateAddress: string;
  /** As the peers table shows it: `VPN3030`, `ASA-5520`, `headend`. */
  readonly deviceType: string;
  /** Its release: `headend 0.1.0`. */
  readonly version: string;
};

export type Composition<M extends ComposedMember = ComposedMember> = {
  /** Who makes up the cluster; concentrators count as one release, whatever they run. */
  readonly of: 'one release' | 'concentrators' | 'one release and concentrators' | 'mixed releases';
  /** Whether sessions of every kind are balanced over all members; otherwise those of IPsec only. */
  readonly balancesEveryKind: boolean;
  /** Members with an older release than others, which get no client but those of IPsec. */
  readonly older: readonly M[];
};

const isConcentrator = ({ deviceType }: ComposedMember): boolean => /^VPN\d/.test(deviceType);

/** The numbers of a release, for order: `headend 0.1.0` is 0, 1, 0; none in a text without. */
const numbersOf = ({ version }: ComposedMember): readonly number[] =>
  (/\d+(?:\.\d+)*/.exec(version)?.[0] ?? '').split('.').filter(Boolean).map(Number);

/** Negative when `a` is of the older release, 0 for one release; a text without numbers is the oldest. */
function compareReleases(a: ComposedMember, b: ComposedMember): number {
  const [x, y] = [numbersOf(a), numbersOf(b)];
  for (let i = 0; i < Math.max(x.length, y.length); i += 1) {
    const difference = (x[i] ?? -1) - (y[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** What the members that are there make of the cluster. */
export function compositionOf<M extends ComposedMember>(members: readonly M[]): Composition<M> {
  const others = members.filter((m) => !isConcentrator(m));
  const [first] = others;
  if (!first) return { of: 'concentrators', balancesEveryKind: true, older: [] };
  const newest = others.reduce((best, m) => (compareReleases(m, best) > 0 ? m : best), first);
  const older = others.filter((m) => compareReleases(m, newest) < 0);
  if (older.length > 0) return { of: 'mixed releases', balancesEveryKind: false, older };
  const of = others.length < members.length ? 'one release and concentrators' : 'one release';
  return { of, balancesEveryKind: true, older: [] };
}

/** Every release and who runs it, for people: `headend 0.1.0 (10.32.1.129, 10.32.1.130), …`. */
export function releasesText(members: readonly ComposedMember[]): string {
  const by = new Map<string, string[]>();
  for (const m of members) by.set(m.version, [...(by.get(m.version) ?? []), m.privateAddress]);
  return [...by].map(([version, who]) => `${version} (${who.join(', ')})`).join(', ');
}
