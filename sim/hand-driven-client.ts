import type { IpAddress } from '#base/address';
import { equalBytes } from '#base/bytes';
import type { Instant } from '#base/instant';
import type { RandomSource } from '#base/random';
import { secretKey } from '#crypto/secret-key';
import type { DataPlaneReport } from '#dataplane/data-plane';
import type { Effect, Input, Steppable } from '#engine/ports';
import type { Profile } from '#features/client/profile';
import { clientPolicy, connectRequest } from '#features/client/request';
import { additions, removals } from '#ipsec/forwarding';
import type { ConnectRequest } from '#ipsec/keying';
import { connect, deadline, step } from '#protocol/isakmp/machine';
import type { Established, State } from '#protocol/isakmp/state';
import {
  type Environment,
  type Effect as IsakmpEffect,
  type Input as IsakmpInput,
  type Notice,
  Turn,
} from '#protocol/isakmp/turn';
import { decodeHeader } from '#wire/isakmp/header';
import { clientEnds } from './lab.ts';

export type HandDrivenOptions = {
  readonly address: IpAddress;
  readonly profile: Profile;
  readonly random: RandomSource;
  readonly change?: (request: ConnectRequest) => ConnectRequest;
};

/**
 * One initiator's ISAKMP SA in the open: the product's machine, whose owner is the story. For peers that
 * take their time, and for those that do not keep to the rules.
 */
export class HandDrivenClient implements Steppable {
  readonly #options: HandDrivenOptions;
  readonly #environment: Environment;
  /** What the machine told its owner so far. */
  readonly notices: Notice[] = [];
  #state: State | undefined;

  constructor(options: HandDrivenOptions) {
    this.#options = options;
    const { random, profile } = options;
    this.#environment = {
      policy: clientPolicy(profile),
      random,
      dummyKey: secretKey(random.bytes(32)),
      newSpi: () => 256 + (new DataView(random.bytes(4).buffer).getUint32(0) % 0xfffff000),
      inboundPackets: () => 0,
      wants: () => false,
    };
  }

  get state(): State | undefined {
    return this.#state;
  }

  /** Whether a notice of this kind has come. */
  noticed<K extends Notice['kind']>(kind: K): Extract<Notice, { kind: K }> | undefined {
    return this.notices.find((n): n is Extract<Notice, { kind: K }> => n.kind === kind);
  }

  connect(now: Instant): readonly Effect[] {
    const { profile, address, change = (r: ConnectRequest) => r } = this.#options;
    const usual = connectRequest(profile, clientEnds(address));
    if (!usual) throw new Error('the profile names an unknown group');
    const request = change(usual);
    const turn = new Turn(now, this.#environment);
    const path = { local: request.local, remote: request.remote, encapsulated: false };
    this.#state = connect(turn, path, {
      exchange: 'aggressive',
      identity: request.identity,
      peer: request.peer,
      encapsulatedPath: {
        local: request.localEncapsulated,
        remote: request.remoteEncapsulated,
        encapsulated: true,
      },
      configuration: request.configuration,
      forceEncapsulation: false,
      initialContact: request.initialContact ?? true,
    });
    return this.#outward(turn.effects);
  }

  /** Hands the machine an input, as its owner would. */
  input(input: IsakmpInput, now: Instant): readonly Effect[] {
    if (!this.#state) return [];
    const [next, effects] = step(this.#state, input, now, this.#environment);
    this.#state = next;
    return this.#outward(effects);
  }

  /** Does to an established SA what no rule allows. */
  act(action: (turn: Turn, sa: Established) => State, now: Instant): readonly Effect[] {
    if (this.#state?.phase !== 'established') throw new Error('not established');
    const turn = new Turn(now, this.#environment);
    this.#state = action(turn, this.#state);
    return this.#outward(turn.effects);
  }

  step(input: Input, now: Instant): readonly Effect[] {
    switch (input.kind) {
      case 'tick':
        return this.input({ kind: 'tick' }, now);
      case 'answer': {
        const { id: ticket, answer } = input;
        return answer.kind === 'passwordVerified'
          ? []
          : this.input({ kind: 'answer', ticket, answer }, now);
      }
      case 'dataPlane':
        return this.#report(input.report, now);
    }
  }

  deadline(): Instant | undefined {
    return this.#state && deadline(this.#state);
  }

  #report(report: DataPlaneReport, now: Instant): readonly Effect[] {
    if (report.kind === 'inboundActive') return this.input(report, now);
    if (report.kind !== 'datagram') return [];
    const { local, remote, encapsulated, bytes: octets } = report;
    const header = decodeHeader(octets);
    const ours = this.#state?.cookies.initiator;
    if (!header.ok || !ours || !equalBytes(header.value.initiatorCookie, ours)) return [];
    const path = { local, remote, encapsulated };
    return this.input({ kind: 'datagram', path, header: header.value, octets }, now);
  }

  #outward(effects: readonly IsakmpEffect[]): Effect[] {
    const path = this.#state?.path;
    return effects.flatMap((effect): Effect[] => {
      switch (effect.kind) {
        case 'send':
          return [{ kind: 'send', ...effect.path, bytes: effect.octets }];
        case 'keepalive':
          return [{ kind: 'keepalive', local: effect.path.local, remote: effect.path.remote }];
        case 'ask':
          return [{ kind: 'ask', id: effect.ticket, question: effect.question }];
        case 'install':
          return path ? [{ kind: 'forward', changes: additions(effect.child, path) }] : [];
        case 'remove':
          return path ? [{ kind: 'forward', changes: removals(effect.child) }] : [];
        case 'notice':
          this.notices.push(effect.notice);
          return [];
        default:
          return [];
      }
    });
  }
}
