import type { TokenPair } from '@versbottomlex/shared';
import type { FastifyRequest } from 'fastify';
import { decodeJwt } from 'jose';

/**
 * Browsers keep a `__Host-` cookie only from the host itself, and only with `Secure` and `Path=/` (RFC 6265bis, 4.1.3.2),
 * so that no neighbouring site can plant one.
 */
const names = { access: '__Host-access', refresh: '__Host-refresh' } as const;
const ATTRIBUTES = 'Path=/; HttpOnly; Secure; SameSite=Lax';

const JWT_TEXT = /^[\w.-]{1,4096}$/;
/** What RFC 6265 allows around a pair; other white space is part of its name, which is then another one. */
const SPACES = /^[ \t]+|[ \t]+$/g;

/**
 * The value of a cookie; undefined without it. Empty when it came twice, which no browser does with these, or when it is
 * no token: which one of several is meant is not for us to guess.
 */
const readCookie = (header: string | undefined, name: string): string | undefined => {
  if (!header?.includes(name)) return undefined;
  const values = header.split(';').flatMap((pair) => {
    const equals = pair.indexOf('=');
    const isIt = equals >= 0 && pair.slice(0, equals).replace(SPACES, '') === name;
    return isIt ? [pair.slice(equals + 1).replace(SPACES, '')] : [];
  });
  const [value = ''] = values;
  if (values.length === 0) return undefined;
  return values.length === 1 && JWT_TEXT.test(value) ? value : '';
};

/** A token of the session in cookies; undefined without one, and when an Authorization header says who calls. */
export const sessionTokenOf = (
  { headers }: Pick<FastifyRequest, 'headers'>,
  kind: keyof typeof names,
): string | undefined =>
  headers.authorization === undefined ? readCookie(headers.cookie, names[kind]) : undefined;

const lifetimeSeconds = (token: string): number => {
  const { exp = 0, iat = 0 } = decodeJwt(token);
  return Math.max(0, exp - iat);
};

/**
 * The `Set-Cookie` headers that keep a session in a browser for as long as it can be refreshed. The access token stays as
 * long: it tells its own end, and a browser without it would be taken for a guest.
 */
export const toSessionCookies = ({
  accessToken,
  refreshToken,
}: Pick<TokenPair, 'accessToken' | 'refreshToken'>) => {
  const maxAge = `Max-Age=${lifetimeSeconds(refreshToken)}`;
  return [
    `${names.access}=${accessToken}; ${maxAge}; ${ATTRIBUTES}`,
    `${names.refresh}=${refreshToken}; ${maxAge}; ${ATTRIBUTES}`,
  ];
};

/** The `Set-Cookie` headers that end a session in a browser. */
export const noSessionCookies = Object.values(names).map((name) => `${name}=; Max-Age=0; ${ATTRIBUTES}`);
