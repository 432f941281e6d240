import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.js';

/** Whether this machine has a Redis to test with, as CI has for one of its runs. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

export type TestRedis = {
  url: string;
  process: ChildProcess;
  stop(): Promise<void>;
};

const answers = async (port: number): Promise<boolean> => {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
};

/** A Redis of the test's own, which keeps nothing. Resolves when it answers. */
export const startRedis = async (port?: number): Promise<TestRedis> => {
  const ownPort = port ?? (await freePort());
  const child = spawn('redis-server', ['--port', String(ownPort), '--bind', '127.0.0.1', '--save', ''], {
    stdio: 'ignore',
  });
  while (!(await answers(ownPort))) await sleep(20);
  return {
    url: `redis://127.0.0.1:${ownPort}`,
    process: child,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
};
