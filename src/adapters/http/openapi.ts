import type { FastifyInstance, RouteOptions } from 'fastify';
import type { Access } from './authentication.ts';
import { type JsonSchema, problemSchema } from './schemas.ts';

declare module 'fastify' {
  interface FastifySchema {
    /** One line about the route; a route without it is not in the document. */
    readonly summary?: string;
  }
}

type Operation = { readonly path: string; readonly method: string; readonly body: JsonSchema };

type RouteSchema = {
  readonly summary?: string;
  readonly querystring?: JsonSchema;
  readonly params?: JsonSchema;
  readonly body?: JsonSchema;
  readonly response?: Readonly<Record<string, JsonSchema>>;
};

const refusals: readonly (readonly [string, string])[] = [
  ['400', 'The request is not as this document says'],
  ['401', 'Not logged in'],
  ['403', 'This login may not do that, or the CSRF token is missing'],
  ['429', 'Too many logins that failed'],
];

function parametersOf(schema: JsonSchema | undefined, place: 'query' | 'path'): JsonSchema[] {
  if (!schema) return [];
  const required = (schema.required as readonly string[] | undefined) ?? [];
  const properties = schema.properties as Readonly<Record<string, JsonSchema>>;
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: property,
  }));
}

function responsesOf(schema: RouteSchema, access: Access): JsonSchema {
  const responses: Record<string, JsonSchema> = {};
  for (const [status, body] of Object.entries(schema.response ?? {}))
    responses[status] = {
      description: (body.description as string | undefined) ?? 'The answer',
      ...(body.type !== 'null' && { content: { 'application/json': { schema: body } } }),
    };
  for (const [status, description] of refusals)
    if (status === '400' || status === '429' || access !== 'public')
      responses[status] = {
        description,
        content: {
          'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
        },
      };
  return responses;
}

function operationOf(route: RouteOptions, method: string): Operation | undefined {
  const schema = route.schema as RouteSchema | undefined;
  if (!schema?.summary) return undefined;
  const access = route.config?.access ?? 'read';
  return {
    path: route.url.replaceAll(/:(\w+)/g, '{$1}'),
    method: method.toLowerCase(),
    body: {
      summary: schema.summary,
      parameters: [
        ...parametersOf(schema.params, 'path'),
        ...parametersOf(schema.querystring, 'query'),
      ],
      ...(schema.body && {
        requestBody: { required: true, content: { 'application/json': { schema: schema.body } } },
      }),
      responses: responsesOf(schema, access),
      ...(access === 'public' && { security: [] }),
    },
  };
}

/**
 * Collects the routes that `app` declares from now on; the function it returns writes the OpenAPI 3.1
 * document of those that have a summary.
 */
export function collectOpenApi(app: FastifyInstance): (version: string) => JsonSchema {
  const operations: Operation[] = [];
  app.addHook('onRoute', (route) => {
    for (const method of [route.method].flat()) {
      const operation = method === 'HEAD' ? undefined : operationOf(route, method);
      if (operation) operations.push(operation);
    }
  });
  return (version) => {
    const paths: Record<string, Record<string, JsonSchema>> = {};
    for (const { path, method, body } of operations) {
      paths[path] ??= {};
      paths[path][method] = body;
    }
    return {
      openapi: '3.1.0',
      info: { title: 'headend management API', version },
      security: [{ cookie: [] }, { bearer: [] }, { basic: [] }],
      paths,
      components: {
        schemas: { Problem: problemSchema },
        securitySchemes: {
          cookie: {
            type: 'apiKey',
            in: 'cookie',
            name: 'headend-PORT',
            description: 'Set by a login; writes repeat its csrfToken in X-CSRF-Token.',
          },
          bearer: { type: 'http', scheme: 'bearer' },
          basic: { type: 'http', scheme: 'basic' },
        },
      },
    };
  };
}
