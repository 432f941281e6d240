import { randomUUID } from 'node:crypto';
import postgres from 'postgres';

/** How a test file makes a database of its own. `TEST_DATABASE_URL` or the embedded server set it up, see global-setup. */
declare module 'vitest' {
  interface ProvidedContext {
    databaseServerUrl: string;
    templateDatabase: string;
  }
}

const urlOf = (serverUrl: string, database: string): string => {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
};

const administer = async (serverUrl: string, run: (sql: postgres.Sql) => Promise<unknown>): Promise<void> => {
  const sql = postgres(serverUrl, { max: 1, onnotice: () => {} });
  try {
    await run(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
};

export type TestDatabase = { url: string; drop(): Promise<void> };

/** A new database, empty or a copy of `template`. */
export const createTestDatabase = async (serverUrl: string, template?: string): Promise<TestDatabase> => {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await administer(serverUrl, (sql) =>
    // Copies files instead of logging every page, which takes a third of the time where nothing is synchronised.
    sql.unsafe(`create database ${name} template ${template ?? 'template0'} strategy file_copy`),
  );
  return {
    url: urlOf(serverUrl, name),
    drop: () => administer(serverUrl, (sql) => sql.unsafe(`drop database if exists ${name} with (force)`)),
  };
};
