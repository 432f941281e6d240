import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError, invalidField } from '../platform/app-error.js';
import type { ContextCookies } from '../trpc/context.js';
import { noSessionCookies, sessionTokenOf, toSessionCookies } from './cookies.js';
import type { Csrf } from './csrf.js';

/** Not a simple header (Fetch, 2.2.2), so that a page of another origin needs leave to send it. */
const wantsCookies = ({ headers }: FastifyRequest): boolean => {
  const wish = headers['x-session'];
  if (wish === undefined || wish === 'cookie') return wish === 'cookie';
  throw new AppError('MALFORMED_REQUEST', { detail: 'X-Session is either absent or `cookie`.' });
};

const noRefreshToken = () => invalidField('refreshToken', 'is missing, and no cookie has one');

/** What procedures know of, and do with, the cookies of a request; without a reply, as over a socket, none can be set. */
export const sessionCookiesOf = (
  csrf: Csrf,
  request: FastifyRequest,
  reply: FastifyReply | undefined,
): ContextCookies => {
  const clear = () => void reply?.header('set-cookie', noSessionCookies);

  const handOver: ContextCookies['handOver'] = async (sign, isByCookie = false) => {
    if (!isByCookie && !wantsCookies(request)) return sign();
    if (!reply) {
      throw new AppError('MALFORMED_REQUEST', { detail: 'Cookies are set over HTTP only: call this there.' });
    }
    csrf.requireNoOtherOrigin(request);
    const { accessToken, refreshToken, ...rest } = await sign();
    reply.header('set-cookie', toSessionCookies({ accessToken, refreshToken }));
    return rest;
  };

  const refresh: ContextCookies['refresh'] = async ({ refreshToken: sent }, renew) => {
    if (sent !== undefined) return handOver(() => renew({ refreshToken: sent }));
    const refreshToken = reply && sessionTokenOf(request, 'refresh');
    if (refreshToken === undefined) throw noRefreshToken();
    csrf.requireGenuine(request, refreshToken);
    try {
      return await handOver(() => renew({ refreshToken }), true);
    } catch (error) {
      if (error instanceof AppError && error.status === 401) clear();
      throw error;
    }
  };

  return { isCredential: sessionTokenOf(request, 'access') !== undefined, handOver, refresh, clear };
};
