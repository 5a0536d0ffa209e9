import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '#base/address';
import { fromUtf8 } from '#base/bytes';
import { after, type Instant, instant } from '#base/instant';
import { formatPrefix } from '#base/prefix';
import { eventText } from '#events/event';
import type {
  ChildSummary,
  CloseReason,
  ConfigurationAttribute,
  ConnectRequest,
  IsakmpSaSummary,
  KeyingEffect,
  KeyingNotice,
  SaId,
} from '#ipsec/keying';
import type { Keying } from '#ipsec/keying-commands';
import { configurationAttributes } from '#wire/isakmp/numbers';
import { Client, type ClientOptions } from './client.ts';
import * as events from './events.ts';
import { parseProfile } from './profile.ts';
import { CLIENT_VERSION } from './request.ts';

const PROFILE = `Host=172.16.172.50
GroupName=ciscovpn
GroupPwd=cisco123
Username=vpnclient1
UserPassword=secret1
`;

/** A keying manager that negotiates nothing: it keeps what it is asked for. */
class FakeKeying implements Keying {
  readonly requests: ConnectRequest[] = [];
  readonly commanded: string[] = [];
  readonly sas = new Map<SaId, IsakmpSaSummary>();

  connect(request: ConnectRequest) {
    this.requests.push(request);
    const sa = this.requests.length as SaId;
    this.sas.set(sa, summaryOf(sa, request));
    return { sa, effects: [] };
  }

  rekey(sa: SaId) {
    const request = this.requests.at(-1);
    this.commanded.push(`${sa}: rekey`);
    return request && this.connect(request);
  }

  provideCredentials(sa: SaId, { user, password }: Parameters<Keying['provideCredentials']>[1]) {
    this.commanded.push(`${sa}: ${user} ${fromUtf8(password)}`);
    return [];
  }

  createChild(sa: SaId, { local, remote }: Parameters<Keying['createChild']>[1]) {
    if (this.sas.has(sa))
      this.commanded.push(`${sa}: child ${formatPrefix(local)} ${formatPrefix(remote)}`);
    return [];
  }

  close(sa: SaId, reason: CloseReason): KeyingEffect[] {
    const known = this.sas.get(sa);
    if (!this.sas.delete(sa) || !known) return [];
    this.commanded.push(`${sa}: close ${reason}`);
    return [
      ...known.children.map(({ inboundSpi }) => notice({ kind: 'childDeleted', sa, inboundSpi })),
      notice({ kind: 'closed', sa, reason }),
    ];
  }

  summary = (sa: SaId) => this.sas.get(sa);
  summaries = () => this.sas.values();
  counts = () => ({ halfOpen: 0, isakmpSas: this.sas.size, ipsecSas: 0 });

  // What follows is asked of the real one by the engine or by responders only.
  closeAll = () => [];
  datagram = () => [];
  answer = () => [];
  tick = () => [];
  report = () => [];
  deadline = () => undefined;
  admit = () => [];
  extendedAuthenticationResult = () => [];
  configurationReply = () => [];
}

const notice = (told: KeyingNotice): KeyingEffect => ({ kind: 'notice', notice: told });

const summaryOf = (id: SaId, { local, remote }: ConnectRequest): IsakmpSaSummary => ({
  id,
  role: 'initiator',
  local,
  remote,
  origin: remote,
  initiatorCookie: '0000000000000001',
  responderCookie: '0000000000000002',
  state: 'AM_ACTIVE',
  group: 'ciscovpn',
  user: undefined,
  encryption: 'AES256',
  hash: 'SHA256',
  dhGroup: '2',
  authentication: 'preshared',
  lifetimeSeconds: 86_400,
  expiresAt: undefined,
  natTraversal: 'rfc3947',
  localBehindNat: true,
  remoteBehindNat: false,
  children: [],
});

/** A client, its clock, and everything it said. */
class Bench {
  readonly keying = new FakeKeying();
  readonly client: Client;
  readonly said: string[] = [];
  now: Instant = instant(0);

  constructor(profile = PROFILE, options: Partial<ClientOptions> = {}) {
    const parsed = parseProfile(profile);
    assert.ok(parsed.ok);
    const own = address('10.10.10.2');
    this.client = new Client(this.keying, {
      profile: parsed.value,
      ends: {
        local: { address: own, port: 500 },
        localEncapsulated: { address: own, port: 4500 },
        remotePort: 500,
        remoteEncapsulatedPort: 4500,
      },
      ...options,
    });
  }

