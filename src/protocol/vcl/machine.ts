import type { IpAddress } from '#base/address';
import { assert } from '#base/assert';
import { equalBytes } from '#base/bytes';
import { elapsedMs, type Instant } from '#base/instant';
import type { Fault } from '#base/result';
import { Datagram, encodeHeader, HEADER_OCTETS, type Header } from '#wire/vcl/datagram';
import { Message } from '#wire/vcl/message';
import { headerFlags, messageTypes, reasons, suites } from '#wire/vcl/numbers';
import { STRANGERS } from './constants.ts';
import {
  clusterDiffers,
  datagramRefused,
  refusedByStranger,
  replayed,
  secretDiffers,
  versionDiffers,
} from './events.ts';
import { advance, memberDeadline, offMember } from './member.ts';
import { identityKey } from './peers.ts';
import { admits, emptyWindow, record } from './replay.ts';
import type { Member, State } from './state.ts';
import {
  type Command,
  type Effect,
  type Environment,
  type Input,
  type Outcome,
  type Received,
  Turn,
} from './turn.ts';

/** One member with its envelope: datagrams are checked and numbered here, and understood in `member.ts`. */

/** A member that takes no part; `participate` begins. */
export const initialState: State = {
  member: offMember,
  dueAt: undefined,
  sequence: 0,
  windows: new Map(),
  budgets: new Map(),
};

/** One step. The effects are complete and in order. */
export function step(
  state: State,
  input: Input,
  now: Instant,
  environment: Environment,
): readonly [State, readonly Effect[]] {
  if (input.kind !== 'datagram') {
    const isBeginning = input.kind === 'participate' && state.member.phase.phase === 'off';
    const before = isBeginning ? { ...initialState, member: state.member } : state;
    return advanced(before, before, input, now, environment);
  }
  if (state.member.phase.phase === 'off') return [state, []];
  // What is sent to the group comes back, and costs as much to check as that of others.
  if (isOwn(input, environment)) return [state, []];
  const turn = new Turn(now, environment);
  const { state: next, received } = open(turn, state, input);
  // What is said here is said to somebody who could not check a tag of ours.
  const [told, refusals] = seal(next, turn.outcomes, environment, suites.none);
  if (received === undefined) return [told, refusals];
  return advanced(state, told, received, now, environment);
}

const isOwn = ({ side, from }: Arrived, { policy: { device, cluster } }: Environment): boolean =>
  side === 'private' && from.address === device.privateAddress && from.port === cluster.port;

/** The step of the member; `before` is the state before anything of it was done. */
function advanced(
  before: State,
  state: State,
  input: Command | Received,
  now: Instant,
  environment: Environment,
): readonly [State, readonly Effect[]] {
  const [member, outcomes] = advance(state.member, input, now, environment, state.dueAt);
  const suite = environment.policy.keys.authenticates ? suites.hmacSha256 : suites.none;
  const isSame =
    state.windows.size === before.windows.size && areSameSenders(before.member, member);
  const windows = isSame ? state.windows : known(state.windows, member);
  const dueAt = noSooner(memberDeadline(member, environment), now);
  return seal({ ...state, member, dueAt, windows }, outcomes, environment, suite);
}

/**
 * What this step made due at once, such as the public side of somebody who is master now, is late from now on only:
 * else the next step would find that the process had been asleep.
 */
const noSooner = (due: Instant | undefined, now: Instant): Instant | undefined =>
  due !== undefined && due < now ? now : due;

/** Whether nobody became a peer or a stranger or ceased to be one. */
function areSameSenders(before: Member, after: Member): boolean {
  if (before.strangers !== after.strangers || before.peers.size !== after.peers.size) return false;
  if (before.peers === after.peers) return true;
  for (const [id, { identity }] of after.peers)
    if (before.peers.get(id)?.identity !== identity) return false;
  return true;
}

/** The windows of those that are peers or about to be; others are not remembered. */
function known(windows: State['windows'], { peers, strangers }: Member): State['windows'] {
  const names = new Set(
    [...peers.values(), ...strangers.values()].map((p) => identityKey(p.identity)),
  );
  if ([...windows.keys()].every((name) => names.has(name))) return windows;
  return new Map([...windows].filter(([name]) => names.has(name)));
}

const ASKING: ReadonlySet<number> = new Set([
  messageTypes.hello,
  messageTypes.keepaliveRequest,
  messageTypes.probe,
  messageTypes.probeRequest,
  messageTypes.sessionsRequest,
]);

/** Numbers and protects what is to be sent; several receivers of one message get the same octets. */
function seal(
  state: State,
  outcomes: readonly Outcome[],
  { policy }: Environment,
  suite: number,
): readonly [State, readonly Effect[]] {
  const effects: Effect[] = [];
  let { sequence } = state;
  for (const outcome of outcomes) {
    if (outcome.kind !== 'message') {
      effects.push(outcome);
      continue;
    }
    sequence += 1;
    const { message, side, to } = outcome;
    const header: Header = {
      suite,
      keyId: policy.sendKeyId,
      flags: ASKING.has(message.type) ? headerFlags.answerWanted : 0,
      clusterTag: policy.cluster.tag,
      ...state.member.identity,
      sequence,
    };
    const body = Message.encode(message);
    const protects = suite !== suites.none;
    const tag = protects ? policy.keys.tag(header, encodeHeader(header), body) : new Uint8Array(0);
    assert(tag !== undefined, `there is no key ${policy.sendKeyId} to send with`);
    const octets = Datagram.encode({ header, body, tag });
    for (const end of to) effects.push({ kind: 'send', side, to: end, octets });
  }
  return [{ ...state, sequence }, effects];
}

