import { isIP } from 'node:net';
import { z } from 'zod';

/** Below 32 characters, or in repetitions and sequences, a key is not random. */
const SECRET_LENGTH_MIN = 32;
const SECRET_DISTINCT_CHARACTERS_MIN = 10;
const SECRET_DISTINCT_STEPS_MIN = 12;

/** `true` or `false`. */
export const flag = z
  .enum(['true', 'false'], { error: 'must be true or false' })
  .transform((text) => text === 'true');

/** A whole number from `min` to `max`. */
export const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error: `must be from ${min} to ${max}` });

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

const urlWith = (...starts: string[]) =>
  z.string().refine((text) => URL.canParse(text) && starts.some((start) => text.startsWith(start)), {
    error: `must be a URL that starts with ${starts.join(' or ')}`,
    abort: true,
  });

const isDecodable = (text: string) => {
  try {
    return decodeURIComponent(text) !== '';
  } catch {
    return false;
  }
};

/** Of a PostgreSQL, with what needs it percent-encoded. */
export const databaseUrl = urlWith('postgres://', 'postgresql://').refine(isDecodable, {
  error: 'must have each % of its user, password and name written as %25',
});

/** Of a server that takes mail. */
export const smtpUrl = urlWith('smtp://', 'smtps://').refine(
  (text) => new URL(text).hostname !== '' && isDecodable(text),
  { error: 'must name a host, with each % of its user and password written as %25' },
);

/** Of a Redis or a Valkey. */
export const redisUrl = urlWith('redis://', 'rediss://').refine(
  (text) => new URL(text).hostname !== '' && (new URL(text).password === '' || isDecodable(text)),
  { error: 'must name a host, with each % of its user and password written as %25' },
);

/** `name@host` or `Name <name@host>`, which no quotes, commas or line breaks can turn into more. */
export const mailAddress = z
  .string()
  .regex(/^(?:[^\s<>@,;"]+@[^\s<>@,;"]+|[^<>@,;"\p{Cc}]{1,100} <[^\s<>@,;"]+@[^\s<>@,;"]+>)$/u, {
    error: 'must be an address such as no-reply@example.com or Name <no-reply@example.com>',
  });

/** Where clients reach the server; without credentials, query and fragment. */
export const publicUrl = urlWith('http://', 'https://').refine(
  (text) => {
    const { username, password, search, hash } = new URL(text);
    return [username, password, search, hash].every((part) => part === '');
  },
  { error: 'must have neither user nor password, query or fragment' },
);

/** An address or a host name to listen on. */
export const host = z
  .string()
  .refine((text) => isIP(text) !== 0 || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(text), {
    error: 'must be an address or a host name, without port',
  });

const isOrigin = (text: string) =>
  URL.canParse(text) && /^https?:\/\/[^*]+$/.test(text) && new URL(text).origin === text;

/** Exact origins (RFC 6454), separated by commas. */
export const origins = list.refine((items) => items.every(isOrigin), {
  error: 'must be exact origins such as https://example.com, separated by commas; * is not one',
});

/** Host names without port, separated by commas. */
export const hosts = list.refine((items) => items.every((item) => /^[a-z0-9.-]+$/i.test(item)), {
  error: 'must be host names without port, separated by commas',
});

/** The widest private network, fc00::/7; what is wider holds clients. */
const NETWORK_PREFIX_MIN = 7;

const isNetwork = (text: string) => {
  const [address = '', prefix = '32', ...rest] = text.split('/');
  const bits = isIP(address) === 4 ? 32 : 128;
  const isPrefix = /^\d{1,3}$/.test(prefix) && Number(prefix) >= NETWORK_PREFIX_MIN && Number(prefix) <= bits;
  return isIP(address) !== 0 && rest.length === 0 && isPrefix;
};

/** `true` or 0.0.0.0/0 would believe any X-Forwarded-For, and with it any client's word about its own address. */
export const trustProxy = z.string().transform((text, context): false | number | string[] => {
  if (text === 'false') return false;
  if (/^\d{1,2}$/.test(text)) return Number(text);
  const networks = text.split(',').map((item) => item.trim());
  if (networks.every(isNetwork)) return networks;
  context.addIssue('must be false, a number of hops, or addresses and networks, separated by commas');
  return z.NEVER;
});

/** How many different steps lead from one character to the next; few in abcdef… and in repetitions. */
const countSteps = (text: string) =>
  new Set(Array.from(text.slice(1), (character, index) => character.charCodeAt(0) - text.charCodeAt(index)))
    .size;

const isStrong = (text: string) =>
  text.length >= SECRET_LENGTH_MIN &&
  new Set(text).size >= SECRET_DISTINCT_CHARACTERS_MIN &&
  countSteps(text) >= SECRET_DISTINCT_STEPS_MIN &&
  !/change|example|secret|password/i.test(text);

/** A key that nobody guesses. */
export const secret = z.string().refine(isStrong, {
  error: `must be random, at least ${SECRET_LENGTH_MIN} characters (openssl rand -base64 48 makes one)`,
});

const isCurrency = (text: string) => Intl.supportedValuesOf('currency').includes(text);

/** An ISO 4217 code. */
export const currency = z.string().refine(isCurrency, { error: 'must be an ISO 4217 code such as USD' });

/** A key that Stripe gave out, by its beginning. */
export const stripeKey = (...starts: string[]) =>
  z.string().refine((text) => starts.some((start) => text.startsWith(start)) && text.length > 10, {
    error: `must be a key of Stripe that starts with ${starts.join(' or ')}`,
  });
