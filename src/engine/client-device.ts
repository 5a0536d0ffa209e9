import { earliest, type Instant } from '#base/instant';
import type { RandomSource } from '#base/random';
import { EventLog, type SeverityRange } from '#events/log';
import { Client, type ClientOptions, type ClientStatus } from '#features/client/client';
import { clientPolicy } from '#features/client/request';
import type { KeyingEffect } from '#ipsec/keying';
import { KeyingManager } from '#ipsec/keying-manager';
import type { Effect, Input, Steppable } from './ports.ts';

const EVENTS_KEPT = 1000;
/** The client's log window shows everything up to informational detail. */
const clientSeverities: ReadonlyMap<string, SeverityRange> = new Map(
  ['CM', 'IKE', 'IPSEC', 'DIALER'].map((eventClass) => [eventClass, { from: 1, to: 6 }]),
);

export type ClientDeviceOptions = ClientOptions & {
  readonly random: RandomSource;
  /** Packets that an inbound SA accepted, by which a silent head-end is noticed. */
  readonly inboundPackets: (spi: number) => number;
};

/** The built-in client as a device: a keying manager of its own with one connection. */
export class ClientDevice implements Steppable {
  readonly log = new EventLog(EVENTS_KEPT, clientSeverities);
  readonly keying: KeyingManager;
  readonly #client: Client;

  constructor(options: ClientDeviceOptions) {
    const policy = clientPolicy(options.profile);
    this.keying = new KeyingManager({
      random: options.random,
      policy: () => policy,
      wants: (eventClass, severity) => this.log.wants(eventClass, severity),
      inboundPackets: options.inboundPackets,
    });
    this.#client = new Client(this.keying, options);
  }

  connect(now: Instant): readonly Effect[] {
    return this.#perform(this.#client.connect(now), now);
  }

  disconnect(now: Instant): readonly Effect[] {
    return this.#perform(this.#client.disconnect(now), now);
  }

  status(): ClientStatus {
    return this.#client.status();
  }

  step(input: Input, now: Instant): readonly Effect[] {
    switch (input.kind) {
      case 'dataPlane':
        return this.#perform(this.keying.report(input.report, now), now);
      case 'answer':
        return input.answer.kind === 'passwordVerified'
          ? []
          : this.#perform(this.keying.answer(input.id, input.answer, now), now);
      case 'tick':
        return [
          ...this.#perform(this.keying.tick(now), now),
          ...this.#perform(this.#client.tick(now), now),
        ];
    }
  }

  deadline(): Instant | undefined {
    return earliest(this.keying.deadline(), this.#client.deadline());
  }

  #perform(effects: readonly KeyingEffect[], now: Instant): Effect[] {
    const out: Effect[] = [];
    for (const effect of effects) {
      if (effect.kind === 'event') this.log.add(effect.record, now);
      else if (effect.kind === 'notice')
        out.push(...this.#perform(this.#client.notice(effect.notice, now), now));
      else out.push(effect);
    }
    return out;
  }
}
