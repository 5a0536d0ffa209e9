import type { FastifyInstance } from 'fastify';
import type { DemoView } from '#views/cluster-views';
import type { DemoManagement } from './management-port.ts';
import { sendProblem } from './problem.ts';
import { flag, list, object, oneOf, parameters, text } from './schemas.ts';

const demoSchema = object<DemoView>({
  members: list(object<DemoView['members'][number]>({ name: text, runs: flag })),
});

const accidentSchema = parameters(
  { member: { type: 'string', maxLength: 64 }, what: oneOf('crash', 'start') },
  ['member', 'what'],
);

type Accident = { readonly member: string; readonly what: 'crash' | 'start' };

/** What only a demo answers: a head-end that runs for real has no such routes. */
export function addDemoRoutes(app: FastifyInstance, demo: DemoManagement): void {
  app.get(
    '/api/v1/demo',
    {
      schema: {
        summary: 'The members of this demo, and whether they run',
        response: { 200: demoSchema },
      },
    },
    async () => demo.view(),
  );
  app.post<{ Body: Accident }>(
    '/api/v1/demo/accidents',
    {
      config: { access: 'change' },
      schema: {
        summary: 'Take a member of this demo away as a power failure would, or start it again',
        body: accidentSchema,
        response: { 204: { type: 'null' } },
      },
    },
    async (request, reply) => {
      const { member, what } = request.body;
      const result = await demo[what](member);
      return result.ok ? reply.code(204).send() : sendProblem(reply, 409, result.error);
    },
  );
}
