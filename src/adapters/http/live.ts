import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import type { LiveRequest } from '#views/live-views';
import { type Clock, principalOf } from './authentication.ts';
import type { ConsoleSessions } from './console-sessions.ts';
import { LiveWatch, type WatchParts } from './live-watch.ts';
import { liveRequestSchema } from './schemas.ts';

/** Our own choices; no document sets them. */
const readersMax = 64;
const requestsPerSecondMax = 20;
const answerGapMs = 200;
const unsentBytesMax = 1 << 20;

/** Close codes of ours; RFC 6455 section 7.4.2 leaves 4000 to 4999 to applications. */
const closeLoggedOut = 4401;
const closeFull = 4503;
const closePolicy = 1008;

type Reader = {
  readonly socket: WebSocket;
  readonly token: string;
  readonly watch: LiveWatch;
  sentAt: number;
  requests: number;
  answer: NodeJS.Timeout | undefined;
};

/** The websockets of the console: what changed, to each reader, once a second. */
export class Live {
  readonly #readers = new Set<Reader>();
  readonly #sessions: ConsoleSessions;
  readonly #clock: Clock;

  constructor(sessions: ConsoleSessions, clock: Clock) {
    this.#sessions = sessions;
    this.#clock = clock;
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** Sends everyone what is news, and ends the sockets of logins that are over. */
  tick(): void {
    for (const reader of this.#readers) {
      reader.requests = 0;
      // An open page counts as use: a console on the wall stays logged in, up to the login's lifetime.
      if (!this.#sessions.find(reader.token, this.#clock()))
        reader.socket.close(closeLoggedOut, 'logged out');
      else this.#send(reader);
    }
  }

  add(socket: WebSocket, token: string, watch: LiveWatch, read: (text: string) => void): void {
    if (this.#readers.size >= readersMax) {
      socket.close(closeFull, 'too many readers');
      return;
    }
    const reader: Reader = { socket, token, watch, sentAt: 0, requests: 0, answer: undefined };
    this.#readers.add(reader);
    socket.on('message', (data: Buffer) => {
      reader.requests += 1;
      if (reader.requests > requestsPerSecondMax) {
        socket.close(closePolicy, 'too many requests');
        return;
      }
      read(data.toString('utf8'));
      this.#answerSoon(reader);
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      clearTimeout(reader.answer);
      this.#readers.delete(reader);
    });
  }

  /** Answers a request at once, unless another was answered just now. */
  #answerSoon(reader: Reader): void {
    if (reader.answer !== undefined) return;
    const waitMs = Math.max(0, reader.sentAt + answerGapMs - this.#clock());
    reader.answer = setTimeout(() => {
      reader.answer = undefined;
      this.#send(reader);
    }, waitMs);
  }

  #send(reader: Reader): void {
    const { socket, watch } = reader;
    if (socket.readyState !== socket.OPEN || socket.bufferedAmount > unsentBytesMax) return;
    reader.sentAt = this.#clock();
    socket.send(JSON.stringify(watch.update()));
  }
}

function readRequest(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The websocket route; the login's cookie and the page's origin were checked like on any route. */
export function addLiveRoute(app: FastifyInstance, live: Live, parts: WatchParts): void {
  app.get('/api/v1/live', { websocket: true }, (socket, request: FastifyRequest) => {
    const { token } = principalOf(request);
    if (token === undefined) {
      socket.close(closePolicy, 'log in with a cookie or a bearer token');
      return;
    }
    const watch = new LiveWatch(parts);
    const valid = request.compileValidationSchema(liveRequestSchema as Record<string, unknown>);
    live.add(socket, token, watch, (text) => {
      const message = readRequest(text);
      if (valid(message)) watch.follow(message as LiveRequest);
      else watch.refuse('the request is not one that this server knows');
    });
  });
}
