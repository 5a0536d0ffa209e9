import { formatEndpoint, sameEndpoint } from '#base/address';
import { describeFault, err, ok, type Result } from '#base/result';
import type { Header } from '#wire/isakmp/header';
import { exchangeTypes, headerFlags } from '#wire/isakmp/numbers';
import { installedPairs } from './child.ts';
import { logReceived } from './decode-text.ts';
import { isFromNow, messageArrived } from './dpd.ts';
import { messageRefused, peerMoved, prematureRequest, processingHash } from './events.ts';
import { answeredBefore, messageKey, remember } from './exchange.ts';
import { informationalReceived, isHashKeepalive } from './informational.ts';
import { isAuthentic, type Opened, open } from './open.ts';
import { quick2Received } from './quick-initiator.ts';
import { isQuick3Authentic, quick1Received, quick3Received } from './quick-responder.ts';
import { allOf, checkRule, type Rule, rules } from './rules.ts';
import { firstIv } from './seal.ts';
import { type Established, type QuickMode, type State, unconfirmedPairs } from './state.ts';
import { answersOurs, transactionIv, transactionReceived } from './transaction.ts';
import type { Path, Turn } from './turn.ts';
import { statusAcknowledged } from './xauth.ts';

/**
 * Messages of an established SA, in the order: shape, rules, authenticity, meaning. Nothing changes
 * before the HASH payload is verified, not even the vector of the exchange.
 */

/** What a message must be, by the exchange it belongs to. */
type Expectation = {
  readonly rule: Rule;
  readonly iv: Uint8Array;
  readonly isAuthentic: (opened: Opened) => boolean;
  /** Whether it cannot be an old message that somebody repeats: it answers what we just said, or counts on. */
  readonly isFresh: (opened: Opened) => boolean;
  readonly proceed: (turn: Turn, sa: Established, opened: Opened, key: string) => State;
};

const always = (): boolean => true;
const never = (): boolean => false;

function expectQuick(sa: Established, header: Header): Result<Expectation, string> {
  const { messageId } = header;
  const quick = sa.quickModes.find((q) => q.messageId === messageId);
  // A copy of an old message 1, ours perhaps; RFC 2409 section 5.5 has the id tell exchanges apart.
  if (!quick && sa.messageIds.includes(messageId))
    return err('a Quick Mode message of an exchange that is over');
  if (!quick)
    return ok({
      rule: rules.quick1,
      iv: firstIv(sa.secured, messageId),
      isAuthentic: (opened) => isAuthentic(sa.secured, messageId, opened),
      isFresh: never,
      proceed: (turn, next, opened, key) => newQuickMode(turn, next, header, opened, key),
    });
  const { iv } = quick;
  switch (quick.stage) {
    case 'awaitingAnswer':
      return ok({
        rule: rules.quick2,
        iv,
        isAuthentic: (o) => isAuthentic(sa.secured, messageId, o, quick.nonceBody),
        isFresh: always,
        proceed: (turn, next, opened, key) => quick2Received(turn, next, quick, opened, key),
      });
    case 'awaitingHash':
      return ok({
        rule: rules.quick3,
        iv,
        isAuthentic: (opened) => isQuick3Authentic(quick, opened),
        isFresh: always,
        proceed: (turn, next, _, key) => quick3Received(turn, next, quick, key),
      });
    default:
      return err(`a Quick Mode message while ${describeStage(quick)}`);
  }
}

const describeStage = ({ stage }: QuickMode): string =>
  stage === 'generating' ? 'message 1 is being made' : 'the key agreement is under way';

/** QM1 waits until the peer has authenticated itself. */
function newQuickMode(
  turn: Turn,
  sa: Established,
  header: Header,
  opened: Opened,
  key: string,
): State {
  const { extendedAuthentication: xauth } = sa;
  // Going on after an accepted status acknowledges it, though the acknowledgement itself was lost.
  const state = xauth.stage === 'judged' && xauth.accepted ? statusAcknowledged(turn, sa) : sa;
  if (state.phase !== 'established' || state.extendedAuthentication.stage !== 'done') {
    turn.log(prematureRequest, sa.subject, () => ({ request: 'Quick Mode' }));
    return state;
  }
  return quick1Received(turn, state, header, opened, key);
}

