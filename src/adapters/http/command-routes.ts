import type { FastifyInstance } from 'fastify';
import { type Principal, principalOf } from './authentication.ts';
import type { CommandLine, ManagementPort } from './management-port.ts';
import { commandSchema } from './schemas.ts';

/** More text than this is cut off; a page of the console or a person reads no further. */
const outputMax = 1 << 20;

const textField = { type: 'string' };

function shorten(output: string): string {
  if (output.length <= outputMax) return output;
  return `${output.slice(0, outputMax)}\n% The rest (${output.length - outputMax} characters) is cut off.`;
}

/** Uses the command line of the login, or for Basic credentials one that lasts for one line. */
async function withCommandLine<T>(
  port: ManagementPort,
  principal: Principal,
  use: (commandLine: CommandLine) => T | Promise<T>,
): Promise<T> {
  if (principal.session) return use(principal.session.commandLine);
  const commandLine = port.openCommandLine(principal.administrator);
  try {
    return await use(commandLine);
  } finally {
    commandLine.close();
  }
}

/** The command line over HTTP: one line in, what a terminal would show out. */
export function addCommandRoutes(app: FastifyInstance, port: ManagementPort): void {
  app.post<{ Body: { line: string } }>(
    '/api/v1/command-line',
    {
      schema: {
        summary: 'Carry out one command; mode and prompt stay with the login',
        body: commandSchema,
        response: {
          200: {
            type: 'object',
            required: ['output', 'prompt'],
            properties: { output: textField, prompt: textField },
          },
        },
      },
    },
    (request) =>
      withCommandLine(port, principalOf(request), async (commandLine) => {
        const output = shorten(await commandLine.execute(request.body.line));
        return { output, prompt: commandLine.prompt() };
      }),
  );

  app.get<{ Querystring: { line: string } }>(
    '/api/v1/command-line/help',
    {
      schema: {
        summary: 'What may come next on a command line',
        querystring: commandSchema,
        response: {
          200: {
            type: 'array',
            items: {
              type: 'object',
              required: ['word', 'help'],
              properties: { word: textField, help: textField },
            },
          },
        },
      },
    },
    (request) =>
      withCommandLine(port, principalOf(request), (commandLine) =>
        commandLine.help(request.query.line),
      ),
  );
}
