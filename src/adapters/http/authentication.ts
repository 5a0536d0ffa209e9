import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ConsoleSession, type ConsoleSessions, sameText } from './console-sessions.ts';
import type { LoginLimiter } from './login-limiter.ts';
import type { Administrator, ManagementPort } from './management-port.ts';
import { sendProblem } from './problem.ts';

/** `public` needs no login, `read` any login, `change` one whose account may change something. */
export type Access = 'public' | 'read' | 'change';

/** Who asks. A session is absent for Basic credentials, which are judged anew each time. */
export type Principal = {
  readonly administrator: Administrator;
  readonly via: 'cookie' | 'bearer' | 'basic';
  readonly session: ConsoleSession | undefined;
  readonly token: string | undefined;
};

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal | undefined;
  }
  interface FastifyContextConfig {
    /** Absent means `read`: a route that says nothing is closed to strangers. */
    access?: Access;
  }
}

/** A refused answer of a login comes no earlier than this, whatever was wrong with it. */
const refusalFloorMs = 400;

export type LoginOutcome =
  | { readonly kind: 'accepted'; readonly administrator: Administrator }
  | { readonly kind: 'refused' }
  | { readonly kind: 'wait'; readonly retryAfterSeconds: number };

export type Clock = () => number;

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Judges logins within the limits on guessing. */
export class Authenticator {
  readonly #port: ManagementPort;
  readonly #limiter: LoginLimiter;
  readonly #clock: Clock;

  constructor(port: ManagementPort, limiter: LoginLimiter, clock: Clock) {
    this.#port = port;
    this.#limiter = limiter;
    this.#clock = clock;
  }

  /** Unknown user and wrong password are answered alike, in content and after the same time. */
  async login(user: string, password: string, address: string): Promise<LoginOutcome> {
    const permission = this.#limiter.begin(address, this.#clock());
    if (permission.kind === 'wait') {
      this.#port.loginHeldBack(permission.retryAfterSeconds, address);
      return permission;
    }
    const notBefore = delay(refusalFloorMs);
    let administrator: Administrator | undefined;
    try {
      administrator = await this.#port.login(user, password);
    } finally {
      this.#limiter.done(address, administrator !== undefined, this.#clock());
    }
    if (administrator) return { kind: 'accepted', administrator };
    this.#port.loginRefused(user, address);
    await notBefore;
    return { kind: 'refused' };
  }
}

/** The cookie of this server; the port keeps two head-ends on one host apart, cookies do not. */
export const cookieName = (request: FastifyRequest): string =>
  `headend-${request.socket.localPort ?? 0}`;

function cookieToken(request: FastifyRequest): string | undefined {
  const wanted = `${cookieName(request)}=`;
  const part = request.headers.cookie
    ?.split(';')
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(wanted));
  return part?.slice(wanted.length);
}

function basicCredentials(header: string): { user: string; password: string } | undefined {
  const text = Buffer.from(header.slice('Basic '.length), 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 1 || text.length > 512) return undefined;
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** False when a browser says that another site's page makes it ask. */
export function isSameOrigin(request: FastifyRequest): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined) return true;
  return URL.parse(origin)?.host === host;
}

type Guard = {
  readonly sessions: ConsoleSessions;
  readonly authenticator: Authenticator;
  readonly clock: Clock;
};

async function fromAuthorization(
  header: string,
  request: FastifyRequest,
  guard: Guard,
): Promise<Principal | Exclude<LoginOutcome, { kind: 'accepted' }>> {
  if (header.startsWith('Bearer ')) {
    const token = header.slice('Bearer '.length);
    const session = guard.sessions.find(token, guard.clock());
    if (!session) return { kind: 'refused' };
    return { administrator: session.administrator, via: 'bearer', session, token };
  }
  const credentials = header.startsWith('Basic ') ? basicCredentials(header) : undefined;
  if (!credentials) return { kind: 'refused' };
  const { user, password } = credentials;
  const outcome = await guard.authenticator.login(user, password, request.ip);
  if (outcome.kind !== 'accepted') return outcome;
  return {
    administrator: outcome.administrator,
    via: 'basic',
    session: undefined,
    token: undefined,
  };
}

/** Who the cookie of a browser logs in; undefined for nobody. */
export function browserSession(
  request: FastifyRequest,
  { sessions, clock }: Pick<Guard, 'sessions' | 'clock'>,
): { readonly token: string; readonly session: ConsoleSession } | undefined {
  const token = cookieToken(request);
  const session = token === undefined ? undefined : sessions.find(token, clock());
  return token !== undefined && session ? { token, session } : undefined;
}

async function identify(
  request: FastifyRequest,
  guard: Guard,
): Promise<Principal | Exclude<LoginOutcome, { kind: 'accepted' }>> {
  const header = request.headers.authorization;
  if (header !== undefined) return fromAuthorization(header, request, guard);
  const found = browserSession(request, guard);
  if (!found) return { kind: 'refused' };
  return { administrator: found.session.administrator, via: 'cookie', ...found };
}

export function sendWait(reply: FastifyReply, retryAfterSeconds: number): FastifyReply {
  reply.header('retry-after', String(retryAfterSeconds));
  return sendProblem(reply, 429, `Too many logins. Try again in ${retryAfterSeconds} s.`);
}

const isWrite = (request: FastifyRequest): boolean =>
  request.method !== 'GET' && request.method !== 'HEAD';

function csrfRefused(request: FastifyRequest, principal: Principal): boolean {
  if (principal.via !== 'cookie' || !isWrite(request)) return false;
  const header = request.headers['x-csrf-token'];
  return typeof header !== 'string' || !sameText(header, principal.session?.csrfToken ?? '');
}

/** Puts the guard before every route of `app`; routes declare their `access`. */
export function guardRoutes(app: FastifyInstance, guard: Guard): void {
  app.decorateRequest('principal', undefined);
  app.addHook('onRequest', async (request, reply) => {
    const fromBrowserPage = isWrite(request) || request.ws;
    if (fromBrowserPage && !isSameOrigin(request))
      return sendProblem(reply, 403, 'This request was made by a page of another site.');
    const access = request.routeOptions.config.access ?? 'read';
    if (access === 'public') return;
    const found = await identify(request, guard);
    if ('kind' in found) {
      if (found.kind === 'wait') return sendWait(reply, found.retryAfterSeconds);
      reply.header('www-authenticate', 'Bearer realm="headend"');
      return sendProblem(
        reply,
        401,
        'Log in with POST /api/v1/login, or send Basic credentials or a Bearer token.',
      );
    }
    if (csrfRefused(request, found))
      return sendProblem(reply, 403, 'The X-CSRF-Token header is missing or not of this login.');
    if (access === 'change' && !found.administrator.mayChange)
      return sendProblem(reply, 403, 'This account may look but not change anything.');
    request.principal = found;
  });
}

/** Who asks, on a route that is not public. */
export function principalOf(request: FastifyRequest): Principal {
  if (!request.principal) throw new Error('a route that needs a login was reached without one');
  return request.principal;
}
