import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from './app-error.js';
import { createStatementQueue } from './statement-queue.js';

const DEADLINE_MS = 3000;
const WAITING_MAX = 5000;

class TooLate extends Error {}

/** A queue, and statements that run in it until they are told to end. */
const setUp = (activeMax: number) => {
  const queue = createStatementQueue({ activeMax, deadlineMs: DEADLINE_MS, tooLate: () => new TooLate() });
  const started: string[] = [];
  const run = (name: string) => {
    let succeed = () => {};
    let fail = (_error: Error) => {};
    const statement = new Promise<string>((resolve, reject) => {
      succeed = () => resolve(name);
      fail = reject;
    });
    const outcome = queue
      .run(() => {
        started.push(name);
        return statement;
      })
      .catch((error: unknown) => error);
    return { outcome, succeed, fail };
  };
  return { queue, started, run };
};

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a statement', () => {
  it('starts at once while there is room, and then in the order of the calls', async () => {
    const { started, run } = setUp(2);
    const statements = ['a', 'b', 'c', 'd'].map(run);
    expect(started).toEqual(['a', 'b']);
    statements[1]?.succeed();
    await statements[1]?.outcome;
    await vi.waitFor(() => expect(started).toEqual(['a', 'b', 'c']));
    statements[0]?.fail(new Error('failed'));
    await vi.waitFor(() => expect(started).toEqual(['a', 'b', 'c', 'd']));
  });

  it('settles as it does, success or failure', async () => {
    const { run } = setUp(2);
    const [good, bad] = [run('good'), run('bad')];
    good.succeed();
    bad.fail(new Error('bad'));
    expect(await good.outcome).toBe('good');
    expect(await bad.outcome).toEqual(new Error('bad'));
  });

  it('that is too late before it started never starts', async () => {
    const { started, run } = setUp(1);
    const first = run('first');
    const late = run('late');
    await vi.advanceTimersByTimeAsync(DEADLINE_MS - 1);
    const last = run('last');
    await vi.advanceTimersByTimeAsync(1);
    expect(await late.outcome).toBeInstanceOf(TooLate);

    first.succeed();
    await vi.waitFor(() => expect(started).toEqual(['first', 'last']));
    last.succeed();
    expect(await last.outcome).toBe('last');
    expect(started).not.toContain('late');
  });

  it('that runs past the deadline is too late for its caller, and keeps its place until it ends', async () => {
    const { started, run } = setUp(1);
    const slow = run('slow');
    await vi.advanceTimersByTimeAsync(DEADLINE_MS);
    expect(await slow.outcome).toBeInstanceOf(TooLate);

    const next = run('next');
    expect(started).toEqual(['slow']);
    slow.succeed();
    await vi.waitFor(() => expect(started).toEqual(['slow', 'next']));
    next.succeed();
    expect(await next.outcome).toBe('next');
  });

  it('that cannot even start fails, and gives its place to the next', async () => {
    const { queue } = setUp(1);
    const broken = () => {
      throw new Error('not a statement');
    };
    const outcomes = await Promise.allSettled([
      queue.run(broken),
      queue.run(broken),
      queue.run(async () => 'fine'),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  });

  it('leaves no timer behind', async () => {
    const { run } = setUp(1);
    const [first, second] = [run('first'), run('second')];
    first.succeed();
    second.succeed();
    await Promise.all([first.outcome, second.outcome]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

it(`is OVERLOADED beyond ${WAITING_MAX} waiting statements, and takes more when they are done`, async () => {
  const { queue, run } = setUp(1);
  const first = run('first');
  const waiting = Array.from({ length: WAITING_MAX }, (_, index) => queue.run(async () => index));
  const refused = await run('one too many').outcome;
  expect(refused).toBeInstanceOf(AppError);
  expect(refused).toMatchObject({ code: 'OVERLOADED', retryAfterMs: 1000 });

  first.succeed();
  expect(await Promise.all(waiting)).toHaveLength(WAITING_MAX);
  expect(await queue.run(async () => 'after')).toBe('after');
});
