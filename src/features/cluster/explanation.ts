import { type Endpoint, familyOf, type IpAddress } from '#base/address';
import type { Barrier, Decision, Rule, Weighed } from './selection.ts';

/** A decision as data for people: `show vpn load-balancing decision`. */
export type Explanation = {
  readonly client: Endpoint;
  /** Private address of the member that takes it; undefined when nobody has room. */
  readonly taker: IpAddress | undefined;
  readonly rule: Rule | 'nobodyHasRoom';
  /** The member has no address of the client's family, so that nobody takes it after all. */
  readonly lacksAddress: boolean;
  readonly takerPercent: number | undefined;
  /** The least percentage among the other backups that could have taken it. */
  readonly othersPercent: number | undefined;
  readonly othersSessions: number | undefined;
  readonly takerSessions: number | undefined;
  readonly masterPercent: number | undefined;
  readonly leftOut: readonly { readonly address: IpAddress; readonly why: Barrier }[];
};

const least = (weighed: readonly Weighed[]): Weighed | undefined =>
  weighed.reduce<Weighed | undefined>(
    (best, each) =>
      best === undefined ||
      each.percent < best.percent ||
      (each.percent === best.percent && each.sessions < best.sessions)
        ? each
        : best,
    undefined,
  );

/** Why a client went where it went; `where` is the address that it is told, if there is one. */
export function explain(
  decision: Decision,
  client: Endpoint,
  where: IpAddress | undefined,
): Explanation {
  const { weighed } = decision;
  const target = decision.kind === 'redirect' ? decision.target : undefined;
  const taker = weighed.find((w) => w.contender === target);
  const master = weighed.find((w) => w.contender.isMaster);
  const others = least(
    weighed.filter((w) => w !== taker && w.barred === undefined && !w.contender.isMaster),
  );
  return {
    client,
    taker: target?.privateAddress,
    rule: decision.kind === 'redirect' ? decision.rule : 'nobodyHasRoom',
    lacksAddress: target !== undefined && where === undefined,
    takerPercent: taker?.percent,
    takerSessions: taker?.sessions,
    othersPercent: others?.percent,
    othersSessions: others?.sessions,
    masterPercent: master?.percent,
    leftOut: weighed.flatMap(({ contender, barred }) =>
      barred === undefined ? [] : [{ address: contender.privateAddress, why: barred }],
    ),
  };
}

const BARRIERS: Readonly<Record<Barrier, string>> = {
  dead: 'is gone',
  suspect: 'does not answer',
  publicSideClosed: 'does not answer at its public address',
  unreported: 'has not reported yet',
  draining: 'is draining',
  poolEmpty: 'has no address left',
  olderRelease: 'runs an older release, which balances IPsec only',
  full: 'is full',
};

/** `10.32.1.130 took 172.18.124.96: 1 % against 2 %, master 1 %`. */
export function explanationText(e: Explanation): string {
  const leftOut = e.leftOut.map(({ address, why }) => `; ${address} ${BARRIERS[why]}`).join('');
  const client = e.client.address;
  if (e.taker === undefined) return `nobody took ${client}${leftOut}`;
  if (e.lacksAddress)
    return `nobody took ${client}: ${e.taker} has no IPv${familyOf(client)} address`;
  return `${e.taker} took ${client}: ${comparisonText(e)}${leftOut}`;
}

/** The comparison that decided: `1 % against 2 %, master 1 %`. */
export function comparisonText(e: Explanation): string {
  const master = e.masterPercent === undefined ? '' : `, master ${e.masterPercent} %`;
  switch (e.rule) {
    case 'masterIsLeast':
      return `the master has ${e.takerPercent} % against ${e.othersPercent} %`;
    case 'noBackup':
      return 'no backup can take it';
    case 'onlyBackup':
      return `${e.takerPercent} %, no other backup can take it${master}`;
    case 'leastPercent':
      return `${e.takerPercent} % against ${e.othersPercent} %${master}`;
    case 'fewestSessions':
      return `${e.takerPercent} % each, ${e.takerSessions} against ${e.othersSessions} sessions${master}`;
    default:
      return `${e.takerPercent} % each, as many sessions, the lower address${master}`;
  }
}
