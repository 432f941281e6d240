import { AppError } from './app-error.js';

/** What may be known of a failed statement: never its SQL, its parameters or PostgreSQL's words, which hold both. */
export class DatabaseError extends Error {
  readonly sqlState: string;
  readonly constraint: string | undefined;

  constructor(sqlState: string, constraint: string | undefined) {
    super(`statement failed with SQLSTATE ${sqlState}${constraint ? ` on ${constraint}` : ''}`);
    this.name = 'DatabaseError';
    this.sqlState = sqlState;
    this.constraint = constraint;
  }
}

const RETRY_AFTER_MS = 1000;

/** SQLSTATE classes and codes, and the driver's own codes, that say "not now" instead of "wrong". */
const AWAY = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  '25P02',
  '40001',
  '40P01',
  '53300',
  '55P03',
  '57014',
  '57P01',
  '57P02',
  '57P03',
  '57P05',
  '58000',
  '58030',
]);

const isAway = (code: string) => AWAY.has(code) || code.startsWith('08') || code.startsWith('53');

const codeOf = (error: object): string =>
  'code' in error && typeof error.code === 'string' ? error.code : 'XX000';

/** Finds the driver's error below drizzle's wrapping, whose message holds the statement and its parameters. */
const rootOf = (error: unknown): object => {
  let root: unknown = error;
  while (root instanceof Error && root.cause instanceof Error) root = root.cause;
  return typeof root === 'object' && root !== null ? root : new Error('unknown');
};

/** A database that is away, starting, full or too slow, as clients are told. */
export const databaseUnavailable = (cause?: unknown): AppError =>
  new AppError('DEPENDENCY_UNAVAILABLE', {
    detail: 'The database is not reachable at the moment; try again shortly.',
    retryAfterMs: RETRY_AFTER_MS,
    cause,
  });

/** Translates whatever a statement failed with into DEPENDENCY_UNAVAILABLE or a DatabaseError. */
export const toDatabaseError = (error: unknown): AppError | DatabaseError => {
  const root = rootOf(error);
  const code = codeOf(root);
  const constraint =
    'constraint_name' in root && typeof root.constraint_name === 'string' ? root.constraint_name : undefined;
  const clean = new DatabaseError(code, constraint);
  return isAway(code) ? databaseUnavailable(clean) : clean;
};

/** Runs `statement`; a violation of one of the named constraints becomes the error that `translations` makes for it. */
export const translating = async <T>(
  statement: Promise<T>,
  translations: Record<string, () => AppError>,
): Promise<T> => {
  try {
    return await statement;
  } catch (error) {
    const translate =
      error instanceof DatabaseError && error.constraint ? translations[error.constraint] : undefined;
    throw translate ? translate() : error;
  }
};
