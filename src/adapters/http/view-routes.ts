import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Result } from '#base/result';
import type { EventQuery, ListQuery, SessionKind, SessionQuery } from '#views/views';
import { principalOf } from './authentication.ts';
import type { ManagementPort } from './management-port.ts';
import { sendProblem } from './problem.ts';
import * as schemas from './schemas.ts';
import type { Throughput } from './throughput.ts';

const answer = <T>(reply: FastifyReply, result: Result<T, string>): T | FastifyReply =>
  result.ok ? result.value : sendProblem(reply, 400, result.error);

function addSystemRoutes(app: FastifyInstance, port: ManagementPort, throughput: Throughput): void {
  app.get(
    '/api/v1/system',
    { schema: { summary: 'The device as a whole', response: { 200: schemas.systemSchema } } },
    async () => port.system(),
  );
  app.get(
    '/api/v1/summary',
    { schema: { summary: 'Session Summary', response: { 200: schemas.summarySchema } } },
    async () => port.summary(),
  );
  app.get(
    '/api/v1/throughput',
    {
      schema: {
        summary: 'Bits per second through all tunnels, the last quarter of an hour',
        response: { 200: schemas.throughputSchema },
      },
    },
    async () => throughput.since(0),
  );
}

function addSessionRoutes(app: FastifyInstance, port: ManagementPort): void {
  const noSession = (reply: FastifyReply, index: number) =>
    sendProblem(reply, 404, `There is no session ${index}; it may have ended.`);

  app.get<{ Querystring: SessionQuery }>(
    '/api/v1/sessions',
    {
      schema: {
        summary: 'Sessions, filtered, sorted, a page at a time',
        querystring: schemas.sessionQuerySchema,
        response: { 200: schemas.sessionPageSchema },
      },
    },
    async (request, reply) => answer(reply, port.sessions(request.query)),
  );
  app.get<{ Params: { index: number } }>(
    '/api/v1/sessions/:index',
    {
      schema: {
        summary: 'One session with its security associations',
        params: schemas.sessionIndexSchema,
        response: { 200: schemas.detailSchema },
      },
    },
    async (request, reply) =>
      port.session(request.params.index) ?? noSession(reply, request.params.index),
  );
  app.delete<{ Params: { index: number } }>(
    '/api/v1/sessions/:index',
    {
      config: { access: 'change' },
      schema: {
        summary: 'Log a session off',
        params: schemas.sessionIndexSchema,
        response: { 204: { type: 'null' } },
      },
    },
    async (request, reply) => {
      const { index } = request.params;
      if (!port.logoff(index, principalOf(request).administrator)) return noSession(reply, index);
      return reply.code(204).send();
    },
  );
  app.delete<{ Querystring: { kind: SessionKind; group?: string } }>(
    '/api/v1/sessions',
    {
      config: { access: 'change' },
      schema: {
        summary: 'Log off every session of a kind, and of a group when one is named',
        querystring: schemas.logoffAllSchema,
        response: {
          200: {
            type: 'object',
            required: ['loggedOff'],
            properties: { loggedOff: { type: 'integer' } },
          },
        },
      },
    },
    async (request) => {
      const { kind, group } = request.query;
      return { loggedOff: port.logoffAll(kind, group, principalOf(request).administrator) };
    },
  );
}

function addSaRoutes(app: FastifyInstance, port: ManagementPort): void {
  app.get<{ Querystring: ListQuery }>(
    '/api/v1/isakmp-sas',
    {
      schema: {
        summary: 'ISAKMP SAs',
        querystring: schemas.listQuerySchema,
        response: { 200: schemas.isakmpSaPageSchema },
      },
    },
    async (request, reply) => answer(reply, port.isakmpSas(request.query)),
  );
  app.get<{ Querystring: ListQuery }>(
    '/api/v1/ipsec-sas',
    {
      schema: {
        summary: 'Pairs of IPsec SAs',
        querystring: schemas.listQuerySchema,
        response: { 200: schemas.ipsecSaPageSchema },
      },
    },
    async (request, reply) => answer(reply, port.ipsecSas(request.query)),
  );
}

type EventParameters = Omit<EventQuery, 'classes'> & { readonly class?: string };

function addEventRoutes(app: FastifyInstance, port: ManagementPort): void {
  app.get<{ Querystring: EventParameters }>(
    '/api/v1/events',
    {
      schema: {
        summary: 'The event log, newest first, each line with its meaning and remedy',
        querystring: schemas.eventQuerySchema,
        response: { 200: schemas.eventPageSchema },
      },
    },
    async (request) => {
      const { class: classes, ...query } = request.query;
      return port.events({ ...query, classes: classes?.split(',') });
    },
  );
}

/** The views as JSON, and the actions on sessions. */
export function addViewRoutes(
  app: FastifyInstance,
  port: ManagementPort,
  throughput: Throughput,
): void {
  addSystemRoutes(app, port, throughput);
  addSessionRoutes(app, port);
  addSaRoutes(app, port);
  addEventRoutes(app, port);
}
