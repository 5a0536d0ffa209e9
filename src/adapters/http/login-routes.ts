import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  type Authenticator,
  browserSession,
  type Clock,
  cookieName,
  principalOf,
  sendWait,
} from './authentication.ts';
import type { ConsoleSession, ConsoleSessions } from './console-sessions.ts';
import type { ManagementPort } from './management-port.ts';
import { sendProblem } from './problem.ts';
import { loginSchema, loginStateSchema, meSchema } from './schemas.ts';

export type LoginServices = {
  readonly port: ManagementPort;
  readonly sessions: ConsoleSessions;
  readonly authenticator: Authenticator;
  readonly clock: Clock;
  readonly encrypted: boolean;
};

type LoginBody = { readonly user: string; readonly password: string; readonly bearer: boolean };

function setCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  token: string,
  encrypted: boolean,
): void {
  const end = token === '' ? '; Max-Age=0' : '';
  const secure = encrypted ? '; Secure' : '';
  reply.header(
    'set-cookie',
    `${cookieName(request)}=${token}; Path=/; HttpOnly; SameSite=Strict${secure}${end}`,
  );
}

const describe = ({ administrator, csrfToken, shell }: ConsoleSession) => ({
  name: administrator.name,
  mayChange: administrator.mayChange,
  csrfToken,
  prompt: shell.prompt(),
});

/** Logging in, logging out, and who one is. */
export function addLoginRoutes(app: FastifyInstance, services: LoginServices): void {
  const { port, sessions, authenticator, clock, encrypted } = services;

  app.post<{ Body: LoginBody }>(
    '/api/v1/login',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Log in; answers with a cookie, or with a token when `bearer` is true',
        body: loginSchema,
        response: { 200: meSchema },
      },
    },
    async (request, reply) => {
      const { user, password, bearer } = request.body;
      const outcome = await authenticator.login(user, password, request.ip);
      if (outcome.kind === 'wait') return sendWait(reply, outcome.retryAfterSeconds);
      if (outcome.kind === 'refused')
        return sendProblem(reply, 401, 'User name or password is not right.');
      const { administrator } = outcome;
      const row = port.openSession(administrator, {
        address: request.ip,
        port: request.socket.remotePort ?? 0,
        protocol: encrypted ? 'HTTPS' : 'HTTP',
      });
      const { token, session } = sessions.open(
        administrator,
        row,
        port.openShell(administrator),
        clock(),
      );
      if (bearer) {
        const { csrfToken, ...me } = describe(session);
        return { ...me, token };
      }
      setCookie(request, reply, token, encrypted);
      return describe(session);
    },
  );

  app.post(
    '/api/v1/logout',
    { schema: { summary: 'End this login', response: { 204: { type: 'null' } } } },
    async (request, reply) => {
      const { token, via } = principalOf(request);
      if (token !== undefined) sessions.end(token);
      if (via === 'cookie') setCookie(request, reply, '', encrypted);
      return reply.code(204).send();
    },
  );
  addIdentityRoutes(app, services);
}

/** Who one is. */
function addIdentityRoutes(app: FastifyInstance, services: LoginServices): void {
  app.get(
    '/api/v1/login',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Who the cookie of this browser logs in; without `login` nobody',
        response: { 200: loginStateSchema },
      },
    },
    async (request) => {
      const found = browserSession(request, services);
      return found ? { login: describe(found.session) } : {};
    },
  );

  app.get(
    '/api/v1/me',
    { schema: { summary: 'Who this login is', response: { 200: meSchema } } },
    async (request) => {
      const { administrator, session, via } = principalOf(request);
      if (!session) return { name: administrator.name, mayChange: administrator.mayChange };
      const { csrfToken, ...me } = describe(session);
      return via === 'cookie' ? { ...me, csrfToken } : me;
    },
  );
}
