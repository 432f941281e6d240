import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { projectDirectory } from '../src/config.js';
import { highLimits } from './high-limits.js';

export type ServerProcess = {
  url: string;
  process: ChildProcess;
  /** Every line of standard output, which are log lines. */
  logs: Record<string, unknown>[];
  /** Everything that was written to standard error. */
  errors(): string;
  /** Sends the signal and resolves with the exit code when the process has ended. */
  end(signal: NodeJS.Signals): Promise<number | null>;
};

/** Runs the server that was built for the tests in a process of its own; secrets are for tests, limits out of reach. */
export const spawnServer = (environment: Record<string, string>): ChildProcess =>
  spawn(process.execPath, ['server/dist/main.js'], {
    cwd: projectDirectory,
    env: { PATH: process.env.PATH, NODE_ENV: 'test', PORT: '0', ...highLimits, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

const collect = (child: ChildProcess) => {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text;
};

const exitOf = async (child: ChildProcess): Promise<number | null> => {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const [code] = await once(child, 'exit');
  return code as number | null;
};

/** Starts a server and resolves when it listens. Throws with its standard error when it ends instead. */
export const startServerProcess = async (environment: Record<string, string>): Promise<ServerProcess> => {
  const child = spawnServer(environment);
  const errors = collect(child);
  const logs: Record<string, unknown>[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${errors()}`)));
    if (child.stdout === null) return reject(new Error('no output'));
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = JSON.parse(text) as { message: string; data?: { port?: number } };
      logs.push(line);
      if (line.message === 'Server listening') resolve(`http://127.0.0.1:${line.data?.port}`);
    });
  });
  return {
    url,
    process: child,
    logs,
    errors,
    end: (signal) => {
      child.kill(signal);
      return exitOf(child);
    },
  };
};

/** Runs a server that is expected to refuse to start. */
export const runToExit = async (
  environment: Record<string, string>,
): Promise<{ code: number | null; errors: string }> => {
  const child = spawnServer(environment);
  const errors = collect(child);
  child.stdout?.resume();
  const code = await exitOf(child);
  return { code, errors: errors() };
};
