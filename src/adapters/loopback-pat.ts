import { type Endpoint, formatEndpoint, type IpAddress } from '#base/address';
import { err, ok, type Result } from '#base/result';
import type { EventRecord } from '#events/event';
import type { Xlate } from '#features/nat/connection';
import { DatagramPat } from '#features/nat/datagram-pat';
import { type XlateView, xlateView } from '#features/nat/show';
import { builtEvent, endedEvent, globalEndpoint } from '#features/nat/translation-events';
import { now } from './machine-clock.ts';
import { bindUdp, type UdpSocket } from './udp.ts';

/**
 * Where a global port below 1024 is bound when the process may not have it: 40000 higher, so that port 4
 * of `show xlate` is 40004 on the wire.
 */
export const unprivilegedOffset = 40_000;

/** What the clients of a demo can make grow, each translation being a socket. */
const limits = { translationsMax: 256, connectionsMax: 1_024, connectionsPerHostMax: 256 };
/** Ports that are tried in a row when other programs hold them, such as those of another demo. */
const portTriesMax = limits.translationsMax;
/** Datagrams that wait while the socket of their translation is bound. */
const waitingMax = 16;

export type LoopbackPatOptions = {
  /** Address of the relay's inside sockets, such as 127.10.10.1. */
  readonly inside: IpAddress;
  /** Address that stands for the clients, such as 127.89.78.1. */
  readonly global: IpAddress;
  /** Every endpoint that clients speak to. */
  readonly destinations: readonly Endpoint[];
  readonly happened?: (event: EventRecord) => void;
};

/** What is meant for `destination` goes to `relay`, and what comes from there is from `destination`. */
export type Via = { readonly destination: Endpoint; readonly relay: Endpoint };

export type LoopbackPat = {
  readonly via: readonly Via[];
  xlate(): XlateView;
  close(): Promise<void>;
};

/** A datagram of an inside host. */
type Datagram = {
  readonly local: Endpoint;
  readonly destination: Endpoint;
  readonly bytes: Uint8Array;
};

/** The socket of a translation; datagrams wait until it is bound. */
type Outside = { socket: UdpSocket | undefined; readonly waiting: Datagram[] };

/**
 * Runs a PAT between addresses of the loopback network, without privileges: a client sends to the inside
 * socket that stands for a destination, and the destination gets the datagram from the global address and
 * the port that the translation table chose. The error is one line.
 */
export async function startLoopbackPat(
  options: LoopbackPatOptions,
): Promise<Result<LoopbackPat, string>> {
  const pat = new RunningLoopbackPat(options);
  const opened = await pat.open();
  if (opened.ok) return ok(pat);
  await pat.close();
  return err(opened.error);
}

/**
 * `bindUdp` for a client behind the relay. Its datagrams take the detour, while both ends of each are
 * those that the client means: so it hashes them in NAT-D as behind any PAT, and the head-end sees others.
 */
export const bindBehind =
  ({ via }: Pick<LoopbackPat, 'via'>): typeof bindUdp =>
  async (endpoint, received) => {
    const relays = new Map(via.map((v) => [formatEndpoint(v.destination), v.relay]));
    const destinations = new Map(via.map((v) => [formatEndpoint(v.relay), v.destination]));
    const bound = await bindUdp(endpoint, (relay, bytes) => {
      const destination = destinations.get(formatEndpoint(relay));
      if (destination !== undefined) received(destination, bytes);
    });
    if (!bound.ok) return bound;
    const socket = bound.value;
    return ok({
      endpoint: socket.endpoint,
      send(destination, bytes) {
        const relay = relays.get(formatEndpoint(destination));
        // The relay is the only way out; a destination it does not know is unreachable.
        if (relay !== undefined) socket.send(relay, bytes);
      },
      close: () => socket.close(),
    });
  };

