import assert from 'node:assert/strict';
import { addressBytes, type Endpoint, type IpAddress } from '#base/address';
import type { Instant } from '#base/instant';
import { hostPrefix, type Prefix, prefixOf } from '#base/prefix';
import { Prng } from '#base/prng';
import { agree, combine, keyPairFromSecret } from '#crypto/dh';
import { DH_GROUPS } from '#crypto/dh-groups';
import type { ForwardingChange, InboundSa, OutboundSa } from '#dataplane/data-plane';
import type { EventRecord } from '#events/event';
import { configurationAttributes } from '#wire/isakmp/numbers';
import type { VendorIdName } from '#wire/isakmp/vendor-ids';
import type {
  Admission,
  ChildSelectors,
  KeyingAnswer,
  KeyingEffect,
  KeyingNotice,
  KeyingPolicy,
  KeyingQuestion,
  SaId,
} from '../keying.ts';
import { KeyingManager } from '../keying-manager.ts';

export type Sent = {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly bytes: Uint8Array;
  readonly encapsulated: boolean;
};

/** How an end behaves where a feature would decide. */
export type EndOptions = {
  readonly address: IpAddress;
  readonly seed: number;
  readonly policy: KeyingPolicy;
  /** Gateway: where clients go that it is asked about; undefined leaves them to the test. */
  readonly admit?:
    | ((beginsAfresh: boolean, vendorIds: readonly VendorIdName[]) => Admission)
    | undefined;
  /** Gateway: judges credentials; undefined leaves them to the test. */
  readonly judge?: ((user: string, password: string) => boolean) | undefined;
  /** Client: answers requests for credentials; undefined leaves them to the test. */
  readonly credentials?: { readonly user: string; readonly password: string } | undefined;
  /** Client: proposes a tunnel for everything once it has its address. */
  readonly tunnelEverything?: boolean;
  /** Initiator of main mode: the networks to protect once phase 1 is complete. */
  readonly protects?: readonly ChildSelectors[];
  readonly wants?: (eventClass: string, severity: number) => boolean;
};

export const everything: Prefix = prefixOf('0.0.0.0' as IpAddress, 0);

/**
 * A keying manager with the rest of a device played by the test: what it sends is kept, questions are
 * answered at once from seeded secrets, and its forwarding table is a map.
 */
export class End {
  readonly address: IpAddress;
  readonly manager: KeyingManager;
  readonly sent: Sent[] = [];
  readonly keepalives: Sent[] = [];
  readonly events: EventRecord[] = [];
  readonly notices: KeyingNotice[] = [];
  readonly questions: { readonly id: number; readonly question: KeyingQuestion }[] = [];
  readonly inbound = new Map<number, InboundSa>();
  readonly outbound = new Map<number, OutboundSa>();
  /** Packets that inbound SAs accepted, for dead peer detection. */
  readonly packets = new Map<number, number>();
  policy: KeyingPolicy;
  /** Whether questions wait for `answerQuestions`. */
  holdsQuestions = false;
  readonly #random: Prng;
  readonly #options: EndOptions;
  #nextHost = 0;

  constructor(options: EndOptions) {
    this.#options = options;
    this.address = options.address;
    this.policy = options.policy;
    this.#random = new Prng(options.seed);
    this.manager = new KeyingManager({
      random: this.#random,
      policy: () => this.policy,
      inboundPackets: (spi) => this.packets.get(spi) ?? 0,
      wants: options.wants ?? (() => true),
    });
  }

  receive(datagram: Sent, now: Instant): void {
    const { local, remote, bytes, encapsulated } = datagram;
    this.take(this.manager.datagram(local, remote, bytes, encapsulated, now), now);
  }

  tick(now: Instant): void {
    this.take(this.manager.tick(now), now);
  }

  /** Carries out effects as a device would. */
  take(effects: readonly KeyingEffect[], now: Instant): void {
    for (const effect of effects) {
      switch (effect.kind) {
        case 'send':
          this.sent.push(effect);
          break;
        case 'keepalive':
          this.keepalives.push({ ...effect, bytes: new Uint8Array([255]), encapsulated: true });
          break;
        case 'event':
          this.events.push(effect.record);
          break;
        case 'forward':
          for (const change of effect.changes) this.#forward(change);
          break;
        case 'ask':
          this.questions.push(effect);
          break;
        case 'notice':
          this.notices.push(effect.notice);
          this.#decide(effect.notice, now);
      }
    }
    if (!this.holdsQuestions) this.answerQuestions(now);
  }

