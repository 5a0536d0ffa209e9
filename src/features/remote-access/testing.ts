import assert from 'node:assert/strict';
import { address, type Endpoint, type IpAddress } from '#base/address';
import { equalBytes, toUtf8 } from '#base/bytes';
import { after, type Instant, instant } from '#base/instant';
import { hostPrefix, prefixOf } from '#base/prefix';
import { Prng } from '#base/prng';
import { CommandLine } from '#config/command-line';
import type { Configuration } from '#config/configuration';
import type { SaCounters } from '#dataplane/data-plane';
import type { EventRecord } from '#events/event';
import { eventText } from '#events/event';
import type { Admission, ChildSummary, CloseReason, KeyingNotice, SaId } from '#ipsec/keying';
import { Accounting } from '#session/accounting';
import { AddressPools } from '#session/address-pools';
import { sessionSlice } from '#session/config';
import { CredentialCache } from '#session/credential-cache';
import type { CredentialAnswer, CredentialQuestion } from '#session/credentials';
import { SessionTable } from '#session/session-table';
import { configurationAttributes } from '#wire/isakmp/numbers';
import {
  type RemoteAccessNeeds,
  type RemoteAccessRequest,
  remoteAccessCommands,
} from './exec-commands.ts';
import { RemoteAccess } from './feature.ts';
import type { Newcomer, RemoteAccessEffect } from './parts.ts';
import { FakeKeying } from './testing-keying.ts';
import { seed, testGrammar } from './testing-listing.ts';

/** How a client appears to the head-end. */
export type ClientSketch = {
  readonly user: string;
  readonly password?: string;
  /** Port of its translated address, which all clients share. */
  readonly port: number;
  /** Port that its first message came from, if another one. */
  readonly originPort?: number;
  readonly group?: string;
  readonly initialContact?: boolean;
  readonly version?: string;
  readonly natTraversal?: boolean;
};

const patAddress = address('171.69.89.78');
const headEndAddress = address('172.16.172.50');
const everything = prefixOf(address('0.0.0.0'), 0);

/** Remote access with its tables, a clock and a keying manager that the test plays. */
export class Concentrator {
  readonly keying = new FakeKeying();
  readonly sessions: SessionTable;
  readonly pools = new AddressPools();
  readonly accounting = new Accounting();
  readonly remoteAccess: RemoteAccess;
  readonly events: EventRecord[] = [];
  readonly questions: { readonly ticket: number; readonly question: CredentialQuestion }[] = [];
  readonly counters = new Map<number, SaCounters>();
  /** Of outbound SAs, by the SPI of their pair. */
  readonly sentCounters = new Map<number, SaCounters>();
  configuration: Configuration;
  director: (newcomer: Newcomer) => Admission = () => ({ kind: 'serve' });
  now: Instant = instant(Date.UTC(2002, 9, 20, 20, 13, 35));
  #lastSa = 0;
  #lastSpi = 0x1000;

  /** `extra` are lines behind those of the seed's concentrator. */
  constructor(extra = '', sessionLimit = 100) {
    this.configuration = seed(extra);
    this.sessions = new SessionTable(sessionLimit);
    this.pools.configure(sessionSlice.of(this.configuration).pools.values());
    this.remoteAccess = new RemoteAccess({
      keying: this.keying,
      sessions: this.sessions,
      pools: this.pools,
      credentials: new CredentialCache(100, new Prng(1)),
      accounting: this.accounting,
      traffic: ({ inboundSpi }) => {
        const [rx, tx] = [this.counters.get(inboundSpi), this.sentCounters.get(inboundSpi)];
        if (!rx || !tx) return undefined;
        return {
          bytesRx: rx.octets,
          packetsRx: rx.packets,
          bytesTx: tx.octets,
          packetsTx: tx.packets,
        };
      },
      configuration: () => this.configuration,
      director: (newcomer) => this.director(newcomer),
      applicationVersion: 'headend test',
      natTraversalPort: 4500,
    });
  }

  get needs(): RemoteAccessNeeds {
    const { sessions, keying, remoteAccess, pools, counters, sentCounters } = this;
    return {
      sessions,
      keying,
      remoteAccess,
      pools,
      counters: {
        inboundCounters: (spi) => counters.get(spi),
        outboundCounters: (pairedSpi) => sentCounters.get(pairedSpi),
      },
      configuration: () => this.configuration,
      now: () => this.now,
    };
  }

  pass(milliseconds: number): void {
    this.now = after(this.now, milliseconds);
  }

  /** Lets time pass, with a tick at every deadline on the way. */
  runFor(milliseconds: number): void {
    const end = after(this.now, milliseconds);
    for (let at = this.remoteAccess.deadline(); at !== undefined && at <= end; ) {
      this.now = at;
      this.perform(this.remoteAccess.tick(at));
      at = this.remoteAccess.deadline();
    }
    this.now = end;
  }