class RunningLoopbackPat implements LoopbackPat {
  readonly #options: LoopbackPatOptions;
  readonly #pat: DatagramPat;
  /** Inside sockets by the destination they stand for. */
  readonly #insides = new Map<string, UdpSocket>();
  readonly #outsides = new Map<Xlate, Outside>();
  /** Global ports in a row that could not be bound. */
  #misses = 0;
  #alarm: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: LoopbackPatOptions) {
    this.#options = options;
    this.#pat = new DatagramPat(options.global, limits);
  }

  /** Opens an inside socket for each destination. */
  async open(): Promise<Result<void, string>> {
    for (const destination of this.#options.destinations) {
      const inside = { address: this.#options.inside, port: 0 };
      const bound = await bindUdp(inside, (local, bytes) =>
        this.#outgoing({ local, destination, bytes }),
      );
      if (!bound.ok) return bound;
      this.#insides.set(formatEndpoint(destination), bound.value);
    }
    return ok(undefined);
  }

  get via(): readonly Via[] {
    return this.#options.destinations.flatMap((destination) => {
      const socket = this.#insides.get(formatEndpoint(destination));
      return socket ? [{ destination, relay: socket.endpoint }] : [];
    });
  }

  xlate(): XlateView {
    return xlateView(this.#pat.translations, now());
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#alarm);
    const sockets = [...this.#insides.values()];
    for (const { socket } of this.#outsides.values()) if (socket) sockets.push(socket);
    this.#insides.clear();
    this.#outsides.clear();
    await Promise.all(sockets.map((socket) => socket.close()));
  }

  #outgoing(datagram: Datagram): void {
    const { local, destination, bytes } = datagram;
    const outcome = this.#pat.outgoing(local, destination, now());
    if (this.#isClosed || outcome.kind === 'drop') return;
    const outside = this.#outsides.get(outcome.xlate) ?? this.#build(outcome.xlate);
    if (outside.socket !== undefined) outside.socket.send(destination, bytes);
    else if (outside.waiting.length < waitingMax) outside.waiting.push(datagram);
  }

  #build(xlate: Xlate): Outside {
    const outside: Outside = { socket: undefined, waiting: [] };
    this.#outsides.set(xlate, outside);
    this.#setAlarm();
    void this.#bindGlobal(xlate).then((socket) => this.#bound(xlate, outside, socket));
    return outside;
  }

  /** Opens the socket of a translation at its global port, or at what stands for it without privileges. */
  async #bindGlobal(xlate: Xlate): Promise<UdpSocket | undefined> {
    const { address, port } = globalEndpoint(xlate);
    const ports = port < 1024 ? [port, port + unprivilegedOffset] : [port];
    for (const candidate of ports) {
      const bound = await bindUdp({ address, port: candidate }, (remote, bytes) =>
        this.#incoming(xlate, remote, bytes),
      );
      if (bound.ok) return bound.value;
    }
    return undefined;
  }

  #bound(xlate: Xlate, outside: Outside, socket: UdpSocket | undefined): void {
    const waiting = outside.waiting.splice(0);
    // The relay may have been closed, or the translation have ended, meanwhile.
    if (this.#outsides.get(xlate) !== outside) void socket?.close();
    else if (socket !== undefined) {
      this.#misses = 0;
      outside.socket = socket;
      this.#options.happened?.(builtEvent(xlate, 'inside', 'outside'));
      for (const { destination, bytes } of waiting) socket.send(destination, bytes);
    } else {
      // Another program holds the port: the next translation gets the next one.
      this.#outsides.delete(xlate);
      this.#pat.translations.remove(xlate);
      this.#misses += 1;
      if (this.#misses <= portTriesMax) for (const datagram of waiting) this.#outgoing(datagram);
    }
  }

  #incoming(xlate: Xlate, remote: Endpoint, bytes: Uint8Array): void {
    const local = this.#pat.incoming(xlate.globalPort, remote, now());
    if (local !== undefined) this.#insides.get(formatEndpoint(remote))?.send(local, bytes);
  }

  #setAlarm(): void {
    clearTimeout(this.#alarm);
    const due = this.#pat.translations.deadline();
    if (due === undefined || this.#isClosed) return;
    this.#alarm = setTimeout(() => this.#expire(), Math.max(0, Math.ceil(due - now())));
  }

  #expire(): void {
    for (const xlate of this.#pat.translations.expire(now())) {
      const outside = this.#outsides.get(xlate);
      this.#outsides.delete(xlate);
      void outside?.socket?.close();
      if (outside?.socket) this.#options.happened?.(endedEvent(xlate));
    }
    this.#setAlarm();
  }
}
