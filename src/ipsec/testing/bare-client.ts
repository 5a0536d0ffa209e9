import assert from 'node:assert/strict';
import type { Instant } from '#base/instant';
import { Prng } from '#base/prng';
import { combine, keyPairFromSecret } from '#crypto/dh';
import { DH_GROUPS } from '#crypto/dh-groups';
import { phaseOneIv } from '#crypto/keymat';
import { secretKey } from '#crypto/secret-key';
import { connect, step } from '#protocol/isakmp/machine';
import { open } from '#protocol/isakmp/open';
import { firstIv, type Secured, seal, sealPayloads } from '#protocol/isakmp/seal';
import type { Established, State } from '#protocol/isakmp/state';
import { type Effect, type Environment, type Input, Turn } from '#protocol/isakmp/turn';
import { decodeHeader } from '#wire/isakmp/header';
import type { PayloadAt } from '#wire/isakmp/message';
import { exchangeTypes } from '#wire/isakmp/numbers';
import type { Payload } from '#wire/isakmp/payload';
import type { ConnectRequest, IsakmpPolicy, KeyingAnswer, KeyingPolicy } from '../keying.ts';
import type { End } from './end.ts';
import { clientPolicy, connectRequest, patAddress } from './policies.ts';

/**
 * An initiator's machine without a keying manager: the test sees its keys, and can send what no honest
 * client sends. Questions are answered at once; XAUTH and Mode Config only when the test says so.
 */
export class BareClient {
  state: State;
  readonly gateway: End;
  /** What the gateway sees as our port; the test may change it. */
  port = 2000;
  readonly #random: Prng;
  readonly #environment: Environment;
  #spi: number;
  #phaseOneIv: Uint8Array = new Uint8Array(0);
  readonly outbox: { readonly octets: Uint8Array; readonly encapsulated: boolean }[] = [];

  constructor(
    gateway: End,
    now: Instant,
    options: {
      readonly seed?: number;
      readonly policy?: KeyingPolicy;
      readonly request?: Partial<ConnectRequest>;
    } = {},
  ) {
    this.gateway = gateway;
    const { seed = 99 } = options;
    this.#random = new Prng(seed);
    this.#spi = 0x1000 * seed;
    this.#environment = {
      policy: options.policy ?? clientPolicy(),
      random: this.#random,
      dummyKey: secretKey(new Uint8Array(1)),
      newSpi: () => {
        this.#spi += 1;
        return this.#spi;
      },
      inboundPackets: () => 0,
      wants: () => false,
    };
    const request = connectRequest(patAddress, { configuration: [], ...options.request });
    const turn = new Turn(now, this.#environment);
    this.state = connect(
      turn,
      { local: request.local, remote: request.remote, encapsulated: false },
      {
        exchange: request.exchange ?? 'aggressive',
        identity: request.identity,
        peer: request.peer,
        encapsulatedPath: {
          local: request.localEncapsulated,
          remote: request.remoteEncapsulated,
          encapsulated: true,
        },
        configuration: request.configuration,
        forceEncapsulation: request.forceEncapsulation ?? false,
        initialContact: request.initialContact ?? true,
      },
    );
    this.#carryOut(turn.effects, now);
  }

  /** Our state once phase 1 is complete. */
  get established(): Established {
    assert.equal(this.state.phase, 'established');
    return this.state as Established;
  }

  get secured(): Secured {
    return this.established.secured;
  }

