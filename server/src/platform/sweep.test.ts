import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AppError } from './app-error.js';
import { createLogger } from './logger.js';
import { createSweep } from './sweep.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const set = (task: () => Promise<void>) => {
  const lines: string[] = [];
  const work = vi.fn(task);
  const logger = createLogger('DEBUG', (line) => lines.push(line));
  return { lines, work, ...createSweep({ work, intervalMs: 1000, logger, fault: 'Not done' }) };
};

it('works at its interval from when it is started until it is stopped', async () => {
  const { work, start, stop } = set(async () => {});
  await vi.advanceTimersByTimeAsync(3000);
  expect(work).not.toHaveBeenCalled();
  start();
  start();
  await vi.advanceTimersByTimeAsync(3000);
  expect(work).toHaveBeenCalledTimes(3);
  await stop();
  await vi.advanceTimersByTimeAsync(3000);
  expect(work).toHaveBeenCalledTimes(3);
});

it('waits for the run that is under way, and begins no other meanwhile', async () => {
  let finish = () => {};
  const { work, start, stop } = set(() => new Promise((resolve) => (finish = resolve)));
  start();
  await vi.advanceTimersByTimeAsync(5000);
  expect(work).toHaveBeenCalledTimes(1);
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
  const { lines, work, start, stop } = set(async () => {
    const failure = failures.shift();
    if (failure) throw failure;
  });
  start();
  await vi.advanceTimersByTimeAsync(3000);
  await stop();
  expect(work).toHaveBeenCalledTimes(3);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/Not done.*a fault/);
});

it('runs at once when it is asked to, together with whoever asked before, and tells them of a failure', async () => {
  let fail: (error: Error) => void = () => {};
  const { lines, work, run } = set(() => new Promise((_resolve, reject) => (fail = reject)));
  const both = Promise.allSettled([run(), run()]);
  fail(new Error('a fault'));
  expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect([work.mock.calls.length, lines.length]).toEqual([1, 0]);
});
