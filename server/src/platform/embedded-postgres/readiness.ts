import { setTimeout as delay } from 'node:timers/promises';
import postgres from 'postgres';
import { type Cluster, SUPERUSER } from './cluster.js';

export const HOST = '127.0.0.1';

/** `starting` is an answer too: the server lives, but still recovers from a crash. */
type Answer = 'ready' | 'starting' | 'refused' | 'none';

const POLL_MS = 10;

/** A server that accepts a connection and then says nothing is stuck. */
const CONNECT_SECONDS_MAX = 2;

/** PostgreSQL manual, appendix A. */
const INVALID_CATALOG_NAME = '3D000';
const CANNOT_CONNECT_NOW = '57P03';
const INVALID_PASSWORD = '28P01';

const codeOf = (error: unknown) => (error as { code?: unknown }).code;

const connect = (cluster: Cluster, port: number, database: string) =>
  postgres({
    host: HOST,
    port,
    database,
    user: SUPERUSER,
    password: cluster.password,
    ssl: false,
    max: 1,
    connect_timeout: CONNECT_SECONDS_MAX,
    fetch_types: false,
    onnotice: () => undefined,
  });

const ask = async (cluster: Cluster, port: number): Promise<Answer> => {
  const sql = connect(cluster, port, SUPERUSER);
  try {
    const [row] = await sql<{ directory: string }[]>`select current_setting('data_directory') as directory`;
    return row?.directory === cluster.directory ? 'ready' : 'refused';
  } catch (error) {
    if (codeOf(error) === CANNOT_CONNECT_NOW) return 'starting';
    return codeOf(error) === INVALID_PASSWORD ? 'refused' : 'none';
  } finally {
    await sql.end({ timeout: 0 });
  }
};

/**
 * Resolves to true as soon as the cluster answers queries on the port, and to false when another
 * cluster answers, when `isGivenUp` says so, or when nothing at all was heard for `silenceMsMax`.
 */
export const waitUntilReady = async (
  cluster: Cluster,
  port: number,
  silenceMsMax: number,
  isGivenUp: () => boolean | Promise<boolean>,
): Promise<boolean> => {
  let heardAt = performance.now();
  for (;;) {
    const answer = await ask(cluster, port);
    if (answer === 'ready') return true;
    if (answer === 'refused') return false;
    if (answer === 'starting') heardAt = performance.now();
    if ((await isGivenUp()) || performance.now() - heardAt > silenceMsMax) return false;
    await delay(POLL_MS);
  }
};

/** Creates the database unless it exists; true when it was created. The owner of the cluster calls it alone. */
export const ensureDatabase = async (cluster: Cluster, port: number, database: string): Promise<boolean> => {
  const probe = connect(cluster, port, database);
  try {
    await probe`select 1`;
    return false;
  } catch (error) {
    if (codeOf(error) !== INVALID_CATALOG_NAME) throw error;
  } finally {
    await probe.end({ timeout: 0 });
  }
  const sql = connect(cluster, port, SUPERUSER);
  try {
    await sql.unsafe(`create database "${database.replaceAll('"', '""')}"`);
    return true;
  } finally {
    await sql.end({ timeout: 0 });
  }
};
