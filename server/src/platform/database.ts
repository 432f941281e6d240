import * as schema from '@versbottomlex/database';
import { toIsoTimestamp } from '@versbottomlex/database';
import { fillPlaceholders, type SQL, type SQLWrapper } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { z } from 'zod';
import { AppError } from './app-error.js';
import { createConnectionWatch } from './connection-watch.js';
import { databaseUnavailable, toDatabaseError } from './database-errors.js';
import { createStatementQueue } from './statement-queue.js';

/** A caller waits no longer than this for the database, and then hears 503. */
const DEADLINE_MS = 3000;
/** Below the deadline, so that the server gives up before its client does and no connection is held for nobody. */
const STATEMENT_TIMEOUT_MS = 2800;
const LOCK_TIMEOUT_MS = 2000;
const CONNECT_TIMEOUT_SECONDS = 2;
const BACKOFF_SECONDS_MAX = 0.5;
const CLOSE_TIMEOUT_SECONDS = 5;

export type DatabaseClient = PostgresJsDatabase<typeof schema> & { $client: postgres.Sql };

export type Database = {
  client: DatabaseClient;
  /** Runs a statement: after 3 s it is DEPENDENCY_UNAVAILABLE, and any failure is free of SQL and parameters. */
  run<T>(start: () => Promise<T>): Promise<T>;
  /** Whether the database answers. */
  isReachable(): Promise<boolean>;
  /** The same database by a connection of its own, for statements that may take this long; the caller closes it. */
  patient(statementTimeoutMs: number): Database;
  close(): Promise<void>;
};

/** Exponential from 50 ms to 500 ms, with jitter, so that a returning database is not met by every node at once. */
const backoff = (attempt: number): number =>
  Math.min(0.05 * 2 ** attempt, BACKOFF_SECONDS_MAX) * (0.5 + Math.random() / 2);

/** The driver's options that every connection of ours has: UTC, bounded waits, quick reconnects. */
export const connectionOptions = {
  connect_timeout: CONNECT_TIMEOUT_SECONDS,
  backoff,
  onnotice: () => {},
  // Drizzle reads and writes arrays itself, which saves a query at every connection.
  fetch_types: false,
  connection: { application_name: 'versbottomlex', TimeZone: 'UTC' },
} as const;

/**
 * A pool that opens connections when they are needed, reconnects by itself, and never makes a caller wait longer than
 * the deadline. Nothing connects before the first statement.
 */
export const createDatabase = (options: {
  url: string;
  poolMax: number;
  prepare: boolean;
  statementTimeoutMs?: number;
}): Database => {
  const { statementTimeoutMs = STATEMENT_TIMEOUT_MS } = options;
  const deadlineMs = statementTimeoutMs + DEADLINE_MS - STATEMENT_TIMEOUT_MS;
  const watch = createConnectionWatch({ silenceMs: deadlineMs });
  const driver = postgres(options.url, {
    ...connectionOptions,
    // The driver's types do not know of it.
    ...{ socket: watch.open },
    max: options.poolMax,
    prepare: options.prepare,
    connection: {
      ...connectionOptions.connection,
      statement_timeout: statementTimeoutMs,
      lock_timeout: LOCK_TIMEOUT_MS,
    },
  });
  const client = drizzle(driver, { schema });
  const queue = createStatementQueue({
    activeMax: options.poolMax,
    deadlineMs,
    tooLate: () => {
      watch.closeSilent();
      return databaseUnavailable();
    },
  });
  const run = <T>(start: () => Promise<T>): Promise<T> =>
    queue.run(start).catch((error: unknown) => {
      throw error instanceof AppError ? error : toDatabaseError(error);
    });
  return {
    client,
    run,
    isReachable: () => run(async () => (await driver`select 1`).length === 1).catch(() => false),
    patient: (timeoutMs) => createDatabase({ ...options, poolMax: 1, statementTimeoutMs: timeoutMs }),
    close: () => driver.end({ timeout: CLOSE_TIMEOUT_SECONDS }),
  };
};

type Prepared<Row> = { execute(values?: Record<string, unknown>): Promise<Row> };

/**
 * A statement that is parsed and planned once a connection instead of once a call. `build` names it; the result runs
 * it on any database. Declare it at the top of a module.
 */
export const prepared = <Row>(build: (client: DatabaseClient) => Prepared<Row>) => {
  const statements = new WeakMap<Database, Prepared<Row>>();
  return (database: Database, values?: Record<string, unknown>): Promise<Row> => {
    let statement = statements.get(database);
    if (!statement) {
      statement = build(database.client);
      statements.set(database, statement);
    }
    const ready = statement;
    return database.run(() => ready.execute(values));
  };
};

const dialect = new PgDialect();

/**
 * Makes a statement's text once, with its name in front for whoever reads pg_stat_activity. The driver prepares it by
 * that text, and is called directly, because drizzle wraps each call in more work than the driver's own.
 */
const compile = (name: string, statement: SQL) => {
  const { sql, params } = dialect.sqlToQuery(statement);
  const text = `/* ${name} */ ${sql}`;
  return ({ client }: Database, values: Record<string, unknown> = {}) =>
    client.$client.unsafe(text, fillPlaceholders(params, values) as postgres.ParameterOrJSON<never>[], {
      prepare: true,
    });
};

/**
 * As {@link prepared}, for a statement that the query builder cannot say, such as one that writes several tables. Each
 * row of the answer is checked by `row`, whose keys are the statement's column names.
 */
export const preparedSql = <Row extends z.ZodType>(name: string, row: Row, statement: SQL) => {
  const rows = z.array(row);
  const send = compile(name, statement);
  return async (database: Database, values?: Record<string, unknown>): Promise<z.output<Row>[]> =>
    rows.parse([...(await database.run(() => send(database, values)))]);
};

/**
 * As {@link prepared}, for a select of many rows that is run often. `toRow` reads a row from its values, in the order of
 * the selected columns and as the driver gives them; drizzle would look up the column of every value anew.
 */
export const preparedRows = <Row, Values extends unknown[]>(
  name: string,
  select: SQLWrapper,
  toRow: (values: Values) => Row,
) => {
  const send = compile(name, select.getSQL());
  return async (database: Database, values?: Record<string, unknown>): Promise<Row[]> => {
    const rows: unknown[][] = await database.run(() => send(database, values).values());
    return rows.map((row) => toRow(row as Values));
  };
};

/** The row of a statement that always gives one, such as the call of a function. */
export const onlyRow = async <Row>(rows: Promise<Row[]>): Promise<Row> => {
  const [row] = await rows;
  if (row === undefined) throw new Error('a statement gave no row');
  return row;
};

/** A `bigint` in a row of {@link preparedSql}, which comes as text; ours are below what a number holds exactly. */
export const BigintColumn = z.coerce.number().int();

/** A `timestamptz` in a row of {@link preparedSql}, as ISO 8601. */
export const InstantColumn = z.string().transform(toIsoTimestamp);
