import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AppError } from '../platform/app-error.js';
import { createLogger } from '../platform/logger.js';
import { createSweep } from './provider-sweep.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const set = (work: () => Promise<void>) => {
  const lines: string[] = [];
  const sweep = vi.fn(work);
  const { start, stop } = createSweep(
    sweep,
    createLogger('DEBUG', (line) => lines.push(line)),
  );
  return { lines, sweep, start, stop };
};

it('sweeps every second from when it is started until it is stopped', async () => {
  const { sweep, start, stop } = set(async () => {});
  await vi.advanceTimersByTimeAsync(3000);
  expect(sweep).not.toHaveBeenCalled();
  start();
  start();
  await vi.advanceTimersByTimeAsync(3000);
  expect(sweep).toHaveBeenCalledTimes(3);
  await stop();
  await vi.advanceTimersByTimeAsync(3000);
  expect(sweep).toHaveBeenCalledTimes(3);
});

it('waits for the sweep that is under way, and begins no other meanwhile', async () => {
  let finish = () => {};
  const { sweep, start, stop } = set(() => new Promise((resolve) => (finish = resolve)));
  start();
  await vi.advanceTimersByTimeAsync(5000);
  expect(sweep).toHaveBeenCalledTimes(1);
  let isStopped = false;
  const stopping = stop().then(() => {
    isStopped = true;
  });
  await vi.advanceTimersByTimeAsync(0);
  expect(isStopped).toBe(false);
  finish();
  await stopping;
});

it('goes on after failures, and logs those that are faults of ours', async () => {
  const failures = [new AppError('DEPENDENCY_UNAVAILABLE'), new Error('a fault')];
  const { lines, sweep, start, stop } = set(async () => {
    const failure = failures.shift();
    if (failure) throw failure;
  });
  start();
  await vi.advanceTimersByTimeAsync(3000);
  await stop();
  expect(sweep).toHaveBeenCalledTimes(3);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('a fault');
});
