/**
 * Clients of a cluster that begin at a steady rate. Prints `ready`, then a line of JSON for everything that
 * happens to one: {"client": N, "kind": "begun" | "redirected" | "connected" | "closed", "at": T, "server": A}, T in
 * milliseconds of the monotonic clock. `%n` in the profile is the number of a user; clients of one user have ports of
 * their own.
 * Usage: cluster-clients.ts PROFILE-FILE stay|come-back|redirect-only USERS CLIENTS CLIENTS-PER-S
 *
 * `come-back` begins again when a connection has ended, and begins no faster than the members get through; with
 * `redirect-only` a client ends once it is redirected, has made its key pair and its first message before it
 * begins, and does not hurry when this process is late: real clients are on machines of their own.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { runDevice, SlowWork } from '#adapters/device-runner';
import { now } from '#adapters/machine-clock';
import { MachineRandom } from '#adapters/machine-random';
import { MemoryOverUdp } from '#adapters/memory-over-udp';
import { askForShortSlices } from '#adapters/short-slices';
import { address, type Endpoint } from '#base/address';
import { after, earliest, type Instant } from '#base/instant';
import type { Answer, Effect, Input, Steppable } from '#engine/ports';
import { Client, type ClientEnds } from '#features/client/client';
import { type Profile, parseProfile } from '#features/client/profile';
import { clientPolicy } from '#features/client/request';
import type { KeyingEffect, SaId } from '#ipsec/keying';
import { KeyingManager } from '#ipsec/keying-manager';
import { monotonicMs } from '../monotonic.ts';

type Mode = 'stay' | 'come-back' | 'redirect-only';

const latest = (a: Instant, b: Instant): Instant => (a > b ? a : b);

/** With `come-back` no more than so many are on their way when another begins for the first time. */
const mostOnTheirWay = 64;
/** A client waits so long before it begins again. */
const againMs = 100;
const foreverMs = 3_600_000;
const printEveryMs = 50;
/** Between preparations and the first client, and between looks whether the last has ended. */
const restMs = 200;
/**
 * What was prepared is repeated when no answer has come some time after this moment past the one at which it was to
 * leave: this process may be late, and nobody repeats what was not sent.
 */
const lateMostMs = 30_000;

type One = { readonly number: number; readonly client: Client };

const lines: string[] = [];
function say({ number, client }: One, kind: string): void {
  const at = monotonicMs();
  lines.push(JSON.stringify({ client: number, kind, at, server: client.status().server }));
}

class Clients implements Steppable {
  readonly #keying: KeyingManager;
  readonly #profile: Profile;
  readonly #ends: readonly ClientEnds[];
  readonly #users: number;
  readonly #mode: Mode;
  readonly #bySa = new Map<SaId, One>();
  readonly #waiting = new Set<One>();
  /** Clients that have begun and have neither connected nor failed. */
  readonly #onTheirWay = new Set<number>();

