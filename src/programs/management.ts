import type {
  Administrator,
  ClusterManagement,
  ManagementOrigin,
  ManagementPort,
  ManagementSession,
} from '#adapters/http/management-port';
import { createManagementServer, type ManagementServer } from '#adapters/http/server';
import { now } from '#adapters/machine-clock';
import type { ScryptPool } from '#adapters/scrypt';
import { address, type IpAddress, parseAddress } from '#base/address';
import { err, ok } from '#base/result';
import type { PageAnswered } from '#engine/cluster-sessions';
import {
  managementFault,
  webLogin,
  webLoginRefused,
  webLoginsHeldBack,
  webLogout,
} from '#engine/events';
import type { HeadEndRequest } from '#engine/head-end-commands';
import * as views from '#engine/head-end-views';
import { type EventRecord, occurred } from '#events/event';
import { loadBalancingOf } from '#features/cluster/config';
import { diagnose } from '#features/cluster/diagnosis';
import { choiceViews, clusterCounters, clusterView } from '#features/cluster/view';
import { loggedOffRecord } from '#features/management/logged-off';
import type { Session } from '#session/session';
import type { BalancingChange } from '#views/cluster-views';
import { Administrators } from './administrators.ts';
import { balancingForm, formLines, outdated, verdictOf } from './balancing-form.ts';
import type { HeadEndConsole } from './head-end-console.ts';
import type { HeadEndProcess } from './head-end-process.ts';
import { readOnly } from './shell.ts';

/** Longer than any member is waited for: a device that was stopped does not answer. */
const SESSIONS_PATIENCE_MS = 8000;

/** Where someone comes from whose address cannot be told. */
const UNKNOWN_ADDRESS = address('0.0.0.0');

/** How the log names an administrator of the web console or the API where it says who did something. */
const seatOf = (name: string): string => `${name} (web)`;

function peerOf(text: string): IpAddress | undefined {
  const parsed = parseAddress(text);
  return parsed.ok ? parsed.value : undefined;
}

/** The cluster that a head-end takes part in, for its console and the API. */
function clusterManagement(
  console: HeadEndConsole,
  { device, driver }: HeadEndProcess,
): ClusterManagement {
  const { cluster } = device;
  const request = (wanted: HeadEndRequest, by: string) => {
    driver.carryOut(device.request(wanted, now(), by).effects);
    return ok(undefined);
  };
  const form = () => balancingForm(device.configuration, cluster.platform.priority);
  const tried = (wanted: BalancingChange) => {
    const old = outdated(form(), wanted);
    if (old) return { verdict: old };
    const lines = formLines(wanted);
    const change = console.change(
      lines.map(({ text }) => text),
      'vpn load-balancing',
    );
    return { change, verdict: verdictOf(wanted, lines, change.trial, change.pending) };
  };
  const view = () => clusterView(cluster, device.configuration, now());
  return {
    view,
    diagnosis: () =>
      diagnose(view(), cluster.encryption.status(now()), cluster.names.nameless(now())),
    form,
    check: (wanted) => tried(wanted).verdict,
    apply(wanted, { name }) {
      const { change, verdict } = tried(wanted);
      if (verdict.accepted) change?.apply(seatOf(name));
      return verdict;
    },
    sessions: (query) =>
      new Promise((resolve) => {
        const reason = 'The device stopped before the members had answered.';
        const giveUp = () => resolve(err({ kind: 'device', reason }));
        const timer = setTimeout(giveUp, SESSIONS_PATIENCE_MS).unref();
        const answered: PageAnswered = (page) => {
          clearTimeout(timer);
          resolve(page);
        };
        driver.carryOut(device.clusterSessions(query, now(), answered));
      }),
    choices: () => choiceViews(cluster),
    counters: () => clusterCounters(cluster),
    drain({ move: moves, minutes }, { name }) {
      if (!loadBalancingOf(device.configuration).participates)
        return err('This device takes part in no cluster.');
      return request({ kind: 'drain', moves, minutes, done: '' }, name);
    },
    endDrain({ name }) {
      if (!cluster.drain) return err('This member is not being drained.');
      return request({ kind: 'endDrain', done: '' }, name);
    },
  };
}

/** Everything that the web console, the API and the metrics ask of a head-end. */
class HeadEndManagement implements ManagementPort {
  readonly #console: HeadEndConsole;
  readonly #process: HeadEndProcess;
  readonly #administrators: Administrators;
  readonly cluster: ClusterManagement;

  constructor(console: HeadEndConsole, process: HeadEndProcess, scrypt: ScryptPool) {
    this.#console = console;
    this.#process = process;
    this.#administrators = new Administrators(process.device, scrypt);
    this.cluster = clusterManagement(console, process);
  }

  login: ManagementPort['login'] = (name, password) => this.#administrators.login(name, password);

