import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { migrationsDirectory } from '../../server/src/open-database.js';
import { startEmbeddedPostgres } from '../../server/src/platform/embedded-postgres/embedded-postgres.js';
import { migrateDatabase } from '../../server/src/platform/migrations.js';

export type BenchDatabase = {
  url: string;
  /** As PostgreSQL says it: `18.4`. */
  version: string;
  sql: postgres.Sql;
  stop(): Promise<void>;
};

/** What everyone sets where the disk is an SSD; with 4.0 the planner reads all users to find twenty. fsync stays on. */
export const databaseSettings = { random_page_cost: '1.1' };

/** An empty, migrated database in a temporary folder. */
export const startBenchDatabase = async (): Promise<BenchDatabase> => {
  const directory = await mkdtemp(join(tmpdir(), 'versbottomlex-bench-'));
  // Started by root, the database runs as a user who has to reach its data here.
  await chmod(directory, 0o755);
  const server = await startEmbeddedPostgres({ directory, database: 'bench', settings: databaseSettings });
  await migrateDatabase(server.url, migrationsDirectory);
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  const [row] = await sql<{ version: string }[]>`select current_setting('server_version') as version`;
  return {
    url: server.url,
    version: row?.version ?? '',
    sql,
    stop: async () => {
      await sql.end();
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
