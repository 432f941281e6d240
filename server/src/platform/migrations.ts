import { setTimeout as sleep } from 'node:timers/promises';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';
import { AppError } from './app-error.js';
import { connectionOptions } from './database.js';
import { toDatabaseError } from './database-errors.js';
import { StartupError } from './startup-error.js';

/** Any number that no other program takes in this database; processes that start together take turns by it. */
const ADVISORY_LOCK_KEY = 7_302_019_450_118;
const VERSION_MIN = 150_000;
const CONNECT_ATTEMPTS = 6;
/** EX_UNAVAILABLE of sysexits.h. */
const UNAVAILABLE_EXIT_CODE = 69;

const unavailable = (sentence: string, cause?: unknown) =>
  new StartupError(sentence, UNAVAILABLE_EXIT_CODE, { cause });

/** Host and port, for messages; a URL holds a password. */
const addressOf = (url: string): string => new URL(url).host || 'its socket';

/** SQLSTATEs that no retry mends, as sentences. */
const refusals: Record<string, string> = {
  '28P01': 'refuses the password',
  '28000': 'refuses the user',
  '3D000': 'does not have the database that DATABASE_URL names',
};

const connectOnce = async (url: string): Promise<postgres.Sql> => {
  const sql = postgres(url, { ...connectionOptions, max: 1 });
  try {
    const [row] = await sql<
      { version: number }[]
    >`select current_setting('server_version_num')::int as version`;
    if (row && row.version < VERSION_MIN) {
      const found = Math.floor(row.version / 10_000);
      throw unavailable(
        `PostgreSQL at ${addressOf(url)} is version ${found}; version 15 or newer is needed.`,
      );
    }
    return sql;
  } catch (error) {
    await sql.end({ timeout: 1 });
    throw error;
  }
};

/**
 * Connects with exponential backoff and jitter for about six seconds, or sixteen where not even a refusal comes back;
 * what no retry mends is said at once.
 */
const connect = async (url: string): Promise<postgres.Sql> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await connectOnce(url);
    } catch (error) {
      if (error instanceof StartupError) throw error;
      const clean = toDatabaseError(error);
      const refusal = 'sqlState' in clean ? refusals[clean.sqlState] : undefined;
      if (refusal) throw unavailable(`PostgreSQL at ${addressOf(url)} ${refusal}.`, clean);
      if (attempt >= CONNECT_ATTEMPTS) {
        throw unavailable(
          `PostgreSQL at ${addressOf(url)} does not answer; check DATABASE_URL and that it runs.`,
          clean,
        );
      }
      await sleep(100 * 2 ** attempt * (0.5 + Math.random() / 2));
    }
  }
};

/**
 * Waits for the database, checks its version, and brings its tables up to date under an advisory lock, so that any
 * number of processes may start at once; what is done `afterwards` is too. Throws StartupError (69) with one sentence
 * when it cannot.
 */
export const migrateDatabase = async (
  url: string,
  migrationsDirectory: string,
  afterwards: (sql: postgres.Sql) => Promise<void> = async () => {},
): Promise<void> => {
  const sql = await connect(url);
  try {
    await sql`select pg_advisory_lock(${ADVISORY_LOCK_KEY})`;
    await migrate(drizzle(sql), { migrationsFolder: migrationsDirectory });
    await afterwards(sql);
  } catch (error) {
    const clean = toDatabaseError(error);
    const reason = clean instanceof AppError ? 'the connection was lost' : clean.message;
    throw unavailable(`The database at ${addressOf(url)} could not be migrated: ${reason}.`, clean);
  } finally {
    await sql.end({ timeout: 1 });
  }
};

/** As {@link migrateDatabase}, without changing anything: waits and checks the version. Returns the role of `url`. */
export const waitForDatabase = async (url: string): Promise<string> => {
  const sql = await connect(url);
  try {
    const [row] = await sql<{ role: string }[]>`select current_user as role`;
    return row?.role ?? '';
  } catch (error) {
    throw unavailable(`PostgreSQL at ${addressOf(url)} was lost.`, toDatabaseError(error));
  } finally {
    await sql.end({ timeout: 1 });
  }
};