  /** The ISAKMP SA lasts for so long, from the beginning of time. */
  lasts(seconds: number): void {
    const summary = this.keying.sas.get(this.sa);
    assert.ok(summary);
    const expiresAt = instant(seconds * 1000);
    this.keying.sas.set(this.sa, { ...summary, lifetimeSeconds: seconds, expiresAt });
  }

  /** It is time to negotiate phase 1 anew; under which SA that is done. */
  rekeys(atMs: number): SaId {
    this.now = instant(atMs);
    const before = this.keying.requests.length;
    this.perform(this.client.tick(this.now));
    assert.equal(this.keying.requests.length, before + 1);
    assert.equal(this.client.deadline(), undefined);
    return (before + 1) as SaId;
  }

  perform(effects: readonly KeyingEffect[]): void {
    for (const effect of effects)
      if (effect.kind === 'event') this.said.push(eventText(effect.record));
      else if (effect.kind === 'notice') this.tell(effect.notice);
  }

  tell(told: KeyingNotice): void {
    this.perform(this.client.notice(told, this.now));
  }

  /** The SA that carries the connection now. */
  get sa(): SaId {
    assert.ok(this.client.sa !== undefined);
    return this.client.sa;
  }

  connect(): void {
    this.perform(this.client.connect(this.now));
  }

  /** The head-end asks for a password and is content with it. */
  authenticate(): void {
    this.tell({ kind: 'credentialsWanted', sa: this.sa });
    this.tell({ kind: 'credentialsJudged', sa: this.sa, accepted: true });
  }

  configure(
    attributes: readonly ConfigurationAttribute[] = [
      { type: configurationAttributes.internalIp4Address, value: new Uint8Array([40, 1, 1, 1]) },
    ],
  ): void {
    this.tell({ kind: 'configurationReceived', sa: this.sa, attributes });
  }

  makesChild(encapsulation: 'udp' | 'none' = 'udp'): void {
    const { sa } = this;
    const known = this.keying.sas.get(sa);
    assert.ok(known);
    const everything = { address: address('0.0.0.0'), length: 0 };
    const child: ChildSummary = {
      inboundSpi: 0x1000 + known.children.length,
      outboundSpi: 0x2000 + known.children.length,
      suite: 'aes-gcm-16-128',
      mode: 'tunnel',
      encapsulation,
      local: everything,
      remote: everything,
      lifetimeSeconds: 28_800,
      lifetimeKilobytes: 0,
      expiresAt: after(this.now, 28_800_000),
      replayWindow: 64,
    };
    this.keying.sas.set(sa, { ...known, children: [...known.children, child] });
    this.tell({ kind: 'childCreated', sa, child });
  }

  losesChild(): void {
    const { sa } = this;
    const [child, ...children] = this.keying.sas.get(sa)?.children ?? [];
    assert.ok(child);
    this.keying.sas.set(sa, { ...(this.keying.sas.get(sa) as IsakmpSaSummary), children });
    this.tell({ kind: 'childDeleted', sa, inboundSpi: child.inboundSpi });
  }

  goesAllTheWay(): void {
    this.connect();
    this.authenticate();
    this.configure();
    this.makesChild();
  }
}

test('a client connects: group name, user and password, address, tunnel', () => {
  const bench = new Bench();
  assert.equal(bench.client.status().state, 'idle');
  bench.connect();
  const [request] = bench.keying.requests;
  assert.ok(request?.identity.kind === 'keyId');
  assert.equal(fromUtf8(request.identity.bytes), 'ciscovpn');
  assert.deepEqual(request.remote, { address: '172.16.172.50', port: 500 });
  assert.equal(request.peer.extendedAuthentication, true);
  const version = request.configuration.find(
    (a) => a.type === configurationAttributes.applicationVersion,
  )?.value;
  assert.ok(version instanceof Uint8Array);
  assert.equal(fromUtf8(version), CLIENT_VERSION);
  bench.authenticate();
  assert.deepEqual(bench.keying.commanded, ['1: vpnclient1 secret1']);
  bench.configure();
  assert.equal(bench.keying.commanded[1], '1: child 40.1.1.1/32 0.0.0.0/0');
  assert.equal(bench.client.status().state, 'connecting');
  bench.makesChild();
  const { state, user, address: assigned, server } = bench.client.status();
  assert.deepEqual(
    [state, user, assigned, server],
    ['connected', 'vpnclient1', '40.1.1.1', '172.16.172.50'],
  );
  assert.deepEqual(bench.said, [
    events.connectionBegins.text,
    'Attempt connection with server "172.16.172.50"',
    events.askedForCredentials.text,
    events.gaveCredentials.text,
    events.phaseOneEstablished.text,
    events.configurationReceived.text,
    'MODE_CFG_REPLY: Attribute = INTERNAL_IPV4_ADDRESS: , value = 40.1.1.1',
    events.secureConnection.text,
  ]);
});

