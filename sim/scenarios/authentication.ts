import assert from 'node:assert/strict';
import { toUtf8 } from '#base/bytes';
import { elapsedMs } from '#base/instant';
import { hostPrefix } from '#base/prefix';
import type { Profile } from '#features/client/profile';
import type { ConnectRequest } from '#ipsec/keying';
import { pullConfiguration } from '#protocol/isakmp/mode-config';
import { createChild } from '#protocol/isakmp/quick-initiator';
import type { Established } from '#protocol/isakmp/state';
import type { Captured } from '#simulation/network';
import { decodeHeader } from '#wire/isakmp/header';
import { exchangeTypes } from '#wire/isakmp/numbers';
import { HandDrivenClient } from '../hand-driven-client.ts';
import type { Node } from '../lab.ts';
import { clientAddress, clientProfile, headEndAddress, insideAddress } from './configuration.ts';
import { Site } from './site.ts';

/** Stories of people at their keyboards, and of those who are not who they say. */

const calm = { delayMs: [5, 40], drift: 0.01 } as const;

function handDriven(
  site: Site,
  n: number,
  changes: Partial<Profile> = {},
  change?: (request: ConnectRequest) => ConnectRequest,
): Node<HandDrivenClient> {
  const place = { address: clientAddress(n), behind: site.pat };
  const profile = clientProfile(n, { peerTimeoutSeconds: 300, ...changes });
  return site.lab.boot(place, ({ random }) => {
    const options = { address: place.address, profile, random };
    return new HandDrivenClient(change ? { ...options, change } : options);
  });
}

/** Connects as far as the question for name and password. */
function askedForCredentials(site: Site, client: Node<HandDrivenClient>): void {
  client.command((device, now) => device.connect(now));
  site.lab.runUntil(
    'the head-end asks who it is',
    () => client.device.noticed('credentialsWanted') !== undefined,
    20_000,
  );
}

const credentials = { kind: 'credentials', user: 'vpnclient1' } as const;
const password = toUtf8('password-of-client-1');

/** A person thinks for so long before typing a password. */
function thinksFor(site: Site, seconds: number): Node<HandDrivenClient> {
  const client = handDriven(site, 1);
  askedForCredentials(site, client);
  site.lab.run(seconds * 1000);
  client.command((device, now) => device.input({ ...credentials, password }, now));
  site.lab.run(5000);
  return client;
}

/** 17 seconds in the seed, and 85: the login goes on. */
export function slowTypist(seed: number): void {
  for (const seconds of [17, 85]) {
    const site = new Site(seed, {}, { ...calm, loss: 0.01 });
    const client = thinksFor(site, seconds);
    site.lab.runUntil('an address', () => !!client.device.noticed('configurationReceived'), 30_000);
    assert.equal(site.sessions.length, 1, `after ${seconds} s`);
    assert.equal(site.sessions[0]?.username, 'vpnclient1');
  }
}

/** After 120 seconds nobody waits for the password any more, and nothing is left of the login. */
export function typistTooSlow(seed: number): void {
  const site = new Site(seed, {}, calm);
  const client = thinksFor(site, 120);
  site.lab.run(30_000);
  assert.equal(client.device.noticed('configurationReceived'), undefined);
  assert.deepEqual(client.device.noticed('closed')?.reason, 'peer deleted');
  site.assertEmpty();
}

/** What came back to a client that may not log in, from which it must not learn why. */
type Answers = readonly { readonly octets: number; readonly exchangeType: number }[];

const isToClients = ({ datagram }: Captured): boolean => datagram.source.address === headEndAddress;

function answersTo(seed: number, changes: Partial<Profile>): Answers {
  const site = new Site(seed, { users: 1 }, { delayMs: [20, 20] });
  site.lab.network.capture = [];
  const client = site.addClient({ profile: changes });
  site.connect([client], 0);
  site.lab.run(200_000);
  const { state } = client.device.status();
  assert.equal(state, 'ended');
  site.assertEmpty();
  const startedAt = site.lab.network.capture[0]?.at;
  assert.ok(startedAt !== undefined);
  return site.lab.network.capture.filter(isToClients).map(({ at, datagram: { bytes } }) => {
    // The non-ESP marker comes before the header on the floated port.
    const marked = bytes[0] === 0 && bytes[1] === 0 && bytes[2] === 0 && bytes[3] === 0;
    const header = decodeHeader(marked ? bytes.subarray(4) : bytes);
    const exchangeType = header.ok ? header.value.exchangeType : 0;
    return { octets: bytes.length, exchangeType, atMs: elapsedMs(startedAt, at) };
  });
}