  input(input: Input, now: Instant): void {
    const [state, effects] = step(this.state, input, now, this.#environment);
    this.state = state;
    this.#carryOut(effects, now);
  }

  #carryOut(effects: readonly Effect[], now: Instant): void {
    for (const effect of effects) {
      if (effect.kind === 'send')
        this.outbox.push({ octets: effect.octets, encapsulated: effect.path.encapsulated });
      if (effect.kind !== 'ask') continue;
      const { question, ticket } = effect;
      let answer: KeyingAnswer = { kind: 'failed', reason: 'not asked of an initiator' };
      if (question.kind === 'dhGenerate') {
        const secret = this.#random.bytes(DH_GROUPS[question.group].secretOctets);
        const pair = keyPairFromSecret(question.group, secret);
        assert.ok(pair.ok);
        answer = { kind: 'dhGenerate', ...pair.value };
      }
      if (question.kind === 'dhCombine') {
        if (this.state.phase === 'awaitingAnswer') {
          const { encryption, hash } = this.#environment.policy.isakmp[0] as IsakmpPolicy;
          const { publicValue } = this.state.sent;
          this.#phaseOneIv = phaseOneIv(hash, encryption, publicValue, question.peerPublic);
        }
        const shared = combine(question.group, question.privateKey, question.peerPublic);
        assert.ok(shared.ok);
        answer = { kind: 'dhCombine', sharedSecret: shared.value };
      }
      this.input({ kind: 'answer', ticket, answer }, now);
    }
  }

  /** Sends octets to the gateway. */
  send(octets: Uint8Array, now: Instant, encapsulated = true): void {
    const local = { address: this.gateway.address, port: encapsulated ? 4500 : 500 };
    const remote = { address: patAddress, port: encapsulated ? this.port : this.port - 1 };
    this.gateway.receive({ local, remote, bytes: octets, encapsulated }, now);
  }

  /** Everything we want to send reaches the gateway. */
  flush(now: Instant): void {
    for (const { octets, encapsulated } of this.outbox.splice(0))
      this.send(octets, now, encapsulated);
  }

  /** Everything the gateway sent reaches us. */
  receive(now: Instant): void {
    for (const sent of this.gateway.sent.splice(0)) {
      const header = decodeHeader(sent.bytes);
      assert.ok(header.ok);
      const { path } = this.state;
      this.input({ kind: 'datagram', path, header: header.value, octets: sent.bytes }, now);
    }
  }

  /** Back and forth until phase 1 is complete at both ends; the XAUTH request is then under way. */
  phaseOne(now: Instant): void {
    this.flush(now);
    this.receive(now);
    this.flush(now);
  }

  /** A whole login; the gateway judges by itself. */
  login(now: Instant, user = 'vpnclient1'): void {
    this.phaseOne(now);
    this.receive(now);
    const password = new TextEncoder().encode(`${user}-password`);
    this.input({ kind: 'credentials', user, password }, now);
    for (let i = 0; i < 6; i += 1) {
      this.flush(now);
      this.receive(now);
    }
    assert.equal(this.established.extendedAuthentication.stage, 'done');
  }

  /** Protects payloads as a message of our own. */
  craft(
    exchange: keyof typeof exchangeTypes,
    payloads: readonly Payload[],
    messageId = 0x1234_5678,
  ): Uint8Array {
    const iv = firstIv(this.secured, messageId);
    const exchangeType = exchangeTypes[exchange];
    return seal(this.secured, { exchangeType, messageId, iv }, payloads).octets;
  }

  /** Message 3 with other payloads than ours, or ours in another order. */
  sendMessage3(change: (ours: readonly PayloadAt[]) => readonly Payload[], now: Instant): void {
    const { established: sa } = this;
    const [sent] = sa.answered.flatMap((a) => (a.answer ? [a.answer] : []));
    assert.ok(sent);
    const header = decodeHeader(sent);
    assert.ok(header.ok);
    const opened = open({ ...sa.secured }, this.#phaseOneIv, header.value, sent);
    assert.ok(opened.ok);
    const sealed = sealPayloads(
      sa.secured,
      { exchangeType: exchangeTypes.aggressive, messageId: 0, iv: this.#phaseOneIv },
      change(opened.value.payloads),
    );
    this.state = { ...sa, secured: { ...sa.secured, lastBlock: sealed.lastBlock } };
    this.send(sealed.octets, now);
  }

  /** The payloads of a message of the gateway that begins an exchange. */
  read(octets: Uint8Array): readonly PayloadAt[] {
    const header = decodeHeader(octets);
    assert.ok(header.ok);
    const iv = firstIv(this.secured, header.value.messageId);
    const opened = open(this.secured, iv, header.value, octets);
    assert.ok(opened.ok, JSON.stringify(opened));
    return opened.value.payloads;
  }
}