  openSession(administrator: Administrator, origin: ManagementOrigin): ManagementSession {
    const { name } = administrator;
    const { sessions } = this.#process.device;
    const isStanding = this.#administrators.standing(administrator);
    const peer = peerOf(origin.address);
    const session = sessions.open(
      {
        kind: 'management',
        username: name,
        group: '',
        owner: `management ${crypto.randomUUID()}`,
        peer: {
          address: peer ?? UNKNOWN_ADDRESS,
          port: origin.port,
        },
        assigned: [],
        protocol: origin.protocol,
        encryption: origin.protocol === 'HTTPS' ? 'TLS' : 'None',
        hash: '',
        legacy: [],
      },
      now(),
    );
    sessions.activate(session.index);
    const subject = { peer, user: name };
    this.#note(occurred(webLogin, { name }, subject));
    return {
      index: session.index,
      isOpen: () => isStanding() && sessions.get(session.index) !== undefined,
      close: () => {
        sessions.close(session.index);
        this.#note(occurred(webLogout, { name }, subject));
      },
    };
  }

  loginRefused(name: string, from: string): void {
    this.#note(occurred(webLoginRefused, { name }, { peer: peerOf(from), user: name }));
  }

  loginHeldBack(seconds: number, from: string): void {
    this.#note(occurred(webLoginsHeldBack, { seconds }, { peer: peerOf(from) }));
  }

  #note(record: EventRecord): void {
    this.#process.device.note(record, now());
  }

  openShell({ name, mayChange }: Administrator) {
    const shell = this.#console.openShell({ name: seatOf(name) });
    return mayChange ? shell : readOnly(shell);
  }

  system = () => this.#console.needs.system();
  counters = () =>
    views.countersView({
      keying: this.#process.device.keying,
      accounting: this.#process.device.accounting,
      dataPlane: this.#process.dataPlane,
    });
  summary = () => views.summaryView(this.#console.needs);
  sessions: ManagementPort['sessions'] = (query) => views.sessionsPage(this.#console.needs, query);
  session: ManagementPort['session'] = (index) => views.sessionDetail(this.#console.needs, index);
  isakmpSas: ManagementPort['isakmpSas'] = (query) =>
    views.isakmpSaPage(this.#console.needs, query);
  ipsecSas: ManagementPort['ipsecSas'] = (query) => views.ipsecSaPage(this.#console.needs, query);
  events: ManagementPort['events'] = (query) => views.eventsPage(this.#console.needs, query);

  logoff: ManagementPort['logoff'] = (index, by) => {
    const session = this.#process.device.sessions.get(index);
    if (session) this.#logOff([session], by);
    return session !== undefined;
  };

  #logOff(sessions: readonly Session[], { name }: Administrator): void {
    const { device, driver } = this.#process;
    this.#note(loggedOffRecord(seatOf(name), sessions));
    for (const session of sessions) {
      if (session.kind === 'management') device.sessions.close(session.index);
      else driver.carryOut(device.logOff(session, now()));
    }
  }

  logoffAll: ManagementPort['logoffAll'] = (kind, group, by) => {
    const { sessions } = this.#process.device;
    const chosen = [...sessions.values()].filter(
      (s) => s.kind === kind && (group === undefined || s.group === group),
    );
    if (chosen.length > 0) this.#logOff(chosen, by);
    return chosen.length;
  };
}

/** The web console of a head-end; the address is undefined where it could not be opened. */
export type Management = {
  readonly address: string | undefined;
  close(): Promise<void>;
};

export type ManagementWanted = {
  readonly port: number;
  /** Where `port` is taken, take any other. */
  readonly orAnyPort: boolean;
  /** Where the built console is, when not in its usual place. */
  readonly consoleFolder?: string;
};

/** What the web console, the API and the metrics ask of a head-end. */
export const headEndManagement = (
  headEndConsole: HeadEndConsole,
  process: HeadEndProcess,
  scrypt: ScryptPool,
): ManagementPort => new HeadEndManagement(headEndConsole, process, scrypt);

/** Opens the web console on loopback; without it the head-end runs all the same, and the reason is logged. */
export function openManagement(
  headEndConsole: HeadEndConsole,
  process: HeadEndProcess,
  scrypt: ScryptPool,
  wanted: ManagementWanted,
): Promise<Management> {
  return openWebConsole(
    headEndManagement(headEndConsole, process, scrypt),
    (record) => process.device.note(record, now()),
    wanted,
  );
}

/** Opens a web console over `management` on loopback; where that fails, `noteEvent` is told why. */
export async function openWebConsole(
  management: ManagementPort,
  noteEvent: (record: EventRecord) => void,
  { port, orAnyPort, consoleFolder }: ManagementWanted,
): Promise<Management> {
  const note = (reason: string) => noteEvent(occurred(managementFault, { reason }));
  let reason = '';
  for (const choice of orAnyPort ? [port, 0] : [port]) {
    const server: ManagementServer = createManagementServer(management, {
      port: choice,
      report: note,
      ...(consoleFolder !== undefined && { consoleFolder }),
    });
    const listening = await server.listen();
    if (listening.ok) return { address: listening.value, close: () => server.close() };
    reason = listening.error;
    await server.close();
  }
  note(reason);
  return { address: undefined, close: () => Promise.resolve() };
}
