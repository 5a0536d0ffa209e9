import assert from 'node:assert/strict';
import { address, type IpAddress, sameEndpoint } from '#base/address';
import { equalBytes } from '#base/bytes';
import { after, type Instant, instant } from '#base/instant';
import { HEADER_LENGTH } from '#wire/isakmp/header';
import { exchangeTypes } from '#wire/isakmp/numbers';
import type { ConnectRequest, KeyingPolicy, SaId } from '../keying.ts';
import { End, type EndOptions, type Sent } from './end.ts';
import {
  clientPolicy,
  connectRequest,
  gatewayAddress,
  gatewayPolicy,
  patAddress,
} from './policies.ts';

/** A PAT box: every inside endpoint has a port of its own under one address. */
class Translation {
  readonly #outside = new Map<string, number>();
  readonly #inside = new Map<number, { readonly end: End; readonly port: number }>();
  #nextPort = 1024;

  out(end: End, port: number): number {
    const key = `${end.address}:${port}`;
    const known = this.#outside.get(key);
    if (known !== undefined) return known;
    this.#nextPort += 1;
    this.#outside.set(key, this.#nextPort);
    this.#inside.set(this.#nextPort, { end, port });
    return this.#nextPort;
  }

  in(port: number): { readonly end: End; readonly port: number } | undefined {
    return this.#inside.get(port);
  }

  /** The box forgets a translation: the next packet gets another port. */
  forget(end: End, port: number): void {
    this.#outside.delete(`${end.address}:${port}`);
  }
}

export type WorldOptions = {
  readonly gateway?: Partial<EndOptions>;
  readonly client?: Partial<EndOptions>;
  readonly gatewayPolicy?: KeyingPolicy;
  readonly clientPolicy?: KeyingPolicy;
  /** Whether clients sit behind a PAT box; the usual case. */
  readonly pat?: boolean;
};

/** A head-end and clients, with messages that arrive when the story says so. */
export class World {
  now: Instant = instant(1_000_000);
  readonly gateway: End;
  readonly client: End;
  readonly #translation: Translation | undefined;
  readonly #clients = new Map<IpAddress, End>();
  readonly #options: WorldOptions;

  constructor(options: WorldOptions = {}) {
    this.#options = options;
    this.#translation = options.pat === false ? undefined : new Translation();
    this.gateway = new End({
      address: gatewayAddress,
      seed: 1,
      policy: options.gatewayPolicy ?? gatewayPolicy(),
      judge: (user, password) => password === `${user}-password`,
      ...options.gateway,
    });
    this.client = this.addClient('10.10.10.2', 'vpnclient1');
  }

  /** One more client with a user of its own. */
  addClient(ip: string, user: string): End {
    const client = new End({
      address: address(ip),
      seed: 2 + this.#clients.size,
      policy: this.#options.clientPolicy ?? clientPolicy(),
      credentials: { user, password: `${user}-password` },
      tunnelEverything: true,
      ...this.#options.client,
    });
    this.#clients.set(client.address, client);
    return client;
  }

  /** The client begins; nothing is delivered yet. */
  connect(client = this.client, changes: Partial<ConnectRequest> = {}): SaId {
    const request = connectRequest(client.address, changes);
    const { sa, effects } = client.manager.connect(request, this.now);
    client.take(effects, this.now);
    return sa;
  }

  /** The next datagram that an end sent, in the order of sending. */
  next(from: End): Sent {
    const sent = from.sent.shift();
    assert.ok(sent, `${from.address} sent nothing`);
    return sent;
  }

  /** The next datagram, which must be of this exchange type; it arrives at the other side. */
  pass(from: End, exchange: keyof typeof exchangeTypes): Sent {
    const sent = this.next(from);
    assert.equal(sent.bytes[18], exchangeTypes[exchange], `not ${exchange}`);
    this.deliver(from, sent);
    return sent;
  }

  /** Brings a datagram to where it is addressed, through the PAT box if there is one. */
  deliver(from: End, { local, remote, bytes, encapsulated }: Sent): void {
    if (from === this.gateway) {
      const back = this.#translation
        ? this.#translation.in(remote.port)
        : { end: this.#clients.get(remote.address), port: remote.port };
      if (!back?.end) return;
      const to = { address: back.end.address, port: back.port };
      back.end.receive({ local: to, remote: local, bytes, encapsulated }, this.now);
    } else {
      const seenFrom = this.#translation
        ? { address: patAddress, port: this.#translation.out(from, local.port) }
        : local;
      this.gateway.receive({ local: remote, remote: seenFrom, bytes, encapsulated }, this.now);
    }
  }

  /** Everything under way arrives, in order, until both sides are silent. */
  settle(): void {
    for (let rounds = 0; rounds < 1000; rounds += 1) {
      const ends = [this.gateway, ...this.#clients.values()];
      const from = ends.find((end) => end.sent.length > 0);
      if (!from) return;
      this.deliver(from, this.next(from));
    }
    assert.fail('the ends never stop talking');
  }

  /** Time passes, with every deadline met on its way; messages arrive at once unless `silent`. */
  passTime(milliseconds: number, silent = false): void {
    const until = after(this.now, milliseconds);
    for (let steps = 0; steps < 100_000; steps += 1) {
      const ends = [this.gateway, ...this.#clients.values()];
      const due = ends
        .map((end) => ({ end, at: end.manager.deadline() }))
        .filter((d): d is { end: End; at: Instant } => d.at !== undefined && d.at <= until)
        .sort((a, b) => a.at - b.at)[0];
      if (!due) {
        this.now = until;
        return;
      }
      if (due.at > this.now) this.now = due.at;
      due.end.tick(this.now);
      if (!silent) this.settle();
    }
    assert.fail('deadlines do not move');
  }

  forgetTranslation(client: End, port: number): void {
    this.#translation?.forget(client, port);
  }

  /** A complete login with a tunnel for everything. */
  login(client = this.client): SaId {
    this.connect(client);
    this.settle();
    const created = this.gateway.noticed('childCreated').at(-1);
    assert.ok(created, 'no tunnel');
    return created.sa;
  }
}

/** Both directions of every pair have equal keys, and the ends agree on what they carry. */
export function assertPairsMatch(gateway: End, client: End): void {
  assert.ok(client.inbound.size > 0, 'no tunnel');
  for (const [spi, sa] of client.inbound) {
    const sender = gateway.outbound.get(spi);
    assert.ok(sender, `the gateway does not send under ${spi}`);
    assert.ok(equalBytes(sender.keyMaterial, sa.keyMaterial));
    assert.equal(sender.suite, sa.suite);
    assert.deepEqual(sender.selectors, {
      local: sa.selectors.remote,
      remote: sa.selectors.local,
    });
  }
  for (const [spi, sa] of client.outbound) {
    const receiver = gateway.inbound.get(spi);
    assert.ok(receiver, `the gateway does not receive under ${spi}`);
    assert.ok(equalBytes(receiver.keyMaterial, sa.keyMaterial));
    assert.equal(receiver.encapsulation, sa.encapsulation);
  }
}

/** Whether two datagrams are the same octets between the same endpoints. */
export const sameDatagram = (a: Sent, b: Sent): boolean =>
  equalBytes(a.bytes, b.bytes) &&
  sameEndpoint(a.remote, b.remote) &&
  a.bytes.length > HEADER_LENGTH;
