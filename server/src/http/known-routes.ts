import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../platform/app-error.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route exists only to say which other methods its path has. */
    isRefusal?: boolean;
  }
}

type KnownRoute = { pattern: RegExp; methods: Set<string> };

const toPattern = (url: string): RegExp => {
  const parts = url.split('/').map((part) => {
    if (part.startsWith(':')) return '[^/]+';
    return part === '*' ? '.*' : part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('/')}$`);
};

export type KnownRoutes = {
  /** The methods that `path` is served for; empty for an unknown path. */
  methodsOf(path: string): string[];
};

/** Remembers every route that is added to `app`, and to its scopes, from now on. */
export const watchRoutes = (app: FastifyInstance): KnownRoutes => {
  const routes = new Map<string, KnownRoute>();
  app.addHook('onRoute', ({ url, method, config }) => {
    // CORS answers OPTIONS everywhere, which makes no path known.
    if (url === '*' || config?.isRefusal) return;
    const route = routes.get(url) ?? { pattern: toPattern(url), methods: new Set() };
    routes.set(url, route);
    for (const name of [method].flat()) route.methods.add(name);
  });
  return {
    methodsOf: (path) => {
      // As in routing, a path that is known by its own name is not an instance of a pattern.
      const exact = routes.get(path);
      const matching = exact ? [exact] : [...routes.values()].filter(({ pattern }) => pattern.test(path));
      return [...new Set(matching.flatMap(({ methods }) => [...methods]))].sort();
    },
  };
};

/** METHOD_NOT_ALLOWED, with the `Allow` header that RFC 9110 (15.5.6) asks for. */
export const methodNotAllowed = (reply: FastifyReply, methods: string[]): AppError => {
  const allowed = methods.join(', ');
  reply.header('allow', allowed);
  return new AppError('METHOD_NOT_ALLOWED', { detail: `This path is served for ${allowed}.` });
};

/** A handler that answers 405 on a path whose methods are `methods`. */
export const refuseMethod = (methods: string[]) => {
  const withHead = [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))];
  return (_request: FastifyRequest, reply: FastifyReply): never => {
    throw methodNotAllowed(reply, withHead.sort());
  };
};