  notice(notice: KeyingNotice): void {
    this.perform(this.remoteAccess.notice(notice, this.now));
  }

  /** Carries effects out as the engine does; questions about passwords are kept. */
  perform(effects: readonly RemoteAccessEffect[]): void {
    for (const effect of effects)
      if (effect.kind === 'event') this.events.push(effect.record);
      else if (effect.kind === 'notice') this.notice(effect.notice);
      else if (effect.kind === 'askCredentials') this.questions.push(effect);
  }

  /** Answers all questions about passwords. */
  answer(overloaded = false): void {
    for (const { ticket, question } of this.questions.splice(0)) {
      const accepted = !overloaded && equalBytes(question.password, question.verifier.hash);
      const answer: CredentialAnswer = { kind: 'passwordVerified', accepted, overloaded };
      this.perform(this.remoteAccess.answer(ticket, answer, this.now));
    }
  }

  /** A client completes phase 1 and is asked who it is. */
  arrives(sketch: ClientSketch): TestClient {
    this.#lastSa += 1;
    return new TestClient(this, this.#lastSa as SaId, sketch);
  }

  /** A client goes all the way to its tunnel; a login that is refused fails the test. */
  connects(sketch: ClientSketch): TestClient {
    const client = this.arrives(sketch);
    assert.equal(client.logsIn(), true, `login of ${sketch.user}`);
    assert.notEqual(client.asksForConfiguration(), undefined);
    client.makesChild();
    return client;
  }

  newSpi(): number {
    this.#lastSpi += 1;
    return this.#lastSpi;
  }

  /** The texts of the events so far. */
  get said(): string[] {
    return this.events.map(eventText);
  }
}

/** The other end of one ISAKMP SA. */
export class TestClient {
  readonly world: Concentrator;
  readonly sa: SaId;
  readonly sketch: ClientSketch;

  constructor(world: Concentrator, sa: SaId, sketch: ClientSketch) {
    this.world = world;
    this.sa = sa;
    this.sketch = sketch;
    const inUdp = sketch.natTraversal ?? true;
    world.keying.sas.set(sa, {
      id: sa,
      role: 'responder',
      local: { address: headEndAddress, port: inUdp ? 4500 : 500 },
      remote: this.endpoint,
      origin: { ...this.endpoint, port: sketch.originPort ?? sketch.port },
      initiatorCookie: sa.toString(16).padStart(16, '0'),
      responderCookie: sa.toString(16).padStart(16, 'f'),
      state: 'AM_TM_INIT_XAUTH_V6H',
      group: sketch.group ?? 'ciscovpn',
      user: undefined,
      encryption: '3DES-168',
      hash: 'MD5',
      dhGroup: '2',
      authentication: 'preshared',
      lifetimeSeconds: 86_400,
      expiresAt: after(world.now, 86_400_000),
      natTraversal: inUdp ? 'draft-02' : 'none',
      localBehindNat: false,
      remoteBehindNat: inUdp,
      children: [],
    });
    if (sketch.initialContact) world.notice({ kind: 'initialContact', sa });
    world.notice({ kind: 'phaseOneCompleted', sa });
  }

  get endpoint(): Endpoint {
    return { address: patAddress, port: this.sketch.port };
  }

  /** Whether its SA is still there. */
  get isAlive(): boolean {
    return this.world.keying.sas.has(this.sa);
  }

  /** Gives user and password; the answer is out once the question is answered. */
  givesCredentials(password = this.sketch.password ?? `secret${this.sketch.user.at(-1)}`): void {
    const { user } = this.sketch;
    this.world.keying.change(this.sa, { user });
    this.world.notice({ kind: 'credentials', sa: this.sa, user, password: toUtf8(password) });
  }

  /** Whether name and password let it in; undefined when no answer came. */
  logsIn(password?: string): boolean | undefined {
    const { commanded } = this.world.keying;
    const from = commanded.length;
    this.givesCredentials(password);
    this.world.answer();
    for (const command of commanded.slice(from))
      if (command.kind === 'authentication' && command.sa === this.sa) return command.accepted;
    return undefined;
  }

  /** The address it is given; undefined when there was no reply. */
  asksForConfiguration(): IpAddress | undefined {
    const { world, sa } = this;
    const { version = 'Cisco Systems VPN Client 3.6.1 (Rel):WinNT' } = this.sketch;
    world.keying.change(sa, { state: 'AM_ACTIVE' });
    const attributes = [
      { type: configurationAttributes.internalIp4Address, value: new Uint8Array(0) },
      { type: configurationAttributes.applicationVersion, value: toUtf8(version) },
    ];
    const from = world.keying.commanded.length;
    world.notice({ kind: 'configurationRequested', sa, attributes });
    for (const command of world.keying.commanded.slice(from))
      if (command.kind === 'configuration' && command.sa === sa) return this.assigned;
    return undefined;
  }

