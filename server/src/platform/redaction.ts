const REDACTED = '[REDACTED]';
const DEPTH_MAX = 8;

/** Keys whose values never reach a log, whatever the case and the separators. */
const SECRET_KEY =
  /(pass(word|wd|phrase)|secret|token|cookie|authorization|apikey|streamkey|privatekey|credential|card(number|holder)?$|cvc|cvv|iban|session(id)?$|signature|csrf)/;

/** Query parameters and header-like texts inside a string that carry a secret. */
const SECRET_IN_TEXT = [
  /([?&;](?:[\w.-]*(?:token|secret|password|passwd|key|code|signature|authorization))=)[^&#\s"']+/gi,
  /(\b(?:bearer|basic)\s+)[\w.~+/=-]{6,}/gi,
  /(\b[a-z][\w+.-]*:\/\/[^\s:/@]*:)[^\s@/]+(?=@)/gi,
];
const JWT = /\beyJ[\w-]{4,}\.[\w-]+\.[\w-]*/g;

/** Replaces secrets inside a text: in a URL's query and user info, after `Bearer`, and compact JWTs. */
export const redactText = (text: string): string =>
  SECRET_IN_TEXT.reduce((result, pattern) => result.replace(pattern, `$1${REDACTED}`), text).replace(
    JWT,
    REDACTED,
  );

const isSecretKey = (key: string) => SECRET_KEY.test(key.replace(/[-_\s]/g, '').toLowerCase());

const redactValue = (value: unknown, depth: number, seen: Set<object>): unknown => {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return value.toISOString();
  if (depth >= DEPTH_MAX || seen.has(value)) return '[…]';
  const inside = new Set(seen).add(value);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1, inside));
  if (value instanceof Error) return { name: value.name, message: redactText(value.message) };
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      isSecretKey(key) && item !== null && item !== undefined
        ? REDACTED
        : redactValue(item, depth + 1, inside),
    ]),
  );
};

/** A copy of `data` that may be logged: secrets replaced at any depth, cycles and depths beyond 8 cut. */
export const redact = (data: unknown): unknown => redactValue(data, 0, new Set());
