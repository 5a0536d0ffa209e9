import assert from 'node:assert/strict';
import type { Instant } from '#base/instant';
import { Prng } from '#base/prng';
import { agree } from '#crypto/dh';
import { DH_GROUPS } from '#crypto/dh-groups';
import { secretKey } from '#crypto/secret-key';
import { aggressive1Received } from '#protocol/isakmp/aggressive-responder';
import { step } from '#protocol/isakmp/machine';
import { firstIv, seal } from '#protocol/isakmp/seal';
import type { Established, State } from '#protocol/isakmp/state';
import { type Effect, type Environment, type Input, Turn } from '#protocol/isakmp/turn';
import { decodeHeader } from '#wire/isakmp/header';

import { exchangeTypes } from '#wire/isakmp/numbers';
import type { Payload } from '#wire/isakmp/payload';
import type { KeyingPolicy } from '../keying.ts';
import type { End, Sent } from './end.ts';
import { gatewayPolicy } from './policies.ts';

/** A responder's machine without a keying manager: the test sees its keys and chooses its messages. */
export class BareGateway {
  state: State | undefined;
  readonly #random: Prng;
  readonly #environment: Environment;
  #to: Sent | undefined;
  readonly outbox: Uint8Array[] = [];

  constructor(seed = 55, policy: KeyingPolicy = gatewayPolicy()) {
    this.#random = new Prng(seed);
    this.#environment = {
      policy,
      random: this.#random,
      dummyKey: secretKey(new Uint8Array(1)),
      newSpi: () => 0x2001,
      inboundPackets: () => 0,
      wants: () => false,
    };
  }

  get established(): Established {
    assert.equal(this.state?.phase, 'established');
    return this.state as Established;
  }

  /** A datagram of a client arrives; what the machine wants to send waits in the outbox. */
  receive(sent: Sent, now: Instant): void {
    this.#to = sent;
    const header = decodeHeader(sent.bytes);
    assert.ok(header.ok);
    const path = { local: sent.remote, remote: sent.local, encapsulated: sent.encapsulated };
    const octets = sent.bytes;
    if (this.state) {
      this.#input({ kind: 'datagram', path, header: header.value, octets }, now);
      return;
    }
    const turn = new Turn(now, this.#environment);
    this.state = aggressive1Received(turn, path, header.value, octets);
    this.#carryOut(turn.effects, now);
  }

  #input(input: Input, now: Instant): void {
    assert.ok(this.state);
    const [state, effects] = step(this.state, input, now, this.#environment);
    this.state = state;
    this.#carryOut(effects, now);
  }

  #carryOut(effects: readonly Effect[], now: Instant): void {
    for (const effect of effects) {
      if (effect.kind === 'send') this.outbox.push(effect.octets);
      if (effect.kind !== 'ask' || effect.question.kind !== 'dhAgree') continue;
      const { group, peerPublic } = effect.question;
      const agreed = agree(group, this.#random.bytes(DH_GROUPS[group].secretOctets), peerPublic);
      assert.ok(agreed.ok);
      const answer = { kind: 'dhAgree', ...agreed.value } as const;
      this.#input({ kind: 'answer', ticket: effect.ticket, answer }, now);
    }
  }

  /** Octets arrive at the client that wrote last. */
  send(client: End, bytes: Uint8Array, now: Instant): void {
    assert.ok(this.#to);
    const { local, remote, encapsulated } = this.#to;
    client.receive({ local, remote, bytes, encapsulated }, now);
  }

  /** Protects payloads as the first message of an exchange. */
  craft(
    exchange: keyof typeof exchangeTypes,
    payloads: readonly Payload[],
    messageId = 0x0a0b_0c0d,
  ): Uint8Array {
    const { secured } = this.established;
    const iv = firstIv(secured, messageId);
    return seal(secured, { exchangeType: exchangeTypes[exchange], messageId, iv }, payloads).octets;
  }
}
