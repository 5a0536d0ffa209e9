import { fileURLToPath } from 'node:url';
import fastifyWebsocket from '@fastify/websocket';
import Fastify, { type FastifyInstance } from 'fastify';
import { err, ok, type Result } from '#base/result';
import { now } from '../machine-clock.ts';
import { Authenticator, type Clock, guardRoutes } from './authentication.ts';
import { ClusterLoad } from './cluster-load.ts';
import { addClusterRoutes } from './cluster-routes.ts';
import { addCommandRoutes } from './command-routes.ts';
import { ConnectionPlaces } from './connection-places.ts';
import { ConsoleSessions } from './console-sessions.ts';
import { addDemoRoutes } from './demo-routes.ts';
import { addErrorAnswers, addSecurityHeaders } from './hardening.ts';
import { addLiveRoute, Live } from './live.ts';
import { LoginLimiter } from './login-limiter.ts';
import { addLoginRoutes } from './login-routes.ts';
import type { ManagementPort } from './management-port.ts';
import { createMetrics } from './metrics.ts';
import { collectOpenApi } from './openapi.ts';
import { addStaticConsole } from './static-console.ts';
import { Throughput } from './throughput.ts';
import { addViewRoutes } from './view-routes.ts';

export type ManagementServerOptions = {
  /** Address to listen on; the default is 127.0.0.1. Any other than loopback needs `tls`. */
  readonly host?: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Private key and certificate chain in PEM form; absent for plain HTTP on loopback. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** The built console; the default is `web/dist` of this package. */
  readonly consoleFolder?: string;
  /** Told once per request that failed in a way it should not have; goes to the event log. */
  readonly report?: (message: string) => void;
  /** Milliseconds that never step back; those of this machine if absent. */
  readonly clock?: Clock;
};

export type ManagementServer = {
  /** Starts to listen and answers with the console's address, or with one line that says what to do. */
  listen(): Promise<Result<string, string>>;
  /** Ends every login and connection. */
  close(): Promise<void>;
  readonly app: FastifyInstance;
};

const loopback = /^(?:127\.\d+\.\d+\.\d+|::1|localhost)$/;
const tickMs = 1000;
const defaultFolder = fileURLToPath(new URL('../../../web/dist', import.meta.url));

function createApp(tls: ManagementServerOptions['tls']): FastifyInstance {
  const options = {
    bodyLimit: 16 * 1024,
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    keepAliveTimeout: 15_000,
    forceCloseConnections: true,
    ajv: { customOptions: { removeAdditional: false } as const },
    routerOptions: { maxParamLength: 128 },
  };
  // Connections are few: one that dawdles over its headers must not keep the others out for long.
  const impatience = { headersTimeout: 10_000, connectionsCheckingInterval: 5000 };
  const app = tls
    ? (Fastify({ ...options, https: { ...tls, ...impatience } }) as unknown as FastifyInstance)
    : Fastify({ ...options, http: impatience });
  // Bodies are JSON: no HTML form of another site can send that without asking first.
  app.removeContentTypeParser('text/plain');
  return app;
}

/** One line for people about an address that could not be had. */
function explainListenError(error: NodeJS.ErrnoException, host: string, port: number): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `The console cannot listen on ${host} port ${port}: another program has it. Choose another port, or find that program with: ss -ltnp 'sport = :${port}'`;
    case 'EACCES':
      return `The console may not listen on ${host} port ${port}: ports below 1024 need root or CAP_NET_BIND_SERVICE. Choose a port from 1024 on.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `The console cannot listen on ${host}: that is not an address of this machine. See the addresses with: ip address`;
    default:
      return `The console cannot listen on ${host} port ${port}: ${error.message}`;
  }
}

/**
 * The management server: console, JSON API with its OpenAPI document, websocket and metrics over one
 * `ManagementPort`. Routes are added before it listens; everything but the console's files, the login
 * and `/healthz` is for those who are logged in.
 */
export function createManagementServer(
  port: ManagementPort,
  options: ManagementServerOptions,
): ManagementServer {
  const clock = options.clock ?? now;
  const host = options.host ?? '127.0.0.1';
  const encrypted = options.tls !== undefined;
  const app = createApp(options.tls);
  const places = new ConnectionPlaces(app.server, encrypted ? 'secureConnection' : 'connection');
  const sessions = new ConsoleSessions();
  const authenticator = new Authenticator(port, new LoginLimiter(), clock);
  const throughput = new Throughput();
  const load = new ClusterLoad();
  const live = new Live(sessions, clock);
  const metrics = createMetrics(port);

  addErrorAnswers(app, options.report ?? (() => {}));
  addSecurityHeaders(app, encrypted);
  const openApi = collectOpenApi(app);
  app.register(fastifyWebsocket, { options: { maxPayload: 8192 } });
  app.register(async (routes) => {
    guardRoutes(routes, { sessions, authenticator, clock });
    routes.addHook('onRequest', async (request) => {
      if (request.principal) places.keep(request.raw.socket);
    });
    addLoginRoutes(routes, { port, sessions, authenticator, clock, encrypted });
    addViewRoutes(routes, port, throughput);
    addClusterRoutes(routes, port, load);
    if (port.demo) addDemoRoutes(routes, port.demo);
    addCommandRoutes(routes, port);
    addLiveRoute(routes, live, { port, throughput, load, clock });
    routes.get('/api/openapi.json', async () => openApi(port.system().version));
    routes.get('/healthz', { config: { access: 'public' } }, async () => ({ status: 'ok' }));
    routes.get('/metrics', async (_, reply) =>
      reply.type(metrics.contentType).send(await metrics.metrics()),
    );
    await addStaticConsole(routes, options.consoleFolder ?? defaultFolder);
  });

  let generation = port.generation?.();
  const timer = setInterval(() => {
    if (port.generation?.() !== generation) throughput.restart();
    generation = port.generation?.();
    throughput.sample(port.counters(), clock());
    load.sample(port.cluster.view());
    sessions.sweep(clock());
    live.tick();
  }, tickMs);
  app.addHook('onClose', async () => {
    clearInterval(timer);
    sessions.endAll();
    metrics.clear();
  });

  return {
    app,
    close: () => app.close(),
    async listen() {
      if (!encrypted && !loopback.test(host))
        return err(
          `The console listens on ${host} only with a certificate, since passwords would cross the network in clear. Configure one, or use 127.0.0.1.`,
        );
      try {
        return ok(await app.listen({ host, port: options.port }));
      } catch (error) {
        return err(explainListenError(error as NodeJS.ErrnoException, host, options.port));
      }
    },
  };
}
