import { IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet from '@fastify/helmet';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Config } from '../config.js';

/** Nothing that answers JSON may load, run or be framed. */
const API_POLICY = {
  'default-src': ["'none'"],
  // These have no default to fall back on.
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
  'frame-ancestors': ["'none'"],
};

const YEAR_SECONDS = 31_536_000;

/**
 * The headers that helmet gives an answer. They are the same for every request, while @fastify/helmet builds all its
 * middleware anew for each, so that it is asked once.
 */
const helmetHeaders = async (config: Pick<Config, 'publicUrl'>): Promise<OutgoingHttpHeaders> => {
  const asked = Fastify();
  await asked.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: API_POLICY },
    // Reading across origins is decided by CORS, which this header would forbid even to allowed origins.
    crossOriginResourcePolicy: { policy: 'cross-origin' },
    referrerPolicy: { policy: 'no-referrer' },
    frameguard: { action: 'deny' },
    // The rest is for pages, which only Swagger UI has, and for browsers of long ago.
    crossOriginOpenerPolicy: false,
    dnsPrefetchControl: false,
    ieNoOpen: false,
    originAgentCluster: false,
    permittedCrossDomainPolicies: false,
    xssFilter: false,
    strictTransportSecurity: config.publicUrl.startsWith('https:') && {
      maxAge: YEAR_SECONDS,
      includeSubDomains: false,
    },
  });
  const headers = new Promise<OutgoingHttpHeaders>((resolve) => {
    asked.get('/', (_request, reply) => {
      reply.hijack();
      resolve(reply.raw.getHeaders());
    });
  });
  await asked.ready();
  // Not `inject`, whose library takes a tenth of a second to load.
  const request = Object.assign(new IncomingMessage(new Socket()), { method: 'GET', url: '/' });
  asked.routing(request, new ServerResponse(request));
  const answered = await headers;
  await asked.close();
  return answered;
};

/** Puts the request's id, the security headers and `no-store` on every answer. */
export const setHeaders = async (app: FastifyInstance, config: Pick<Config, 'publicUrl'>): Promise<void> => {
  const constant = { ...(await helmetHeaders(config)), 'cache-control': 'no-store' };
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(constant).header('x-request-id', request.id);
    done();
  });
};