test('NAT-35: the status shows tunnel port 4500 with NAT-T, and 0 without', () => {
  const bench = new Bench();
  bench.connect();
  assert.equal(bench.client.status().tunnelPort, 0);
  bench.authenticate();
  bench.configure();
  bench.makesChild('udp');
  assert.equal(bench.client.status().tunnelPort, 4500);
  const plain = new Bench();
  plain.connect();
  plain.configure();
  plain.makesChild('none');
  assert.equal(plain.client.status().tunnelPort, 0);
});

test('a profile without a password ends the connection when one is asked for', () => {
  const bench = new Bench('Host=172.16.172.50\nGroupName=ciscovpn\nGroupPwd=cisco123\n');
  bench.connect();
  bench.tell({ kind: 'credentialsWanted', sa: bench.sa });
  assert.deepEqual(bench.keying.commanded, ['1: close authentication failed']);
  assert.equal(bench.said.at(-2), events.noCredentials.text);
  assert.equal(bench.said.at(-1), 'The connection ended: authentication failed');
  assert.equal(bench.client.status().reason, 'authentication failed');
});

test('a refused password is said before the connection ends', () => {
  const bench = new Bench();
  bench.connect();
  const { sa } = bench;
  bench.tell({ kind: 'credentialsWanted', sa });
  bench.tell({ kind: 'credentialsJudged', sa, accepted: false });
  assert.equal(bench.said.at(-1), events.credentialsRefused.text);
  bench.tell({ kind: 'closed', sa, reason: 'authentication failed' });
  assert.equal(bench.client.status().state, 'ended');
});

test('a reply without an address, or with a damaged one, ends the connection', () => {
  const type = configurationAttributes.internalIp4Address;
  for (const value of [undefined, 7, new Uint8Array(3)]) {
    const bench = new Bench();
    bench.connect();
    bench.configure(value === undefined ? [] : [{ type, value }]);
    assert.deepEqual(bench.keying.commanded, ['1: close no address']);
    assert.ok(bench.said.includes(events.noAddress.text));
  }
});

test('a Diffie-Hellman group that nobody has is refused before anything is sent', () => {
  const bench = new Bench(`${PROFILE}DHGroup=3\n`);
  bench.connect();
  assert.deepEqual(bench.said, ['This client has no Diffie-Hellman group 3']);
  assert.equal(bench.keying.requests.length, 0);
  assert.equal(bench.client.status().reason, 'unknown DH group');
});

test('a further pair of IPsec SAs is told, and the one before may go', () => {
  const bench = new Bench();
  bench.goesAllTheWay();
  bench.makesChild();
  assert.equal(bench.said.at(-1), events.additionalChild.text);
  const before = bench.keying.commanded.length;
  bench.losesChild();
  assert.equal(bench.keying.commanded.length, before);
  assert.equal(bench.client.status().state, 'connected');
});

test('a tunnel whose last pair of IPsec SAs is gone gets another one', () => {
  const bench = new Bench();
  bench.goesAllTheWay();
  bench.losesChild();
  assert.equal(bench.keying.commanded.at(-1), '1: child 40.1.1.1/32 0.0.0.0/0');
  bench.makesChild();
  assert.equal(bench.client.status().state, 'connected');
});

test('a redirected client goes on at the other address, and the end of the first SA is nothing', () => {
  const bench = new Bench();
  bench.connect();
  const first = bench.sa;
  const target = address('172.16.172.51');
  const { sa: to } = bench.keying.connect(bench.keying.requests[0] as ConnectRequest);
  bench.tell({ kind: 'redirected', sa: first, target, to });
  bench.tell({ kind: 'closed', sa: first, reason: 'redirected' });
  assert.equal(bench.sa, to);
  assert.deepEqual(
    [bench.client.status().state, bench.client.status().server],
    ['connecting', '172.16.172.51'],
  );
  assert.match(
    bench.said.at(-1) ?? '',
    /172\.16\.172\.50 redirects this client to 172\.16\.172\.51/,
  );
  bench.authenticate();
  bench.configure();
  bench.makesChild();
  assert.equal(bench.client.status().state, 'connected');
});

