import { address } from '#base/address';
import { err, ok, type Result } from '#base/result';
import { type MemberPart, mergedPage, partQuery } from '#engine/cluster-session-page';
import type { PageRefusal } from '#engine/cluster-sessions';
import { pageOfSessions } from '#engine/session-page';
import type {
  BalancingChange,
  BalancingForm,
  BalancingVerdict,
  ChoiceView,
  ClusterCountersView,
  ClusterMemberView,
  ClusterSessionPage,
  ClusterView,
  DrainRequest,
  Finding,
} from '#views/cluster-views';
import type { SessionQuery, SessionView } from '#views/views';
import type { Administrator, ClusterManagement } from './management-port.ts';

/** The member with this last octet, as the master of the field's example sees it. */
export const testMember = (
  host: number,
  changes: Partial<ClusterMemberView> = {},
): ClusterMemberView => ({
  privateAddress: `10.32.1.${host}`,
  publicAddress: `172.18.124.${host}`,
  role: 'backup',
  condition: 'alive',
  deviceType: 'VPN3030',
  hostname: `n${host}`,
  version: 'headend 0.1.0',
  priority: 5,
  load: { percent: 0, sessions: 0, limit: 100, inactive: 0 },
  draining: false,
  full: false,
  poolEmpty: false,
  publicPath: 'open',
  durationMs: 1_107_000,
  heard: { by: 'self', agoMs: 400 },
  ...changes,
});

/** A cluster in memory that tests steer by hand; none until `gather` is called. */
export class TestingCluster implements ClusterManagement {
  readonly #now: () => number;
  /** The sessions of this device. */
  readonly listed: () => readonly SessionView[];
  #participates = false;
  #self = testMember(131, { role: 'off', heard: undefined });
  #peers: readonly ClusterMemberView[] = [];
  #choices: ChoiceView[] = [];
  #drain: ClusterView['drain'];
  readonly drains: string[] = [];
  counted: ClusterCountersView = { redirects: [], refusals: {}, takeovers: 0 };
  obstacle: string | undefined;
  authenticated = true;
  findings: readonly Finding[] = [];

  constructor(now: () => number, listed: () => readonly SessionView[]) {
    this.#now = now;
    this.listed = listed;
  }

  /** This device and the others become a cluster. */
  gather(self: ClusterMemberView, ...peers: readonly ClusterMemberView[]): void {
    this.#participates = true;
    this.#self = { ...self, heard: undefined };
    this.#peers = peers;
  }

  choose(choice: Pick<ChoiceView, 'client' | 'explanation'> & Partial<ChoiceView>): void {
    const seq = this.#choices.length + 1;
    const at = this.#now();
    const outcome = choice.member === undefined ? 'refused' : 'backup';
    const made = { seq, at, rule: 'leastPercent', outcome, clientPort: 500, ...choice } as const;
    this.#choices = [made, ...this.#choices];
  }

  view(): ClusterView {
    return {
      asOf: this.#now(),
      participates: this.#participates,
      personality: 'vpn3000',
      encryption: false,
      authenticated: this.authenticated,
      clusterAddresses: this.#participates ? ['172.18.124.254'] : [],
      port: 9023,
      term: 7,
      obstacle: this.obstacle,
      self: { ...this.#self, draining: this.#drain !== undefined },
      peers: this.#peers,
      filters: [],
      drain: this.#drain,
    };
  }

  /** Sessions of the other members, by private address; a member that is not here does not answer. */
  readonly elsewhere = new Map<string, readonly SessionView[]>();
  /** How often somebody asked for the sessions of all. */
  sessionsAsked = 0;
  /** Why there is no page of them. */
  sessionsRefused: PageRefusal | undefined;

  async sessions(query: SessionQuery): Promise<Result<ClusterSessionPage, PageRefusal>> {
    this.sessionsAsked += 1;
    if (this.sessionsRefused) return err(this.sessionsRefused);
    const parts: MemberPart[] = [];
    for (const { privateAddress, hostname } of [this.#self, ...this.#peers]) {
      const isSelf = privateAddress === this.#self.privateAddress;
      const member = { privateAddress, hostname, isSelf };
      const rows = isSelf ? this.listed() : this.elsewhere.get(privateAddress);
      const wanted = partQuery(query, address(privateAddress));
      if (!wanted.ok) return err({ kind: 'query', reason: wanted.error });
      const page = rows && pageOfSessions(rows, wanted.value, this.#now());
      if (!page?.ok) parts.push({ ...member, answer: 'silent', rows: [], hasMore: false });
      else {
        const { items, total, nextCursor } = page.value;
        const hasMore = nextCursor !== undefined;
        parts.push({ ...member, answer: 'whole', rows: items, total, hasMore });
      }
    }
    parts.sort((a, b) => a.privateAddress.localeCompare(b.privateAddress));
    return ok(mergedPage(query, parts, this.#now()));
  }

  choices = () => this.#choices;
  counters = () => this.counted;
  diagnosis = () => ({ asOf: this.#now(), findings: this.findings });

  balancing: BalancingForm = {
    hostname: 'concentrator',
    clusterAddress: '172.18.124.254',
    port: '9023',
    encryption: false,
    hasKey: true,
    participates: true,
    priority: '1',
    nat: '0.0.0.0',
  };
  readonly applied: string[] = [];

  form = () => this.balancing;

  /** Refuses port 500, secrets that differ and an older form; any other change is one line. */
  check({ key, verifyKey, from, ...form }: BalancingChange): BalancingVerdict {
    const findings: BalancingVerdict['findings'][number][] = [];
    if (JSON.stringify(from) !== JSON.stringify(this.balancing))
      findings.push({ severity: 'error', reason: 'changed meanwhile', remedy: 'read them anew' });
    if (form.port === '500')
      findings.push({ severity: 'error', field: 'port', reason: 'port 500 belongs to IKE' });
    if (key !== verifyKey)
      findings.push({ severity: 'error', field: 'verifyKey', reason: 'the two entries differ' });
    const changes = form.port === this.balancing.port ? '' : `+  cluster port ${form.port}`;
    return { accepted: findings.length === 0, changes, findings };
  }

  apply(change: BalancingChange, by: Administrator): BalancingVerdict {
    const verdict = this.check(change);
    if (!verdict.accepted) return verdict;
    const { key, verifyKey, from, ...form } = change;
    this.balancing = { ...from, ...form, hasKey: key !== undefined || from.hasKey };
    this.applied.push(`${by.name}: ${verdict.changes}`);
    return verdict;
  }

  drain({ move, minutes }: DrainRequest, by: Administrator): Result<void, string> {
    if (!this.#participates) return err('This device takes part in no cluster.');
    this.drains.push(`${by.name} drains${move ? ' and moves' : ''} ${minutes ?? 'without end'}`);
    const sessionsLeft = this.#self.load?.sessions ?? 0;
    const since = this.#now();
    this.#drain = { since, sessionsAtStart: sessionsLeft, sessionsLeft, moves: move };
    return ok(undefined);
  }

  endDrain(by: Administrator): Result<void, string> {
    if (!this.#drain) return err('This member is not being drained.');
    this.drains.push(`${by.name} ends it`);
    this.#drain = undefined;
    return ok(undefined);
  }
}
