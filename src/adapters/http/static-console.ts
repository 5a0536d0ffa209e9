import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from './problem.ts';

const notBuilt = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>headend: console not built</title>
<h1>The web console is not built</h1>
<p>Run this in the folder of headend, then load the page again:</p>
<pre>node_modules/.bin/vite build web</pre>
<p>The API, <a href="/healthz">/healthz</a> and /metrics work without it.</p>
</html>
`;

const wantsPage = (request: FastifyRequest): boolean =>
  (request.method === 'GET' || request.method === 'HEAD') &&
  !request.url.startsWith('/api/') &&
  (request.headers.accept ?? '').includes('text/html');

/**
 * Serves the built console: files with a hash in their name are kept by browsers for a year, the page
 * itself is asked for each time. Paths of the console's own pages answer with the page.
 */
export async function addStaticConsole(app: FastifyInstance, folder: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: folder,
    serve: false,
    cacheControl: false,
    setHeaders(response, path) {
      const hashed = path.startsWith(join(folder, 'assets'));
      response.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  const sendPage = (reply: FastifyReply) => {
    if (existsSync(join(folder, 'index.html'))) return reply.sendFile('index.html');
    return reply.code(503).type('text/html').header('cache-control', 'no-store').send(notBuilt);
  };
  app.get('/', { config: { access: 'public' } }, (_, reply) => sendPage(reply));
  app.get<{ Params: { '*': string } }>('/*', { config: { access: 'public' } }, (request, reply) => {
    const name = request.params['*'];
    if (/^(?:assets\/)?[\w.-]+\.\w+$/.test(name) && existsSync(join(folder, name)))
      return reply.sendFile(name);
    if (wantsPage(request)) return sendPage(reply);
    return sendProblem(reply, 404, 'There is nothing at this address.');
  });
}