const SUITE_AT = 5;

type Arrived = Extract<Input, { kind: 'datagram' }>;

type Opened = { readonly state: State; readonly received?: Received };

/**
 * Checks a datagram. Senders that are known are never limited, so that nobody can starve them by their
 * address; everybody else has a budget by source address, and so have refusals.
 */
function open(turn: Turn, state: State, input: Arrived): Opened {
  const { from, octets, side } = input;
  const { keys, cluster } = turn.policy;
  const decoded = Datagram.decode(octets);
  if (!decoded.ok) return unreadable(turn, state, input, decoded.error);
  const { header, body } = decoded.value;
  if (header.clusterTag !== cluster.tag) return otherCluster(turn, state, input);
  const sender = { member: header.member, incarnation: header.incarnation };
  const name = identityKey(sender);
  const window = state.windows.get(name);
  const paid = window ? state : spend(turn, state, from.address, 1);
  if (paid === undefined) return { state };
  const { suite, sequence } = header;
  const isAsBuilt = suite === (keys.authenticates ? suites.hmacSha256 : suites.none);
  if (!isAsBuilt && suite === suites.none && body[0] === messageTypes.reject)
    return unproved(turn, paid, input, body);
  if (!admits(window ?? emptyWindow, sequence)) {
    const reason = `number ${sequence} was received before`;
    turn.log(replayed, () => ({ address: from.address, reason }));
    return { state: paid };
  }
  const isProved = isAsBuilt && isAuthentic(turn, decoded.value, octets.subarray(0, HEADER_OCTETS));
  if (!isProved) return otherSecret(turn, paid, input);
  const message = Message.decode(body);
  if (!message.ok) return unreadable(turn, paid, input, message.error);
  const windows = new Map(paid.windows).set(name, record(window ?? emptyWindow, sequence));
  const received: Received = { kind: 'message', side, from, sender, message: message.value };
  return { state: { ...paid, windows }, received };
}

/** `encodedHeader` is the header as it came. */
function isAuthentic(
  turn: Turn,
  { header, body, tag }: Datagram,
  encodedHeader: Uint8Array,
): boolean {
  const { keys } = turn.policy;
  if (!keys.authenticates) return true;
  const expected = keys.tag(header, encodedHeader, body);
  return expected !== undefined && equalBytes(expected, tag);
}

/** Takes from the budget of a source; undefined when it has none left. */
function spend(turn: Turn, state: State, source: IpAddress, tokens: number): State | undefined {
  const { perSecond, sources } = STRANGERS;
  const before = state.budgets.get(source) ?? { tokens: perSecond, at: turn.now };
  const refilled = before.tokens + (elapsedMs(before.at, turn.now) * perSecond) / 1000;
  const left = Math.min(perSecond, refilled) - tokens;
  if (left < 0) return undefined;
  const budgets = new Map(state.budgets);
  budgets.delete(source);
  budgets.set(source, { tokens: left, at: turn.now });
  const [oldest] = budgets.keys();
  if (budgets.size > sources && oldest !== undefined) budgets.delete(oldest);
  return { ...state, budgets };
}

/** Said in clear by somebody whose key we do not have: worth a line, and nothing else. */
function unproved(turn: Turn, state: State, { from }: Arrived, body: Uint8Array): Opened {
  const message = Message.decode(body);
  const reason = message.ok ? message.value.reason?.text : undefined;
  if (reason !== undefined) turn.log(refusedByStranger, () => ({ address: from.address, reason }));
  return { state };
}

/** Tells somebody who will not believe it, but may log it. A refusal is never refused in turn. */
function refuse(turn: Turn, state: State, input: Arrived, code: number, text: string): Opened {
  const { from, side, octets } = input;
  const isRefusal =
    octets[SUITE_AT] === suites.none && octets[HEADER_OCTETS] === messageTypes.reject;
  const paid = isRefusal ? undefined : spend(turn, state, from.address, STRANGERS.refusalCosts);
  if (paid === undefined) return { state };
  const nonce = '0'.repeat(32);
  turn.send(from, { type: messageTypes.reject, nonce, reason: { code, text } }, side);
  return { state: paid };
}

function unreadable(turn: Turn, state: State, input: Arrived, fault: Fault): Opened {
  const { kind, field, reason } = fault;
  const { address } = input.from;
  if (field === 'vcl.header.version') {
    turn.log(versionDiffers, () => ({ address, difference: reason }));
    return refuse(turn, state, input, reasons.version, 'protocol version 1 is spoken here');
  }
  turn.log(datagramRefused, () => ({ address, reason: `${field}: ${kind}: ${reason}` }));
  return { state };
}

function otherCluster(turn: Turn, state: State, input: Arrived): Opened {
  const { address, port } = input.from;
  const ours = turn.policy.cluster.port;
  const difference =
    port === ours ? 'its cluster address differs' : `its cluster port is ${port}, ${ours} here`;
  turn.log(clusterDiffers, () => ({ address, difference }));
  const text = `cluster port ${ours} here, or another cluster address`;
  return refuse(turn, state, input, reasons.clusterTag, text);
}

function otherSecret(turn: Turn, state: State, input: Arrived): Opened {
  turn.log(secretDiffers, () => ({ address: input.from.address }));
  return refuse(turn, state, input, reasons.secret, 'the cluster keys differ');
}
