import { readClusterPassword, SUPERUSER } from './cluster.js';
import { clusterIn, placeDatabase } from './placement.js';
import { findPostmaster } from './postmaster.js';
import { HOST, waitUntilReady } from './readiness.js';

/** For a server that is up already. */
const SILENCE_MS_MAX = 2000;

/** The URL of the database that a running server of this data folder uses; undefined when none runs. */
export const findEmbeddedPostgres = async (
  directory: string,
  database: string,
): Promise<string | undefined> => {
  const { base } = await placeDatabase(directory);
  const clusterDirectory = clusterIn(base);
  const password = await readClusterPassword(clusterDirectory).catch(() => undefined);
  if (password === undefined) return undefined;
  const cluster = { directory: clusterDirectory, password };
  const postmaster = await findPostmaster(cluster);
  if (postmaster === null || postmaster.port === 0) return undefined;
  if (!(await waitUntilReady(cluster, postmaster.port, SILENCE_MS_MAX, async () => false))) return undefined;
  return `postgres://${SUPERUSER}:${password}@${HOST}:${postmaster.port}/${encodeURIComponent(database)}`;
};
