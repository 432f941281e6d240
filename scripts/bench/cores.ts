import { spawnSync } from 'node:child_process';
import { availableParallelism, platform } from 'node:os';

const SERVER_CORE = 0;
const LOAD_CORE = 1;

/**
 * Leaves the first core to the servers: this process, and every child that it starts itself, runs on the second one.
 * Throws where that cannot be done.
 */
export const leaveServerCore = (): void => {
  if (platform() !== 'linux' || availableParallelism() < 2) {
    throw new Error('The benchmarks need Linux and two cores.');
  }
  const args = ['--all-tasks', '--pid', '--cpu-list', String(LOAD_CORE), String(process.pid)];
  const { status, error } = spawnSync('taskset', args, { stdio: 'ignore' });
  if (status !== 0) throw new Error('taskset, of the package util-linux, cannot be run.', { cause: error });
};

/** The command line that runs Node on the servers' core. */
export const onServerCore = (args: string[]): [command: string, args: string[]] => [
  'taskset',
  ['--cpu-list', String(SERVER_CORE), process.execPath, ...args],
];
