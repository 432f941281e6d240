import type { FastifyInstance } from 'fastify';
import { LRUCache } from 'lru-cache';
import type { Config } from '../config.js';
import { AppError } from '../platform/app-error.js';

const LOOPBACK = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;
/** A name, an IPv4 address or a bracketed IPv6 address, and a port (RFC 9110, 7.2). */
const HOST = /^([a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;
const REMEMBERED_MAX = 200;

const nameIn = (host: string): string => HOST.exec(host)?.[1]?.toLowerCase() ?? '';

/** Whether a Host header names the machine that its sender is on. */
export const isLoopbackHost = (host: string): boolean => LOOPBACK.test(nameIn(host));

/** Whether a Host header names this server: loopback, the host of PUBLIC_URL, or one of ALLOWED_HOSTS, at any port. */
export const createHostCheck = (
  config: Pick<Config, 'publicUrl' | 'allowedHosts'>,
): ((host: string) => boolean) => {
  const allowed = new Set([new URL(config.publicUrl).hostname, ...config.allowedHosts]);
  const remembered = new LRUCache<string, true>({ max: REMEMBERED_MAX });
  return (host) => {
    if (remembered.has(host)) return true;
    const name = nameIn(host);
    if (!(LOOPBACK.test(name) || allowed.has(name))) return false;
    remembered.set(host, true);
    return true;
  };
};

/** Probes ask by address, which no list can name; what they hear is no secret. */
const isProbe = (url: string | undefined) => url === '/health' || url?.startsWith('/health/') === true;

/** Refuses requests for other hosts, by which a page elsewhere could read a server that only this machine reaches. */
export const checkHosts = (
  app: FastifyInstance,
  config: Pick<Config, 'publicUrl' | 'allowedHosts'>,
): void => {
  const isOurs = createHostCheck(config);
  app.addHook('onRequest', (request, _reply, done) => {
    if (isOurs(request.headers.host ?? '') || isProbe(request.raw.url)) done();
    else done(new AppError('HOST_NOT_ALLOWED'));
  });
};