  answerQuestions(now: Instant): void {
    for (const { id, question } of this.questions.splice(0))
      this.take(this.manager.answer(id, this.#answer(question), now), now);
  }

  /** Notices of one kind, oldest first. */
  noticed<K extends KeyingNotice['kind']>(kind: K): Extract<KeyingNotice, { kind: K }>[] {
    return this.notices.filter((n): n is Extract<KeyingNotice, { kind: K }> => n.kind === kind);
  }

  /** The events that are of this catalogue entry. */
  logged(definition: object): EventRecord[] {
    return this.events.filter((e) => e.definition === definition);
  }

  /** The one ISAKMP SA of an end that has exactly one. */
  onlySa(): SaId {
    const ids = [...this.manager.summaries()].map((s) => s.id);
    assert.equal(ids.length, 1, `${ids.length} ISAKMP SAs`);
    return ids[0] as SaId;
  }

  #forward(change: ForwardingChange): void {
    switch (change.kind) {
      case 'addInbound':
        this.inbound.set(change.sa.spi, change.sa);
        break;
      case 'addOutbound':
        this.outbound.set(change.sa.spi, change.sa);
        break;
      case 'removeInbound':
        assert.ok(this.inbound.delete(change.spi), 'removes an inbound SA that is not there');
        break;
      case 'removeOutbound':
        assert.ok(
          this.outbound.delete(this.#outboundSpi(change.pairedSpi) ?? 0),
          'removes an outbound SA that is not there',
        );
        break;
      case 'moveInbound': {
        const sa = this.inbound.get(change.spi);
        if (sa) this.inbound.set(change.spi, { ...sa, remote: change.to });
        break;
      }
      case 'moveOutbound': {
        const sa = this.outbound.get(this.#outboundSpi(change.pairedSpi) ?? 0);
        if (sa) this.outbound.set(sa.spi, { ...sa, remote: change.to });
      }
    }
  }

  #outboundSpi(pairedSpi: number): number | undefined {
    return [...this.outbound.values()].find((sa) => sa.pairedSpi === pairedSpi)?.spi;
  }

  #decide(notice: KeyingNotice, now: Instant): void {
    const { admit, judge, credentials, tunnelEverything, protects = [] } = this.#options;
    if (
      notice.kind === 'phaseOneCompleted' &&
      this.manager.summary(notice.sa)?.role === 'initiator'
    )
      for (const selectors of protects)
        this.take(this.manager.createChild(notice.sa, selectors, now), now);
    if (notice.kind === 'admissionWanted' && admit)
      this.take(
        this.manager.admit(notice.sa, admit(notice.beginsAfresh, notice.vendorIds), now),
        now,
      );
    if (notice.kind === 'credentials' && judge) {
      const password = new TextDecoder().decode(notice.password);
      const accepted = judge(notice.user, password);
      this.take(this.manager.extendedAuthenticationResult(notice.sa, accepted, now), now);
    }
    if (notice.kind === 'configurationRequested') this.assign(notice.sa, now);
    if (notice.kind === 'credentialsWanted' && credentials) {
      const password = new TextEncoder().encode(credentials.password);
      const { user } = credentials;
      this.take(this.manager.provideCredentials(notice.sa, { user, password }, now), now);
    }
    if (notice.kind === 'configurationReceived' && tunnelEverything) {
      const value = notice.attributes.find(
        (a) => a.type === configurationAttributes.internalIp4Address,
      )?.value;
      assert.ok(value instanceof Uint8Array);
      const local = hostPrefix(value.join('.') as IpAddress);
      const selectors = { local, remote: everything };
      this.take(this.manager.createChild(notice.sa, selectors, now), now);
    }
  }

  /** Gives the peer of an SA the next address of 40.1.0.0/16. */
  assign(sa: SaId, now: Instant): void {
    this.#nextHost += 1;
    const host = `40.1.${this.#nextHost >> 8}.${this.#nextHost & 255}` as IpAddress;
    const attributes = [
      { type: configurationAttributes.internalIp4Address, value: addressBytes(host) },
    ];
    const grant = { assigned: [hostPrefix(host)] };
    this.take(this.manager.configurationReply(sa, attributes, grant, now), now);
  }

  #answer(question: KeyingQuestion): KeyingAnswer {
    const failed = (reason: string): KeyingAnswer => ({ kind: 'failed', reason });
    const secret = () => this.#random.bytes(DH_GROUPS[question.group].secretOctets);
    switch (question.kind) {
      case 'dhAgree': {
        const agreed = agree(question.group, secret(), question.peerPublic);
        return agreed.ok ? { kind: 'dhAgree', ...agreed.value } : failed(agreed.error);
      }
      case 'dhGenerate': {
        const pair = keyPairFromSecret(question.group, secret());
        return pair.ok ? { kind: 'dhGenerate', ...pair.value } : failed(pair.error);
      }
      case 'dhCombine': {
        const combined = combine(question.group, question.privateKey, question.peerPublic);
        return combined.ok
          ? { kind: 'dhCombine', sharedSecret: combined.value }
          : failed(combined.error);
      }
    }
  }
}
