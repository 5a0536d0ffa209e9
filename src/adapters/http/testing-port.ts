import type { Shell } from '#adapters/terminal/shell';
import { ok, type Result } from '#base/result';
import { pageOfEvents } from '#engine/event-page';
import { pageOfSessions } from '#engine/session-page';
import type {
  CountersView,
  EventPage,
  EventQuery,
  EventView,
  IpsecSaView,
  IsakmpSaView,
  ListQuery,
  Page,
  SessionDetailView,
  SessionKind,
  SessionQuery,
  SessionSummaryView,
  SessionView,
  SystemView,
} from '#views/views';
import type {
  Administrator,
  ManagementOrigin,
  ManagementPort,
  ManagementSession,
} from './management-port.ts';
import { TestingCluster } from './testing-cluster.ts';

/** What a test says about a session; the rest is filled in. */
export type SessionSketch = Partial<SessionView> & { readonly username: string };

const commands = ['show', 'session'];

/** A device in memory that tests of the management server steer by hand. */
export class TestingPort implements ManagementPort {
  now: number;
  readonly cluster = new TestingCluster(
    () => this.now,
    () => [...this.#sessions.values()].map((s) => ({ ...s, durationMs: this.now - s.loginAt })),
  );
  readonly executed: string[] = [];
  /** Names of refused logins, and logins that were not judged. */
  readonly refused: string[] = [];
  heldBack = 0;
  hostname = 'concentrator';
  /** What `show wide` answers. */
  commandOutput = '';
  readonly loggedOff: string[] = [];
  legacyPermitted: readonly string[] = [];
  #nextIndex = 1;
  #seq = 0;
  #peak = 0;
  #startedAt: number;
  readonly #sessions = new Map<number, SessionView>();
  readonly #events: EventView[] = [];
  readonly #repeats = new Map<string, number>();
  #octets = { tx: 0, rx: 0, packetsTx: 0, packetsRx: 0 };

  constructor(now: number) {
    this.now = now;
    this.#startedAt = now - 45_637_000;
  }

  /** Adds a session and answers with its index. */
  addSession(sketch: SessionSketch): number {
    const index = sketch.index ?? this.#nextIndex;
    this.#nextIndex = index + 1;
    this.#sessions.set(index, {
      kind: 'remoteAccess',
      state: 'active',
      group: 'ciscovpn',
      groupPolicy: 'ciscovpn',
      assignedAddress: `40.1.1.${index}`,
      publicAddress: '171.69.89.78',
      publicPort: 1024 + index,
      localPort: 4500,
      protocol: 'IPSec/NAT-T',
      encryption: 'AES-128',
      hash: 'SHA-1',
      loginAt: this.now,
      durationMs: 0,
      clientType: 'Linux',
      clientVersion: 'vpnc 0.5.3',
      bytesTx: 0,
      bytesRx: 0,
      packetsTx: 0,
      packetsRx: 0,
      legacy: [],
      ...sketch,
      index,
    });
    this.#peak = Math.max(this.#peak, this.#sessions.size);
    return index;
  }

  removeSession(index: number): boolean {
    return this.#sessions.delete(index);
  }

  /** Lets octets pass through a session. */
  carry(index: number, tx: number, rx: number): void {
    const session = this.#sessions.get(index);
    if (!session) return;
    const packetsTx = Math.ceil(tx / 1300);
    const packetsRx = Math.ceil(rx / 1300);
    this.#sessions.set(index, {
      ...session,
      bytesTx: session.bytesTx + tx,
      bytesRx: session.bytesRx + rx,
      packetsTx: session.packetsTx + packetsTx,
      packetsRx: session.packetsRx + packetsRx,
    });
    this.#octets.tx += tx;
    this.#octets.rx += rx;
    this.#octets.packetsTx += packetsTx;
    this.#octets.packetsRx += packetsRx;
  }

  addEvent(sketch: Pick<EventView, 'class' | 'number' | 'severity' | 'text'> & Partial<EventView>) {
    const name = `${sketch.class}/${sketch.number}`;
    const repeat = (this.#repeats.get(name) ?? 0) + 1;
    this.#repeats.set(name, repeat);
    this.#seq += 1;
    this.#events.unshift({
      at: this.now,
      why: 'Why this happens.',
      remedy: 'What to do.',
      ...sketch,
      repeat,
      seq: this.#seq,
    });
  }

  async login(user: string, password: string): Promise<Administrator | undefined> {
    if (user === 'admin' && password === 'demo-password') return { name: user, mayChange: true };
    if (user === 'viewer' && password === 'demo-password') return { name: user, mayChange: false };
    return undefined;
  }

  loginRefused(user: string): void {
    this.refused.push(user);
  }

  loginHeldBack(): void {
    this.heldBack += 1;
  }

  openSession(administrator: Administrator, origin: ManagementOrigin): ManagementSession {
    const index = this.addSession({
      username: administrator.name,
      kind: 'management',
      group: '',
      assignedAddress: undefined,
      publicAddress: origin.address,
      publicPort: origin.port,
      protocol: origin.protocol,
      encryption: 'None',
      clientType: undefined,
      clientVersion: undefined,
    });
    return {
      index,
      isOpen: () => this.#sessions.has(index),
      close: () => {
        this.#sessions.delete(index);
      },
    };
  }

  openShell(administrator: Administrator): Shell {
    let prompt = 'headend# ';
    let ended = false;
    const fitting = (line: string) => commands.filter((word) => word.startsWith(line));
    return {
      prompt: () => prompt,
      execute: async (line, signal) => {
        this.executed.push(`${administrator.name}: ${line}`);
        if (line === 'configure terminal') prompt = 'headend(config)# ';
        if (line === 'exit') ended = true;
        if (line === 'fail') throw new Error('the secret inner reason');
        if (line === 'show version') return { text: 'headend 0.1.0\n2 sessions', failed: false };
        if (line === 'ping') {
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          this.executed.push('aborted');
        }
        if (line === 'show wide') return { text: this.commandOutput, failed: false };
        return line.startsWith('show')
          ? { text: '% Unrecognized command', failed: true }
          : { text: '', failed: false };
      },
      help: (line) =>
        fitting(line)
          .map((word) => `  ${word}`)
          .join('\n'),
      complete: (line) => {
        const [only, ...others] = fitting(line);
        return only !== undefined && others.length === 0
          ? { text: `${only} `, candidates: [] }
          : { text: line, candidates: fitting(line) };
      },
      ended: () => ended,
      pageRows: () => undefined,
    };
  }

  system(): SystemView {
    return {
      hostname: this.hostname,
      version: '0.1.0',
      asOf: this.now,
      uptimeMs: this.now - this.#startedAt,
      cpuPercent: 7,
      processors: 2,
      memoryBytes: 96 << 20,
      memoryTotalBytes: 4096 * (1 << 20),
      dataPlane: 'memory',
      loadPercent: this.#sessions.size,
      legacyPermitted: this.legacyPermitted,
      groups: ['ciscovpn', 'engineering', 'ipsecgroup'],
    };
  }

  counters(): CountersView {
    return {
      logins: 52,
      loginFailures: { 'wrong credentials': 3, 'unknown group': 1 },
      octetsTx: this.#octets.tx,
      octetsRx: this.#octets.rx,
      packetsTx: this.#octets.packetsTx,
      packetsRx: this.#octets.packetsRx,
      packetsDropped: { replayed: 2, 'unknown SPI': 5 },
      halfOpenSas: 1,
      isakmpSas: this.#sessions.size,
      ipsecSas: this.#sessions.size,
    };
  }

  summary(): SessionSummaryView {
    const count = (kind: SessionKind) =>
      [...this.#sessions.values()].filter((session) => session.kind === kind).length;
    return {
      activeLanToLan: count('lanToLan'),
      activeRemoteAccess: count('remoteAccess'),
      activeManagement: count('management'),
      totalActive: this.#sessions.size,
      peakConcurrent: this.#peak,
      concurrentLimit: 100,
      totalCumulative: this.#nextIndex - 1,
    };
  }

  sessions(query: SessionQuery): Result<Page<SessionView>, string> {
    return pageOfSessions(this.#aged(), query, this.now);
  }

  *#aged(): Generator<SessionView> {
    for (const session of this.#sessions.values())
      yield { ...session, durationMs: this.now - session.loginAt };
  }

  session(index: number): SessionDetailView | undefined {
    const session = this.#sessions.get(index);
    if (!session) return undefined;
    const aged = { ...session, durationMs: this.now - session.loginAt };
    if (session.kind === 'management')
      return { asOf: this.now, session: aged, isakmpSas: [], ipsecSas: [] };
    return {
      asOf: this.now,
      session: aged,
      isakmpSas: [this.#isakmpSa(session)],
      ipsecSas: [this.#ipsecSa(session)],
    };
  }

  #isakmpSa(session: SessionView): IsakmpSaView {
    return {
      id: session.index,
      role: 'responder',
      state: 'AM_ACTIVE',
      localAddress: '172.16.172.50',
      localPort: session.localPort ?? 500,
      remoteAddress: session.publicAddress,
      remotePort: session.publicPort ?? 500,
      initiatorCookie: '8dbf1a2c44e05f13',
      responderCookie: 'c0ffee0012345678',
      encryption: session.encryption,
      hash: session.hash,
      dhGroup: 'group 2',
      authentication: 'pre-shared key, XAUTH',
      natTraversal: session.localPort === 4500 ? 'draft-02' : 'none',
      localBehindNat: false,
      remoteBehindNat: session.localPort === 4500,
      lifetimeSeconds: 86_400,
      remainingSeconds: 86_400 - Math.floor((this.now - session.loginAt) / 1000),
      group: session.group,
      username: session.username,
      legacy: session.legacy,
    };
  }

  #ipsecSa(session: SessionView): IpsecSaView {
    return {
      isakmpSaId: session.index,
      inboundSpi: 0x4a1b2c00 + session.index,
      outboundSpi: 0x9c3d4e00 + session.index,
      encryption: session.encryption,
      hash: session.hash,
      mode: 'tunnel',
      encapsulation: session.localPort === 4500 ? 'udp' : 'none',
      localAddress: '172.16.172.50',
      localPort: session.localPort ?? 0,
      remoteAddress: session.publicAddress,
      remotePort: session.publicPort ?? 0,
      localNetwork: '0.0.0.0/0',
      remoteNetwork: `${session.assignedAddress}/32`,
      lifetimeSeconds: 28_800,
      remainingSeconds: 28_800 - Math.floor((this.now - session.loginAt) / 1000),
      lifetimeKilobytes: 0,
      replayWindow: 64,
      inbound: { packets: session.packetsRx, octets: session.bytesRx },
      outbound: { packets: session.packetsTx, octets: session.bytesTx },
      replayed: 0,
      authenticationFailed: 0,
      malformed: 0,
      selectorMismatch: 0,
      expired: 0,
      legacy: session.legacy,
    };
  }

  isakmpSas(query: ListQuery): Result<Page<IsakmpSaView>, string> {
    const items = this.#tunnels().map((session) => this.#isakmpSa(session));
    return ok({ items: items.slice(0, query.limit), total: items.length, asOf: this.now });
  }

  ipsecSas(query: ListQuery): Result<Page<IpsecSaView>, string> {
    const items = this.#tunnels().map((session) => this.#ipsecSa(session));
    return ok({ items: items.slice(0, query.limit), total: items.length, asOf: this.now });
  }

  #tunnels(): SessionView[] {
    return [...this.#sessions.values()].filter((session) => session.kind !== 'management');
  }

  events(query: EventQuery): EventPage {
    return pageOfEvents(this.#events, query, ['AUTH', 'IKE', 'IKEDBG', 'IKEDECODE', 'IPSECDBG']);
  }

  logoff(index: number, by: Administrator): boolean {
    if (this.removeSession(index)) {
      this.loggedOff.push(`${index} by ${by.name}`);
      return true;
    }
    return false;
  }

  logoffAll(kind: SessionKind, group: string | undefined, by: Administrator): number {
    const indexes = [...this.#sessions.values()]
      .filter(
        (session) => session.kind === kind && (group === undefined || session.group === group),
      )
      .map((session) => session.index);
    for (const index of indexes) this.logoff(index, by);
    return indexes.length;
  }
}
