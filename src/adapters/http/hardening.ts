import type { FastifyError, FastifyInstance } from 'fastify';
import { sendProblem } from './problem.ts';

/** The console's own files and connections only: no inline script, no frame, no other host. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** Headers on every answer that keep a browser from doing more than the console needs. */
export function addSecurityHeaders(app: FastifyInstance, encrypted: boolean): void {
  app.addHook('onSend', async (request, reply) => {
    reply.headers({
      'content-security-policy': contentSecurityPolicy,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    });
    if (encrypted) reply.header('strict-transport-security', 'max-age=31536000');
    if (request.url.startsWith('/api/') || request.url.startsWith('/metrics'))
      reply.header('cache-control', 'no-store');
  });
}

/** Errors in one form; what went wrong inside is reported, never answered. */
export function addErrorAnswers(app: FastifyInstance, report: (message: string) => void): void {
  app.setNotFoundHandler((_, reply) =>
    sendProblem(reply, 404, 'There is nothing at this address.'),
  );
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return sendProblem(reply, status, describe(error));
    report(`${request.method} ${request.routeOptions.url ?? 'unknown'}: ${error.message}`);
    return sendProblem(reply, status, 'The head-end failed to answer; its event log says more.');
  });
}

/** Names the part of the request that is not right, never its value. */
function describe(error: FastifyError): string {
  const first = error.validation?.[0];
  if (!first) return error.message;
  const field = first.instancePath.slice(1).replaceAll('/', '.');
  const extra = first.params.additionalProperty;
  const name = [field, extra].filter(Boolean).join('.');
  const place = error.validationContext ?? 'request';
  return `${place}${name === '' ? '' : ` ${name}`}: ${first.message ?? 'is not valid'}`;
}