  constructor(profile: Profile, users: number, ends: readonly ClientEnds[], mode: Mode) {
    const limits = { halfOpen: 1e6, halfOpenPerAddress: 1e6, isakmpSas: 1e6 };
    this.#profile = profile;
    this.#users = users;
    this.#ends = ends;
    this.#mode = mode;
    this.#keying = new KeyingManager({
      random: new MachineRandom(),
      policy: () => ({ ...clientPolicy(profile), limits }),
      wants: () => false,
      inboundPackets: () => 0,
    });
  }

  get areOnTheirWay(): boolean {
    return this.#onTheirWay.size > 0;
  }

  /** Whether so many are on their way that another would only make all of them slower. */
  get areCrowded(): boolean {
    return this.#mode === 'come-back' && this.#onTheirWay.size >= mostOnTheirWay;
  }

  begin(number: number, at: Instant): readonly Effect[] {
    const one = this.#client(number);
    this.#onTheirWay.add(number);
    say(one, 'begun');
    return this.#register(one, one.client.connect(at), at);
  }

  /** Does what a client that begins at that moment does before it sends; what it sends is called for then. */
  async prepare(number: number, at: Instant, work: SlowWork): Promise<() => readonly Effect[]> {
    const one = this.#client(number);
    const [asked] = this.#register(one, one.client.connect(at), at);
    if (asked?.kind !== 'ask') throw new Error('no key pair was asked for');
    const answer = await new Promise<Answer>((resolve) => work.ask(asked.question, resolve));
    const sent = this.step({ kind: 'answer', id: asked.id, answer }, at);
    return () => {
      this.#onTheirWay.add(number);
      say(one, 'begun');
      return sent;
    };
  }

  #client(number: number): One {
    const numbered = (text: string | undefined) =>
      text?.replaceAll('%n', String(((number - 1) % this.#users) + 1));
    const client = new Client(this.#keying, {
      profile: {
        ...this.#profile,
        username: numbered(this.#profile.username),
        userPassword: numbered(this.#profile.userPassword),
      },
      ends: this.#ends[Math.floor((number - 1) / this.#users)] as ClientEnds,
      reconnectAfterMs: this.#mode === 'come-back' ? againMs : undefined,
    });
    return { number, client };
  }

  step(input: Input, at: Instant): readonly Effect[] {
    switch (input.kind) {
      case 'dataPlane':
        return this.#perform(this.#keying.report(input.report, at), at);
      case 'answer':
        return input.answer.kind === 'passwordVerified'
          ? []
          : this.#perform(this.#keying.answer(input.id, input.answer, at), at);
      case 'tick':
        return [...this.#perform(this.#keying.tick(at), at), ...this.#again(at)];
    }
  }

  deadline(): Instant | undefined {
    return [...this.#waiting].reduce<Instant | undefined>(
      (soonest, { client }) => earliest(soonest, client.deadline()),
      this.#keying.deadline(),
    );
  }

  #again(at: Instant): Effect[] {
    return [...this.#waiting].flatMap((one) => {
      const effects = one.client.tick(at);
      if (one.client.sa === undefined) return [];
      this.#waiting.delete(one);
      return this.#register(one, effects, at);
    });
  }

  #register(one: One, effects: readonly KeyingEffect[], at: Instant): Effect[] {
    if (one.client.sa !== undefined) this.#bySa.set(one.client.sa, one);
    return this.#perform(effects, at);
  }

  #perform(effects: readonly KeyingEffect[], at: Instant): Effect[] {
    const out: Effect[] = [];
    for (const effect of effects) {
      if (effect.kind === 'event') continue;
      if (effect.kind !== 'notice') {
        out.push(effect);
        continue;
      }
      const { notice } = effect;
      const one = this.#bySa.get(notice.sa);
      if (!one) continue;
      const wasConnected = one.client.status().state === 'connected';
      const done = one.client.notice(notice, at);
      if (notice.kind === 'closed' && one.client.sa === undefined) {
        say(one, 'closed');
        this.#onTheirWay.delete(one.number);
        if (this.#mode === 'come-back') this.#waiting.add(one);
      } else if (notice.kind === 'redirected') {
        say(one, 'redirected');
        if (this.#mode === 'redirect-only') {
          this.#onTheirWay.delete(one.number);
          out.push(...this.#perform(one.client.disconnect(at), at));
        }
      } else if (!wasConnected && one.client.status().state === 'connected') {
        say(one, 'connected');
        this.#onTheirWay.delete(one.number);
      }
      if (one.client.sa !== notice.sa) this.#bySa.delete(notice.sa);
      out.push(...this.#register(one, done, at));
    }
    return out;
  }
}

await askForShortSlices();
const [file = '', mode = '', ...numbers] = process.argv.slice(2);
const [users = 1, count = 0, perS = 1] = numbers.map(Number);
const profile = parseProfile(readFileSync(file, 'utf8'));
if (!profile.ok) throw new Error(profile.error);
const any: Endpoint = { address: address('0.0.0.0'), port: 0 };
const pairs = Math.ceil(count / users);
let report: Parameters<typeof MemoryOverUdp.start>[0]['report'] = () => {};
const plane = await MemoryOverUdp.start({
  listen: Array.from({ length: pairs }, () => [
    { endpoint: any, encapsulated: false },
    { endpoint: any, encapsulated: true },
  ]).flat(),
  report: (r) => report(r),
  inside: { deliver: () => {} },
  random: new MachineRandom(),
  now,
});
if (!plane.ok) throw new Error(plane.error);
const { endpoints } = plane.value;
const ends = Array.from({ length: pairs }, (_, n) => ({
  local: endpoints[2 * n] ?? any,
  localEncapsulated: endpoints[2 * n + 1] ?? any,
  remotePort: 500,
  remoteEncapsulatedPort: 4500,
}));
const clients = new Clients(profile.value, users, ends, mode as Mode);
const work = new SlowWork();
const driver = runDevice(clients, work);
driver.attach(plane.value);
report = driver.report;
const intervalMs = 1000 / perS;

function print(): void {
  if (lines.length > 0) process.stdout.write(`${lines.splice(0).join('\n')}\n`);
}

/** What clients send that are ready. */
type Ready = Map<number, () => readonly Effect[]>;

/** Lets all clients begin, the first at once; those that are not ready get ready then. */
async function come(ready: Ready = new Map()): Promise<void> {
  let nextAt = now();
  for (let number = 1; number <= count; await sleep(1)) {
    for (; number <= count && nextAt <= now() && !clients.areCrowded; number += 1) {
      driver.carryOut(ready.get(number)?.() ?? clients.begin(number, now()));
      ready.delete(number);
      const onTime = after(nextAt, intervalMs);
      nextAt = mode === 'redirect-only' ? latest(onTime, after(now(), intervalMs / 4)) : onTime;
    }
  }
}

/** The same for clients that are ready before the first begins, until the last has ended. */
async function comePrepared(): Promise<void> {
  // Half a millisecond for each to get ready.
  const firstAt = after(now(), restMs + count / 2);
  const ready: Ready = new Map();
  for (let number = 1; number <= count; number += 1) {
    const leavesAt = after(firstAt, number * intervalMs + lateMostMs);
    ready.set(number, await clients.prepare(number, leavesAt, work));
  }
  // What preparations left is collected now rather than while clients come.
  globalThis.gc?.();
  await sleep(restMs);
  await come(ready);
  while (clients.areOnTheirWay) await sleep(restMs);
  print();
}

console.log('ready');
if (mode === 'redirect-only') {
  await comePrepared();
} else {
  setInterval(print, printEveryMs);
  await come();
}
await sleep(foreverMs);
