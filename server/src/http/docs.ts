import swaggerUi from '@fastify/swagger-ui';
import type { AnyRouter } from '@trpc/server';
import type { FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import type { Config } from '../config.js';
import type { OpenApiDocument } from './openapi-types.js';
import { JSON_CONTENT_TYPE } from './rest.js';

const PREFIX = '/api-docs';

declare module 'fastify' {
  interface FastifyInstance {
    /** What Swagger UI shows. */
    swagger(): OpenApiDocument;
  }
}

/**
 * The document, made when it is first asked for: the generator takes longer to load than the rest of the server, and
 * most processes are never asked.
 */
const createLazyDocument = (router: AnyRouter, serverUrl: string) => {
  let loading: Promise<OpenApiDocument> | undefined;
  let loaded: OpenApiDocument | undefined;
  const load = async () => {
    const { createOpenApiDocument } = await import('./openapi-document.js');
    loaded = createOpenApiDocument(router, serverUrl);
    return loaded;
  };
  return {
    load: (): Promise<OpenApiDocument> => {
      loading ??= load();
      return loading;
    },
    get: (): OpenApiDocument => {
      if (!loaded) throw new Error('The document is not loaded yet');
      return loaded;
    },
  };
};

/** Swagger UI brings its own scripts and styles, styles elements inline, and calls the server that is documented. */
const policyFor = (publicUrl: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    `connect-src 'self' ${new URL(publicUrl).origin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

/** Serves the OpenAPI document at `/api-docs/openapi.json`, and Swagger UI, which needs nothing from elsewhere, at `/api-docs`. */
export const mountDocs = async (
  app: FastifyInstance,
  { router, config }: { router: AnyRouter; config: Pick<Config, 'publicUrl'> },
): Promise<void> => {
  const document = createLazyDocument(router, config.publicUrl);
  let bytes: Buffer | undefined;

  app.get(`${PREFIX}/openapi.json`, async (_request, reply) => {
    // The same bytes for all, so that many who read slowly do not hold a copy each.
    bytes ??= Buffer.from(JSON.stringify(await document.load()));
    reply.header('content-type', JSON_CONTENT_TYPE).send(bytes);
  });

  // Swagger UI asks for the plugin that would derive a document from JSON schemas of routes; ours comes from procedures.
  const source = async (scope: FastifyInstance) => {
    scope.decorate('swagger', document.get);
  };
  await app.register(fastifyPlugin(source, { name: '@fastify/swagger' }));
  await app.register(swaggerUi, {
    routePrefix: PREFIX,
    staticCSP: policyFor(config.publicUrl),
    theme: { title: 'VersBottomLex.me API' },
    // Without the bar at the top, which would offer to load other documents.
    uiConfig: { layout: 'BaseLayout', deepLinking: true, displayRequestDuration: true },
    uiHooks: {
      onRequest: (_request, _reply, done) => {
        document.load().then(() => done(), done);
      },
    },
  });
};
