import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Shell } from '#adapters/terminal/shell';
import { type Principal, principalOf } from './authentication.ts';
import type { ManagementPort } from './management-port.ts';
import { commandSchema, completionSchema, helpSchema, replySchema } from './schemas.ts';

/** More text than this is cut off; a page of the console or a person reads no further. */
const outputMax = 1 << 20;

function shorten(output: string): string {
  if (output.length <= outputMax) return output;
  const rest = output.length - outputMax;
  return `${output.slice(0, outputMax)}\n% The rest (${rest} characters) is cut off.`;
}

/** Aborted when the browser goes away or gives up before the answer. */
function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}

/** The shell of the login; Basic credentials get one that lasts for one line. */
const shellOf = (port: ManagementPort, { session, administrator }: Principal): Shell =>
  session?.shell ?? port.openShell(administrator);

/** The command line over HTTP: one line in, what a terminal would show out. */
export function addCommandRoutes(app: FastifyInstance, port: ManagementPort): void {
  app.post<{ Body: { line: string } }>(
    '/api/v1/command-line',
    {
      schema: {
        summary: 'Carry out one command; mode and prompt stay with the login',
        body: commandSchema,
        response: { 200: replySchema },
      },
    },
    async (request, reply) => {
      const principal = principalOf(request);
      const shell = shellOf(port, principal);
      const { text, failed } = await shell.execute(request.body.line, goneSignal(reply));
      const { session, administrator } = principal;
      if (shell.ended() && session) session.shell = port.openShell(administrator);
      return { text: shorten(text), failed, prompt: (session?.shell ?? shell).prompt() };
    },
  );

  app.get<{ Querystring: { line: string } }>(
    '/api/v1/command-line/help',
    {
      schema: {
        summary: 'What may come next on a command line',
        querystring: commandSchema,
        response: { 200: helpSchema },
      },
    },
    async (request) => ({ text: shellOf(port, principalOf(request)).help(request.query.line) }),
  );

  app.get<{ Querystring: { line: string } }>(
    '/api/v1/command-line/completion',
    {
      schema: {
        summary: 'The line with its last word completed, and the words that fit',
        querystring: commandSchema,
        response: { 200: completionSchema },
      },
    },
    async (request) => shellOf(port, principalOf(request)).complete(request.query.line),
  );
}