test('phase 1 negotiated anew carries the connection on', () => {
  const bench = new Bench();
  bench.goesAllTheWay();
  const replaces = bench.sa;
  assert.equal(bench.client.deadline(), undefined, 'not known how long it lasts');
  bench.lasts(1000);
  assert.equal(bench.client.deadline(), 800_000);
  const sa = bench.rekeys(800_000);
  assert.notEqual(sa, replaces);
  bench.tell({ kind: 'credentialsWanted', sa, message: undefined });
  assert.match(bench.keying.commanded.at(-1) ?? '', new RegExp(`^${sa}: vpnclient1 `));
  assert.equal(bench.client.status().state, 'connected');
  bench.tell({ kind: 'rekeyed', sa, replaces });
  bench.tell({ kind: 'closed', sa: replaces, reason: 'replaced' });
  assert.equal(bench.sa, sa);
  assert.equal(bench.client.status().state, 'connected');
});

test('a phase 1 that cannot be negotiated anew is tried again, and ends with the connection', () => {
  const bench = new Bench();
  bench.goesAllTheWay();
  const { sa } = bench;
  bench.lasts(1000);
  const failed = bench.rekeys(800_000);
  bench.perform(bench.keying.close(failed, 'negotiation timeout'));
  assert.equal(bench.client.status().state, 'connected');
  assert.equal(bench.client.deadline(), 810_000);
  const second = bench.rekeys(810_000);
  bench.perform(bench.client.disconnect(bench.now));
  assert.deepEqual(bench.keying.commanded.slice(-2), [
    `${sa}: close administrator`,
    `${second}: close administrator`,
  ]);
});

test('a connection that ends begins anew after the time that was asked for', () => {
  const bench = new Bench(PROFILE, { reconnectAfterMs: 5000 });
  bench.goesAllTheWay();
  bench.perform(bench.keying.close(bench.sa, 'dead peer'));
  assert.equal(bench.client.deadline(), 5000);
  bench.now = instant(4999);
  bench.perform(bench.client.tick(bench.now));
  assert.equal(bench.client.status().state, 'ended');
  bench.now = instant(5000);
  bench.perform(bench.client.tick(bench.now));
  assert.equal(bench.client.status().state, 'connecting');
  assert.equal(bench.keying.requests.length, 2);
});

test('a client whose password was refused does not come back with it', () => {
  const bench = new Bench(PROFILE, { reconnectAfterMs: 5000 });
  bench.connect();
  bench.tell({ kind: 'credentialsJudged', sa: bench.sa, accepted: false });
  bench.perform(bench.keying.close(bench.sa, 'authentication failed'));
  assert.equal(bench.client.status().state, 'ended');
  assert.equal(bench.client.deadline(), undefined);
  bench.now = instant(3_600_000);
  bench.perform(bench.client.tick(bench.now));
  assert.equal(bench.keying.requests.length, 1);
  bench.connect();
  assert.equal(bench.keying.requests.length, 2, 'a person may try again');
});

test('a client that disconnects stays away', () => {
  const bench = new Bench(PROFILE, { reconnectAfterMs: 5000 });
  bench.goesAllTheWay();
  bench.perform(bench.client.disconnect(bench.now));
  assert.equal(bench.keying.commanded.at(-1), '1: close administrator');
  assert.equal(bench.said.at(-1), 'The connection ended: disconnected');
  assert.equal(bench.client.deadline(), undefined);
  assert.deepEqual(bench.client.disconnect(bench.now), []);
});

test('a client that is connecting does not begin twice', () => {
  const bench = new Bench();
  bench.connect();
  bench.connect();
  assert.equal(bench.keying.requests.length, 1);
});

test('notices about another SA are left alone', () => {
  const bench = new Bench();
  bench.connect();
  bench.tell({ kind: 'closed', sa: 7 as SaId, reason: 'dead peer' });
  assert.equal(bench.client.status().state, 'connecting');
});
