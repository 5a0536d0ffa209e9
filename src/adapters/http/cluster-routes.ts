import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Result } from '#base/result';
import type { BalancingChange, ChoicesView, DrainRequest } from '#views/cluster-views';
import type { SessionQuery } from '#views/views';
import { principalOf } from './authentication.ts';
import type { ClusterLoad } from './cluster-load.ts';
import * as schemas from './cluster-schemas.ts';
import type { ManagementPort } from './management-port.ts';
import { sendProblem } from './problem.ts';
import { clusterSessionQuerySchema } from './schemas.ts';

const done = (reply: FastifyReply, result: Result<void, string>): FastifyReply =>
  result.ok ? reply.code(204).send() : sendProblem(reply, 409, result.error);

/** Configuration | System | Load Balancing. */
function addBalancingRoutes(app: FastifyInstance, port: ManagementPort): void {
  const url = '/api/v1/cluster/configuration';
  app.get(
    url,
    {
      schema: {
        summary: 'Configuration | System | Load Balancing, without the shared secret',
        response: { 200: schemas.balancingFormSchema },
      },
    },
    async () => port.cluster.form(),
  );
  app.post<{ Body: BalancingChange }>(
    `${url}/check`,
    {
      config: { access: 'change' },
      schema: {
        summary: 'What a change of it would do, and what is wrong with it; nothing is changed',
        body: schemas.balancingChangeSchema,
        response: { 200: schemas.balancingVerdictSchema },
      },
    },
    async (request) => port.cluster.check(request.body),
  );
  app.put<{ Body: BalancingChange }>(
    url,
    {
      config: { access: 'change' },
      schema: {
        summary: 'Change it as a whole, if the change is accepted, or not at all',
        body: schemas.balancingChangeSchema,
        response: { 200: schemas.balancingVerdictSchema },
      },
    },
    async (request) => port.cluster.apply(request.body, principalOf(request).administrator),
  );
}

/** The virtual cluster as this device sees it, and draining of this device. */
export function addClusterRoutes(
  app: FastifyInstance,
  port: ManagementPort,
  load: ClusterLoad,
): void {
  addDrainRoutes(app, port);
  addBalancingRoutes(app, port);
  app.get(
    '/api/v1/cluster',
    {
      schema: {
        summary: 'The virtual cluster as this member sees it',
        response: { 200: schemas.clusterSchema },
      },
    },
    async () => port.cluster.view(),
  );
  app.get<{ Querystring: SessionQuery }>(
    '/api/v1/cluster/sessions',
    {
      schema: {
        summary:
          'Sessions of all members, each with its member, filtered, sorted, a page at a time',
        querystring: clusterSessionQuerySchema,
        response: { 200: schemas.clusterSessionPageSchema },
      },
    },
    async (request, reply) => {
      const page = await port.cluster.sessions(request.query);
      if (page.ok) return page.value;
      const { kind, reason } = page.error;
      return sendProblem(reply, kind === 'query' ? 400 : 503, reason);
    },
  );
  app.get(
    '/api/v1/cluster/choices',
    {
      schema: {
        summary: 'Where this device sent the last clients as the master, and why; newest first',
        response: { 200: schemas.choicesSchema },
      },
    },
    async (): Promise<ChoicesView> => ({
      asOf: port.cluster.view().asOf,
      items: port.cluster.choices(),
    }),
  );
  app.get(
    '/api/v1/cluster/load',
    {
      schema: {
        summary: 'Load of the members in percent by private address, the last ten minutes',
        response: { 200: schemas.loadSchema },
      },
    },
    async () => load.since(0),
  );
  app.get(
    '/api/v1/cluster/diagnosis',
    {
      schema: {
        summary: 'What keeps the members of the cluster apart, and what to do about it',
        response: { 200: schemas.diagnosisSchema },
      },
    },
    async () => port.cluster.diagnosis(),
  );
}

/** Draining of this device. */
function addDrainRoutes(app: FastifyInstance, port: ManagementPort): void {
  app.post<{ Body: DrainRequest }>(
    '/api/v1/cluster/drain',
    {
      config: { access: 'change' },
      schema: {
        summary: 'Take no new clients here, while the sessions go on until they end',
        body: schemas.drainRequestSchema,
        response: { 204: { type: 'null' } },
      },
    },
    async (request, reply) =>
      done(reply, port.cluster.drain(request.body, principalOf(request).administrator)),
  );
  app.delete(
    '/api/v1/cluster/drain',
    {
      config: { access: 'change' },
      schema: { summary: 'Take clients again', response: { 204: { type: 'null' } } },
    },
    async (request, reply) =>
      done(reply, port.cluster.endDrain(principalOf(request).administrator)),
  );
}