/** An unknown group and a wrong group key get the same datagrams, in size, number and time. */
export function unknownGroupLooksLikeWrongKey(seed: number): void {
  const wrongKey = answersTo(seed, { groupPassword: 'not the key of the group' });
  const unknownGroup = answersTo(seed, { groupName: 'nosuchvp' });
  assert.deepEqual(unknownGroup, wrongKey);
  assert.ok(wrongKey.length > 0);
}

/** An unknown user and a wrong password get the same datagrams, in size, number and time. */
export function unknownUserLooksLikeWrongPassword(seed: number): void {
  const wrongPassword = answersTo(seed, { userPassword: 'password-of-client-9' });
  const unknownUser = answersTo(seed, { username: 'vpnclient9' });
  assert.deepEqual(unknownUser, wrongPassword);
  assert.ok(wrongPassword.some((a) => a.exchangeType === exchangeTypes.transaction));
}

/** Wrong passwords do not trouble those who know theirs, and the right one still works afterwards. */
export function wrongPassword(seed: number): void {
  const site = new Site(seed, { users: 2 }, calm);
  const honest = site.addClient();
  const guesser = site.addClient({
    profile: { userPassword: 'guess' },
    reconnectAfterMs: 2000,
  });
  site.establish([honest]);
  const flow = site.lab.pings(honest, insideAddress, 500);
  site.connect([guesser]);
  site.lab.run(60_000);
  assert.equal(site.sessions.length, 1);
  guesser.crash();
  const knowing = site.replace(guesser);
  site.establish([knowing]);
  flow.stop();
  site.lab.run(3000);
  assert.equal(flow.lost().length, 0);
  assert.equal(site.sessions.length, 2);
  site.assertEverybodyReaches();
}

/** Whatever the head-end sends to the client of `site` in the next half minute. */
function answersIn(site: Site, client: Node<HandDrivenClient>, ms: number): number {
  let answers = 0;
  site.lab.network.capture = [];
  client.link.receives = false;
  site.lab.run(ms);
  for (const { datagram } of site.lab.network.capture.filter(isToClients)) {
    // Keepalives and the repeated question for credentials answer nothing.
    const octets = datagram.bytes.subarray(4);
    const header = decodeHeader(octets);
    if (header.ok && !isRepeatedQuestion(client, header.value.messageId)) answers += 1;
  }
  return answers;
}

function isRepeatedQuestion({ device }: Node<HandDrivenClient>, messageId: number): boolean {
  const { state } = device;
  if (state?.phase !== 'established') return false;
  const xauth = state.extendedAuthentication;
  return 'transaction' in xauth && xauth.transaction.messageId === messageId;
}

/** As if XAUTH were over. */
const skipped = (sa: Established): Established => ({
  ...sa,
  configurationWanted: sa.configurationWanted ?? [],
});

const pullsConfiguration = (client: Node<HandDrivenClient>): void =>
  client.command((device, now) =>
    device.act((turn, sa) => {
      const { configuration } = pullConfiguration(turn, skipped(sa));
      return { ...sa, configuration };
    }, now),
  );

const beginsQuickMode = (client: Node<HandDrivenClient>): void =>
  client.command((device, now) =>
    device.act((turn, sa) => {
      const selectors = { local: hostPrefix(clientAddress(1)), remote: hostPrefix(insideAddress) };
      return createChild(turn, sa, selectors);
    }, now),
  );

/**
 * A client that goes straight to Mode Config or Quick Mode without XAUTH is not answered at all; after
 * XAUTH the same message is.
 */
export function skipsAuthentication(seed: number): void {
  for (const attempt of [pullsConfiguration, beginsQuickMode]) {
    const site = new Site(seed, {}, calm);
    const client = handDriven(site, 1);
    askedForCredentials(site, client);
    attempt(client);
    assert.equal(answersIn(site, client, 20_000), 0);
    assert.equal(site.sessions.length, 0);
    assert.equal(site.headEnd.dataPlane.installed.size, 0);
    site.lab.run(120_000);
    site.assertEmpty();
    const honest = thinksFor(site, 1);
    assert.ok(honest.device.noticed('configurationReceived'));
    attempt(honest);
    assert.ok(answersIn(site, honest, 20_000) > 0);
  }
}

/** A client that offers the group key alone, without XAUTH, gets nowhere. */
export function offersNoExtendedAuthentication(seed: number): void {
  const site = new Site(seed, {}, calm);
  const client = handDriven(site, 1, {}, (request) => ({
    ...request,
    peer: { ...request.peer, extendedAuthentication: false },
  }));
  client.command((device, now) => device.connect(now));
  site.lab.run(120_000);
  assert.equal(client.device.noticed('configurationReceived'), undefined);
  assert.equal(site.sessions.length, 0);
  site.assertEmpty();
}
