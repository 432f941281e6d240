const REDACTED = '[REDACTED]';
const DEPTH_MAX = 8;

/** Keys whose values never reach a log, whatever the case and the separators. */
const SECRET_KEY =
  /pass(word|wd|phrase|code)|pwd|secret|token|jwt|cookie|authorization|bearer|(api|access|stream|private|signing|encryption)key|credential|card(number|holder)?$|securitycode|cvc|cvv|iban|session(id)?$|signature|csrf/;

const SECRET_NAME =
  '[\\w.-]*(?:token|secret|password|passwd|passphrase|key|code|jwt|signature|authorization|cookie)';

/**
 * Inside a text, what stands after a secret's name and after the marks of a credential. Each pattern starts where none
 * of its own repetitions could have started before, so that hostile text costs no more than its length.
 */
const SECRET_IN_TEXT = [
  new RegExp(`((?:^|[?&;#\\s])${SECRET_NAME}=)[^&#;\\s"']+`, 'gi'),
  new RegExp(`(["']${SECRET_NAME}["']\\s*:\\s*["'])[^"']+`, 'gi'),
  /(\b(?:bearer|basic)\s+)[\w.~+/=-]{6,}/gi,
  /((?<![\w+.-])[a-z][\w+.-]*:\/\/[^\s:/@]*:)[^\s/]+(?=@)/gi,
];
const JWT = /(?<![\w-])eyJ[\w-]{4,}\.[\w-]+\.[\w-]*/g;

/** Replaces secrets inside a text: in queries, JSON and user info of URLs, after `Bearer`, and compact JWTs. */
export const redactText = (text: string): string =>
  SECRET_IN_TEXT.reduce((result, pattern) => result.replace(pattern, `$1${REDACTED}`), text).replace(
    JWT,
    REDACTED,
  );

const isSecretKey = (key: string) => SECRET_KEY.test(key.replace(/[^a-z0-9]/gi, '').toLowerCase());

const redactEntry = (key: string, value: unknown, depth: number, inside: Set<object>): unknown =>
  isSecretKey(key) && value !== null && value !== undefined ? REDACTED : redactValue(value, depth, inside);

const redactObject = (value: object, depth: number, outside: Set<object>): unknown => {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth >= DEPTH_MAX || outside.has(value)) return '[…]';
  const inside = new Set(outside).add(value);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1, inside));
  if (value instanceof Error) return { name: value.name, message: redactText(value.message) };
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [redactText(key), redactEntry(key, item, depth + 1, inside)]),
  );
};

const redactValue = (value: unknown, depth: number, outside: Set<object>): unknown => {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  // JSON would call an object's own toJSON, whose answer nobody has looked at.
  if (typeof value === 'function') return undefined;
  return typeof value === 'object' && value !== null ? redactObject(value, depth, outside) : value;
};

/** A copy of `data` that may be logged: secrets replaced at any depth, cycles and depths beyond 8 cut. */
export const redact = (data: unknown): unknown => redactValue(data, 0, new Set());
