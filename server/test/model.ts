import * as schema from '@versbottomlex/database';
import { type SQL, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { inject } from 'vitest';
import { createTestDatabase } from './database.js';
import * as rows from './rows.js';

const property = (error: object, name: string): string | undefined => {
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** What refused a statement: the constraint's name, the SQLSTATE where none is named, or `accepted`. */
export const refusalOf = async (statement: PromiseLike<unknown>): Promise<string> => {
  try {
    await statement;
    return 'accepted';
  } catch (error) {
    const root = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    if (!(root instanceof Error)) throw error;
    return property(root, 'constraint_name') ?? property(root, 'code') ?? root.message;
  }
};

/** The tables, in a database of this test file's own, without any service in between. */
export const openModel = async () => {
  const own = await createTestDatabase(inject('databaseServerUrl'), inject('templateDatabase'));
  const driver = postgres(own.url, { max: 4, onnotice: () => {}, connection: { TimeZone: 'UTC' } });
  const db = drizzle(driver, { schema });

  const addUser = async (given: Partial<rows.UserRow> = {}): Promise<string> => {
    const row = rows.userRow(given);
    await db.insert(schema.users).values(row);
    return row.id;
  };
  const addStream = async (given: Partial<rows.StreamRow> = {}): Promise<string> => {
    const row = rows.streamRow({ ...given, performerId: given.performerId ?? (await addUser()) });
    await db.insert(schema.streams).values(row);
    return row.id;
  };

  return {
    db,
    url: own.url,
    addUser,
    addStream,
    /** Runs a statement that drizzle's types would not allow. */
    query: async (statement: SQL): Promise<Record<string, unknown>[]> => [...(await db.execute(statement))],
    /** The columns of a table that may be null. */
    nullableColumns: async (table: string): Promise<string[]> => {
      const found = await db.execute<{ name: string }>(sql`
        select column_name as name from information_schema.columns
        where table_schema = 'public' and table_name = ${table} and is_nullable = 'YES' order by 1`);
      return found.map((row) => row.name);
    },
    close: async () => {
      await driver.end({ timeout: 5 });
      await own.drop();
    },
  };
};