  get session() {
    return this.world.sessions.ofOwner(this.sa);
  }

  get assigned(): IpAddress | undefined {
    return this.session?.assigned[0];
  }

  /** A Quick Mode completes; the answer is its inbound SPI. */
  makesChild(): number {
    const { world, sa } = this;
    const summary = world.keying.sas.get(sa);
    assert.ok(summary);
    const child: ChildSummary = {
      inboundSpi: world.newSpi(),
      outboundSpi: world.newSpi(),
      suite: '3des-cbc-hmac-md5-96',
      mode: 'tunnel',
      encapsulation: summary.natTraversal === 'none' ? 'none' : 'udp',
      local: everything,
      remote: this.assigned === undefined ? everything : hostPrefix(this.assigned),
      lifetimeSeconds: 28_800,
      lifetimeKilobytes: 4_608_000,
      expiresAt: after(world.now, 28_800_000),
      replayWindow: 64,
    };
    world.keying.change(sa, { children: [...summary.children, child] });
    this.#carry(child, { packets: 0, octets: 0 }, { packets: 0, octets: 0 });
    world.notice({ kind: 'childCreated', sa, child });
    return child.inboundSpi;
  }

  /** A pair of IPsec SAs ends, and the packet path forgets it afterwards. */
  losesChild(inboundSpi: number): void {
    const { world, sa } = this;
    const children = world.keying.sas.get(sa)?.children ?? [];
    world.keying.change(sa, { children: children.filter((c) => c.inboundSpi !== inboundSpi) });
    world.notice({ kind: 'childDeleted', sa, inboundSpi });
    world.counters.delete(inboundSpi);
  }

  /** What passed through its newest pair so far. */
  carries(tx: readonly [number, number], rx: readonly [number, number]): void {
    const child = this.world.keying.sas.get(this.sa)?.children.at(-1);
    assert.ok(child);
    this.#carry(child, { packets: tx[0], octets: tx[1] }, { packets: rx[0], octets: rx[1] });
  }

  /** The client goes by itself, or is found dead. */
  ends(reason: CloseReason = 'peer deleted'): void {
    this.world.perform(this.world.keying.close(this.sa, reason));
  }

  /** The client negotiated phase 1 anew: the keying manager moved the children over here. */
  takesOver(older: TestClient): void {
    const { keying } = this.world;
    keying.change(this.sa, { children: keying.sas.get(older.sa)?.children ?? [] });
    keying.change(older.sa, { children: [] });
    this.world.notice({ kind: 'rekeyed', sa: this.sa, replaces: older.sa });
    older.ends('replaced');
  }

  #carry(
    { inboundSpi }: ChildSummary,
    tx: Pick<SaCounters, 'packets' | 'octets'>,
    rx: Pick<SaCounters, 'packets' | 'octets'>,
  ): void {
    const refused = {
      replayed: 0,
      authenticationFailed: 0,
      malformed: 0,
      selectorMismatch: 0,
      expired: 0,
    };
    this.world.counters.set(inboundSpi, { ...refused, ...rx });
    this.world.sentCounters.set(inboundSpi, { ...refused, ...tx });
  }
}

/** The command line of a concentrator, which reads what `needs` says. */
export function commandLineOf(needs: RemoteAccessNeeds) {
  const line = new CommandLine<RemoteAccessNeeds, RemoteAccessRequest>({
    grammar: testGrammar,
    commands: remoteAccessCommands,
    needs,
    owner: {
      running: needs.configuration,
      startup: () => undefined,
      apply: () => assert.fail('a show command changes nothing'),
    },
  });
  return {
    /** The text that a command shows. */
    shows(command: string): string {
      const outcome = line.execute(command);
      assert.ok(outcome.kind === 'view' || outcome.kind === 'text', JSON.stringify(outcome));
      return outcome.kind === 'view' ? outcome.view.text() : outcome.text;
    },
    /** The data behind what a command shows, as JSON carries it. */
    data(command: string): unknown {
      const outcome = line.execute(command);
      assert.ok(outcome.kind === 'view', JSON.stringify(outcome));
      return JSON.parse(JSON.stringify(outcome.view.data));
    },
    requests(command: string) {
      const outcome = line.execute(command);
      assert.ok(outcome.kind === 'request', JSON.stringify(outcome));
      return outcome.request;
    },
    refuses(command: string): string {
      const outcome = line.execute(command);
      assert.ok(outcome.kind === 'error', JSON.stringify(outcome));
      return outcome.text;
    },
  };
}
