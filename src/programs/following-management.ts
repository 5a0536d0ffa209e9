import type {
  Administrator,
  ClusterManagement,
  DemoManagement,
  ManagementOrigin,
  ManagementPort,
  ManagementSession,
} from '#adapters/http/management-port';
import type { Shell } from '#adapters/terminal/shell';

/** The console of whichever device `current` names; undefined while none runs. */
export type Followed = {
  readonly current: () => ManagementPort | undefined;
  readonly demo: DemoManagement;
};

type Row = { of: ManagementPort; session: ManagementSession };

/**
 * One web console for a demo of several devices: it asks the one that `current` names, and goes on with
 * another when that is taken away. Whoever is logged in stays so.
 */
export class FollowingManagement implements ManagementPort {
  readonly demo: DemoManagement;
  readonly #next: Followed['current'];
  #current: ManagementPort;
  #generation = 0;

  constructor({ current, demo }: Followed) {
    const first = current();
    if (!first) throw new Error('no device runs');
    this.#next = current;
    this.#current = first;
    this.demo = demo;
  }

  /** The device that answers now; the last one while none runs. */
  get #port(): ManagementPort {
    const next = this.#next() ?? this.#current;
    if (next !== this.#current) {
      this.#current = next;
      this.#generation += 1;
    }
    return this.#current;
  }

  generation(): number {
    void this.#port;
    return this.#generation;
  }

  get cluster(): ClusterManagement {
    return this.#port.cluster;
  }

  login = (user: string, password: string) => this.#port.login(user, password);
  loginRefused = (user: string, from: string) => this.#port.loginRefused(user, from);
  loginHeldBack = (seconds: number, from: string) => this.#port.loginHeldBack(seconds, from);

  /** The row of a login is with the device that answers, and moves with it. */
  openSession(administrator: Administrator, origin: ManagementOrigin): ManagementSession {
    const open = (of: ManagementPort): Row => ({
      of,
      session: of.openSession(administrator, origin),
    });
    let row = open(this.#port);
    const current = () => {
      const of = this.#port;
      if (row.of === of) return row.session;
      // Where the device is gone, so is its table of sessions; closing the row there does no harm.
      row.session.close();
      row = open(of);
      return row.session;
    };
    return {
      get index() {
        return current().index;
      },
      isOpen: () => current().isOpen(),
      close: () => current().close(),
    };
  }

  openShell(administrator: Administrator): Shell {
    let of = this.#port;
    let shell = of.openShell(administrator);
    const current = () => {
      if (of === this.#port) return shell;
      of = this.#port;
      shell = of.openShell(administrator);
      return shell;
    };
    return {
      prompt: () => current().prompt(),
      execute: (line, signal) => current().execute(line, signal),
      complete: (text) => current().complete(text),
      help: (text) => current().help(text),
      ended: () => current().ended(),
      pageRows: () => current().pageRows(),
    };
  }

  system = () => this.#port.system();
  counters = () => this.#port.counters();
  summary = () => this.#port.summary();
  sessions: ManagementPort['sessions'] = (query) => this.#port.sessions(query);
  session: ManagementPort['session'] = (index) => this.#port.session(index);
  isakmpSas: ManagementPort['isakmpSas'] = (query) => this.#port.isakmpSas(query);
  ipsecSas: ManagementPort['ipsecSas'] = (query) => this.#port.ipsecSas(query);
  events: ManagementPort['events'] = (query) => this.#port.events(query);
  logoff: ManagementPort['logoff'] = (index, by) => this.#port.logoff(index, by);
  logoffAll: ManagementPort['logoffAll'] = (kind, group, by) =>
    this.#port.logoffAll(kind, group, by);
}
