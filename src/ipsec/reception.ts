import type { Instant } from '#base/instant';
import { describeFault } from '#base/result';
import { aggressive1Received } from '#protocol/isakmp/aggressive-responder';
import { FRAGMENTED_OCTETS_MOST } from '#protocol/isakmp/constants';
import { messageKey } from '#protocol/isakmp/exchange';
import { addFragment } from '#protocol/isakmp/fragmentation';
import { main1Received } from '#protocol/isakmp/main-responder';
import type { State } from '#protocol/isakmp/state';
import { type Path, Turn } from '#protocol/isakmp/turn';
import { decodeHeader, type Header } from '#wire/isakmp/header';
import { decodeMessage } from '#wire/isakmp/message';
import { exchangeTypes, payloadTypes } from '#wire/isakmp/numbers';
import {
  exchangeNotSupported,
  saFailed,
  unknownSa,
  unreadableDatagram,
  versionNotServed,
} from './events.ts';
import { halfOpenKey } from './half-open.ts';
import type { KeyingEffect, KeyingPolicy } from './keying.ts';
import { sendEffect } from './keying-effects.ts';
import { reasonOf } from './keying-log.ts';
import type { SaStepper } from './sa-stepper.ts';
import type { Entry } from './sa-table.ts';
import { FIRST_MESSAGE_OCTETS_MOST, StrangerLimits } from './stranger-limits.ts';

/** Offset of the next payload in an ISAKMP header. */
const NEXT_PAYLOAD_OFFSET = 16;

/** What begins phase 1 as responder; main mode only where somebody is expected to. */
function beginningOf({ exchangeType }: Header, policy: KeyingPolicy) {
  if (exchangeType === exchangeTypes.aggressive) return aggressive1Received;
  return exchangeType === exchangeTypes.mainMode && policy.peerAt ? main1Received : undefined;
}

/** Datagrams of ISAKMP: each finds its SA, or begins one. */
export class Reception {
  readonly #stepper: SaStepper;
  readonly #limits: StrangerLimits;

  constructor(stepper: SaStepper) {
    this.#stepper = stepper;
    this.#limits = new StrangerLimits(stepper);
  }

  /** `isRepeated` says of a first message that its sender has sent it before. */
  receive(
    path: Path,
    octets: Uint8Array,
    now: Instant,
    out: KeyingEffect[],
    isRepeated = false,
  ): void {
    const { log, sas } = this.#stepper;
    const subject = { peer: path.remote.address };
    const decoded = decodeHeader(octets);
    if (!decoded.ok) {
      const { kind, reason } = decoded.error;
      if (kind === 'unsupported')
        log.write(out, versionNotServed, subject, () => ({ version: reason }));
      else
        log.write(out, unreadableDatagram, subject, () => ({
          reason: describeFault(decoded.error),
        }));
      return;
    }
    const header = decoded.value;
    const entry = sas.find(header);
    if (entry?.state.phase === 'mainProposed' && this.#limits.isBusy(path.remote, now, out)) return;
    if (entry && header.nextPayload === payloadTypes.fragment)
      this.#fragment(entry, path, octets, now, out);
    else if (entry) this.#stepper.step(entry, { kind: 'datagram', path, header, octets }, now, out);
    else if (header.responderCookie.every((octet) => octet === 0))
      this.#firstMessage(path, header, octets, now, out, isRepeated);
    else this.#withoutSa(path, header, octets, out);
  }

  /** A message whose SA is not here: one that redirected its peer is gone, and what it said is said again. */
  #withoutSa(path: Path, header: Header, octets: Uint8Array, out: KeyingEffect[]): void {
    const { log, redirected } = this.#stepper;
    const told = redirected.find(header);
    if (!told) {
      const { exchangeType } = header;
      log.write(out, unknownSa, { peer: path.remote.address }, () => ({ exchangeType }));
    } else if (told.requestKey === messageKey(octets)) out.push(sendEffect(path, told.answer));
  }

  /** A part of a message: nothing happens before the last one came. */
  #fragment(entry: Entry, path: Path, octets: Uint8Array, now: Instant, out: KeyingEffect[]): void {
    const decoded = decodeMessage(octets);
    const payload = decoded.ok ? decoded.value.payloads[0] : undefined;
    if (payload?.type !== 'fragment') return;
    // Who has not proven anything yet has as much kept as its first message may have.
    const isProven = entry.state.phase === 'established';
    const most = isProven ? FRAGMENTED_OCTETS_MOST : FIRST_MESSAGE_OCTETS_MOST;
    const result = addFragment(entry.reassembly, payload, most);
    entry.reassembly = 'keep' in result ? result.keep : undefined;
    // A message inside a fragment is never a fragment itself.
    if ('message' in result && result.message[NEXT_PAYLOAD_OFFSET] !== payloadTypes.fragment)
      this.receive(path, result.message, now, out);
  }

  /** A stranger begins phase 1, or repeats the message that did. */
  #firstMessage(
    path: Path,
    header: Header,
    octets: Uint8Array,
    now: Instant,
    out: KeyingEffect[],
    isRepeated: boolean,
  ): void {
    const { log, sas } = this.#stepper;
    const { remote } = path;
    const subject = { peer: remote.address };
    const policy = this.#stepper.policy();
    const begin = beginningOf(header, policy);
    if (!begin) {
      const { exchangeType } = header;
      log.write(out, exchangeNotSupported, subject, () => ({ exchangeType }));
      return;
    }
    const key = halfOpenKey(remote, header.initiatorCookie);
    if (octets.length > FIRST_MESSAGE_OCTETS_MOST) {
      const reason = `a first message has ${octets.length} octets, of which ${FIRST_MESSAGE_OCTETS_MOST} are read at most`;
      log.write(out, unreadableDatagram, subject, () => ({ reason }));
      return;
    }
    const known = sas.halfOpen.find(key);
    if (known) {
      const again = { kind: 'firstMessageAgain', octets: octets.length } as const;
      if (known.digest === messageKey(octets)) this.#stepper.command(known.sa, again, now, out);
      return;
    }
    if (policy.takesNewcomers?.(path.local.address) === false) return;
    if (!isRepeated && this.#limits.letsWait(remote, now, out)) return;
    if (this.#limits.refuses(remote, policy, now, out)) return;
    const turn = new Turn(now, this.#stepper.environment(policy));
    let state: State | undefined;
    try {
      state = begin(turn, path, header, octets);
    } catch (error) {
      log.write(out, saFailed, subject, () => ({ reason: reasonOf(error) }));
      return;
    }
    const entry = state && sas.add(state, now, undefined, 0);
    if (entry) {
      entry.halfOpen = key;
      sas.halfOpen.add(key, entry.id, messageKey(octets), remote.address, now);
      sas.settle(entry, now);
    }
    this.#stepper.carryOut(entry, turn.effects, now, out);
  }
}
