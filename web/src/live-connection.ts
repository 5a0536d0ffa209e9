import type { LiveRequest, LiveUpdate } from '#views/live-views';
import type { EventView } from '#views/views';
import { applyUpdate, initialState, type LiveState, withOlderEvents } from './live-state.ts';

/** The server speaks once a second; longer silence than this is a lost connection. */
const silenceMs = 5000;
const retryDelaysMs = [1000, 2000, 4000, 8000, 15_000];

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

type Timer = ReturnType<typeof setTimeout>;

/**
 * The websocket to the head-end and what it told. Components subscribe to the state, which is replaced
 * with every message; a lost connection keeps the last state, marked as lost, and tries again.
 */
export class LiveConnection {
  #state: LiveState = initialState;
  readonly #listeners = new Set<() => void>();
  readonly #stillLoggedIn: () => Promise<boolean>;
  #socket: WebSocket | undefined;
  #request: LiveRequest = {};
  #failures = 0;
  #retryAt = 0;
  #retry: Timer | undefined;
  #watchdog: Timer | undefined;
  #closed = false;

  /** `stillLoggedIn` is asked when the connection is lost, and ends the console when it is not. */
  constructor(stillLoggedIn: () => Promise<boolean>) {
    this.#stillLoggedIn = stillLoggedIn;
    this.#connect();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = (): LiveState => this.#state;

  /** When the next try is due, by `Date.now()`; 0 while connected or trying. */
  get retryAt(): number {
    return this.#retryAt;
  }

  /** Changes what is asked for; parts that are not named stay as they are. */
  watch(changes: LiveRequest): void {
    const next: LiveRequest = { ...this.#request, ...changes };
    if (same(next, this.#request)) return;
    const before = this.#request;
    this.#request = next;
    const { sessions, detail, detailEnded, events, cluster } = this.#state;
    const otherTable = next.sessions?.kind !== before.sessions?.kind;
    const otherRows = !same(next.sessions, before.sessions);
    const otherDetail = next.detail !== before.detail;
    this.#set({
      ...this.#state,
      // Rows of the same table stay until the answer comes; rows of another would be a lie.
      sessions:
        otherTable || !sessions ? undefined : { ...sessions, stale: sessions.stale || otherRows },
      detail: otherDetail ? undefined : detail,
      detailEnded: otherDetail ? undefined : detailEnded,
      events: same(next.events, before.events) ? events : undefined,
      cluster: next.cluster === before.cluster ? cluster : undefined,
    });
    this.#sendRequest();
  }

  /** Adds events that were asked for; see `withOlderEvents`. */
  addOlderEvents(run: number, before: number, older: readonly EventView[]): void {
    this.#set(withOlderEvents(this.#state, run, before, older));
  }

  retryNow(): void {
    clearTimeout(this.#retry);
    this.#connect();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#watchdog);
    this.#socket?.close();
  }

  #set(state: LiveState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }

  #connect(): void {
    this.#retryAt = 0;
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}/api/v1/live`);
    this.#socket = socket;
    socket.addEventListener('open', () => this.#sendRequest());
    socket.addEventListener('message', (event: MessageEvent<string>) => {
      if (socket !== this.#socket) return;
      this.#failures = 0;
      this.#watch(socket);
      const update = JSON.parse(event.data) as LiveUpdate;
      // What was known before the connection was lost may be of another run of the device.
      const before =
        this.#state.status === 'live' ? this.#state : { ...this.#state, throughput: [] };
      this.#set(applyUpdate(before, update));
    });
    socket.addEventListener('close', () => {
      if (socket === this.#socket) this.#lost();
    });
    this.#watch(socket);
  }

  #watch(socket: WebSocket): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => {
      if (socket !== this.#socket) return;
      // Closing waits for the other end, which is the one that is silent.
      this.#socket = undefined;
      socket.close();
      this.#lost();
    }, silenceMs);
  }

  #lost(): void {
    clearTimeout(this.#watchdog);
    if (this.#closed) return;
    const delayMs = retryDelaysMs[Math.min(this.#failures, retryDelaysMs.length - 1)] as number;
    this.#failures += 1;
    this.#retryAt = Date.now() + delayMs;
    this.#set({ ...this.#state, status: 'lost' });
    this.#retry = setTimeout(() => this.#connect(), delayMs);
    void this.#stillLoggedIn().then((loggedIn) => {
      if (!loggedIn) this.close();
    });
  }

  #sendRequest(): void {
    if (this.#socket?.readyState === WebSocket.OPEN)
      this.#socket.send(JSON.stringify(this.#request));
  }
}
