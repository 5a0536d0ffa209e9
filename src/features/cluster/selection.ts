import { compareAddresses, type IpAddress } from '#base/address';
import type { MemberId } from '#wire/vcl/fields';
import { type LoadRules, percentOf } from './load.ts';

/** A member as a choice sees it. */
export type Contender = {
  readonly member: MemberId;
  readonly privateAddress: IpAddress;
  readonly isMaster: boolean;
  /** Sessions without those that sleep, as reported last. */
  readonly active: number;
  readonly max: number;
  /** Clients sent there that no report counts yet. */
  readonly pending: number;
  /** Why it must not be chosen, whatever its load; undefined when nothing stands in the way. */
  readonly barred: Barrier | undefined;
};

/** Why a member is not chosen. */
export type Barrier =
  /** It does not answer, or may not. */
  | 'dead'
  | 'suspect'
  /** It answers at one of its two sides only. */
  | 'publicSideClosed'
  /** No report of its load has come yet. */
  | 'unreported'
  | 'draining'
  | 'poolEmpty'
  /** It runs an older release than others, and the client is none of IPsec; GEN-54. */
  | 'olderRelease'
  /** By sessions, never by percent: 1493 of 1500 rounds to 100; GEN-84. */
  | 'full';

/** A contender with what it counts in a choice. */
export type Weighed = {
  readonly contender: Contender;
  /** Active and pending sessions. */
  readonly sessions: number;
  /** Of those, and of a master of the VPN 3000 kind with what it has by nature. */
  readonly percent: number;
  readonly barred: Barrier | undefined;
};

/** Which rule decided: the four of GEN-52, and those that need no comparison. */
export type Rule =
  /** 1: every other has at least so much more that the master takes it. */
  | 'masterIsLeast'
  /** 2 */
  | 'leastPercent'
  /** 3 */
  | 'fewestSessions'
  /** 4 */
  | 'lowestAddress'
  | 'onlyBackup'
  | 'noBackup';

/** What is to become of a client, and why. */
export type Decision =
  | {
      readonly kind: 'redirect';
      /** The master itself too: a client must use its own address, not that of the cluster. */
      readonly target: Contender;
      readonly rule: Rule;
      readonly weighed: readonly Weighed[];
    }
  /** Nobody has room. */
  | { readonly kind: 'refuse'; readonly weighed: readonly Weighed[] };

/** Contenders in the order in which ties are decided, made anew when members come or go; GEN-50. */
export const byAddress = (contenders: readonly Contender[]): Contender[] =>
  [...contenders].sort((a, b) => compareAddresses(a.privateAddress, b.privateAddress));

function weigh(contender: Contender, rules: LoadRules): Weighed {
  const { active, pending, max, isMaster, barred } = contender;
  const sessions = active + pending;
  const percent = percentOf(sessions, max, rules.rounding);
  return {
    contender,
    sessions,
    percent: isMaster ? percent + rules.inherentPercent : percent,
    barred: barred ?? (sessions >= max ? 'full' : undefined),
  };
}

/**
 * Chooses the member that takes the next client. `contenders` are in the order of `byAddress`, with at
 * most one master among them. GEN-52, LB-73; the personality is in the rules.
 */
export function choose(contenders: readonly Contender[], rules: LoadRules): Decision {
  const weighed = contenders.map((contender) => weigh(contender, rules));
  let master: Weighed | undefined;
  let best: Weighed | undefined;
  let rule: Rule = 'onlyBackup';
  for (const each of weighed) {
    if (each.barred !== undefined) continue;
    if (each.contender.isMaster) master = each;
    else if (best === undefined) best = each;
    else {
      const order = each.percent - best.percent || each.sessions - best.sessions;
      rule = decisiveRule(best, each, rule);
      if (order < 0) best = each;
    }
  }
  if (master && best && isMasterLeast(master, best, rules))
    return { kind: 'redirect', target: master.contender, rule: 'masterIsLeast', weighed };
  if (best) return { kind: 'redirect', target: best.contender, rule, weighed };
  if (master) return { kind: 'redirect', target: master.contender, rule: 'noBackup', weighed };
  return { kind: 'refuse', weighed };
}

const STRENGTH: Readonly<Record<Rule, number>> = {
  masterIsLeast: 0,
  noBackup: 0,
  onlyBackup: 0,
  leastPercent: 1,
  fewestSessions: 2,
  lowestAddress: 3,
};

/** The finest rule that was needed to tell the best from the others that are as good by the coarser ones. */
function decisiveRule(best: Weighed, each: Weighed, before: Rule): Rule {
  const isTied = each.percent === best.percent;
  const rule: Rule = !isTied
    ? 'leastPercent'
    : each.sessions === best.sessions
      ? 'lowestAddress'
      : 'fewestSessions';
  // A new best by percent makes earlier ties among the worse ones irrelevant.
  if (!isTied && each.percent < best.percent) return 'leastPercent';
  if (isTied && each.sessions < best.sessions) return 'fewestSessions';
  return STRENGTH[rule] > STRENGTH[before] ? rule : before;
}

/**
 * Whether the master takes a client itself. ASA: the least loaded backup has one percent more (G-89). VPN
 * 3000: it has more than the master, which counts for one percent by nature.
 */
const isMasterLeast = (master: Weighed, best: Weighed, { personality }: LoadRules): boolean =>
  personality === 'asa' ? best.percent >= master.percent + 1 : best.percent > master.percent;

/** Reports of a load tell which pending redirects have arrived; the others are forgotten after a while. */
const PENDING_MS = 10_000;

type Account = { readonly at: number[]; active: number | undefined };

/**
 * Clients on their way: counted until their session appears in a report, or for ten seconds. Without
 * them, every client of a burst between two reports would be sent to the same member.
 */
export class PendingRedirects {
  readonly #accounts = new Map<MemberId, Account>();

  /** A client was sent to `member` at `nowMs`. */
  sent(member: MemberId, nowMs: number): void {
    this.#account(member).at.push(nowMs);
  }

  /** A report counts `active` sessions: as many clients have arrived as there are more than before. */
  reported(member: MemberId, active: number): void {
    const account = this.#account(member);
    const arrived = account.active === undefined ? 0 : Math.max(0, active - account.active);
    account.at.splice(0, arrived);
    account.active = active;
  }

  /** Clients on their way to `member`. */
  count(member: MemberId, nowMs: number): number {
    const account = this.#accounts.get(member);
    if (!account) return 0;
    let gone = 0;
    while (gone < account.at.length && nowMs - (account.at[gone] as number) >= PENDING_MS)
      gone += 1;
    if (gone > 0) account.at.splice(0, gone);
    return account.at.length;
  }

  /** The member is in the cluster no more. */
  forget(member: MemberId): void {
    this.#accounts.delete(member);
  }

  #account(member: MemberId): Account {
    const known = this.#accounts.get(member);
    if (known) return known;
    const account: Account = { at: [], active: undefined };
    this.#accounts.set(member, account);
    return account;
  }
}