function expect(sa: Established, header: Header): Result<Expectation, string> {
  const { messageId } = header;
  if ((header.flags & headerFlags.encryption) === 0) return err('not encrypted');
  // The commit bit and those without a meaning; the flags are not covered by the HASH payload.
  if (header.flags !== headerFlags.encryption) return err(`flags ${header.flags}`);
  switch (header.exchangeType) {
    case exchangeTypes.quickMode:
      return messageId === 0 ? err('Quick Mode without a message id') : expectQuick(sa, header);
    case exchangeTypes.transaction:
      return ok({
        rule: rules.transaction,
        iv: transactionIv(sa, messageId),
        isAuthentic: (opened) => isAuthentic(sa.secured, messageId, opened),
        isFresh: () => answersOurs(sa, messageId),
        proceed: (turn, next, opened, key) => transactionReceived(turn, next, header, opened, key),
      });
    case exchangeTypes.informational:
      // vpnc numbers its last messages from zero, so that any id is taken.
      return ok({
        rule: rules.informational,
        iv: firstIv(sa.secured, messageId),
        isAuthentic: (opened) =>
          isAuthentic(sa.secured, messageId, opened) || isHashKeepalive(sa, messageId, opened),
        isFresh: (opened) => allOf(opened.payloads, 'notify').some((n) => isFromNow(sa, n)),
        proceed: (turn, next, opened, key) =>
          informationalReceived(turn, remember(next, key, undefined), opened),
      });
    default:
      return err(`exchange type ${header.exchangeType}`);
  }
}

/** Decrypts, checks against the rules, and authenticates. */
function read(
  turn: Turn,
  sa: Established,
  header: Header,
  octets: Uint8Array,
  expected: Expectation,
): Result<Opened, string> {
  const opened = open(sa.secured, expected.iv, header, octets);
  if (!opened.ok) return err(`it does not decrypt: ${describeFault(opened.error)}`);
  const { payloads, length } = opened.value;
  logReceived(turn, sa.subject, header.messageId, payloads, length);
  const checked = checkRule(expected.rule, payloads, true);
  if (!checked.ok) return checked;
  turn.log(processingHash, sa.subject, () => ({}));
  if (!expected.isAuthentic(opened.value)) return err('its HASH is wrong');
  return opened;
}

/** A datagram of an established SA. */
export function phaseTwoReceived(
  turn: Turn,
  sa: Established,
  path: Path,
  header: Header,
  octets: Uint8Array,
): State {
  const key = messageKey(octets);
  const before = answeredBefore(sa, key);
  if (before) {
    // To the known end of the way: whoever repeats a message from elsewhere need not be the peer.
    if (before.answer) turn.emit({ kind: 'send', path: sa.path, octets: before.answer });
    return sa;
  }
  const expected = expect(sa, header);
  const opened = expected.ok ? read(turn, sa, header, octets, expected.value) : expected;
  if (!expected.ok || !opened.ok) {
    const reason = opened.ok ? '' : opened.error;
    turn.log(messageRefused, sa.subject, () => ({ reason }));
    return sa;
  }
  const heard = expected.value.isFresh(opened.value) ? follow(turn, sa, path) : sa;
  return expected.value.proceed(turn, messageArrived(turn, heard), opened.value, key);
}

/** A fresh message came another way than the last: behind a NAT the peer may have moved. */
function follow(turn: Turn, sa: Established, path: Path): Established {
  if (sameEndpoint(sa.path.remote, path.remote)) return sa;
  return sa.natTraversal?.remoteBehindNat && path.encapsulated === sa.path.encapsulated
    ? movePeer(turn, sa, path.remote)
    : sa;
}

/** Everything for the peer goes to its new address from now on. */
export function movePeer(turn: Turn, sa: Established, remote: Path['remote']): Established {
  const { path } = sa;
  if (sameEndpoint(path.remote, remote)) return sa;
  turn.log(peerMoved, sa.subject, () => ({
    from: formatEndpoint(path.remote),
    to: formatEndpoint(remote),
  }));
  const children = [...installedPairs(sa), ...unconfirmedPairs(sa)];
  turn.emit({ kind: 'movePeer', to: remote, children });
  turn.notify({ kind: 'peerMoved', remote });
  return {
    ...sa,
    path: { ...path, remote },
    subject: { ...sa.subject, peer: remote.address },
  };
}
