import { afterEach, describe, expect, it, vi } from 'vitest';
import { failureOf, outcomeOf } from '../../test/outcome.js';
import { AppError } from '../platform/app-error.js';
import { createAppendQueue } from './append-queue.js';

const idle = { rooms: 0, waiting: 0 };

/** What lets everything end that a test has left under way, whose deadline would strike another test. */
const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

/** Statements that end when a test says so; each answers `<item>!` for its items. */
const openStatements = (options: { batchMax?: number; waitingMax?: number; deadlineMs?: number } = {}) => {
  const started: { room: string; items: string[]; succeed: () => void; fail: (error: Error) => void }[] = [];
  const queue = createAppendQueue<string, string>({
    ...options,
    append: (room, items) =>
      new Promise((resolve, reject) => {
        const succeed = () => resolve(items.map((item) => `${item}!`));
        started.push({ room, items, succeed, fail: reject });
      }),
  });
  endings.push(() =>
    vi.waitFor(() => {
      for (const { succeed } of started) succeed();
      expect(queue.size()).toEqual(idle);
    }),
  );
  const statement = (index: number) => started[index] ?? expect.fail(`statement ${index} has not started`);
  const batches = () => started.map(({ items }) => items);
  return { queue, statement, batches };
};

describe('the append queue', () => {
  it('starts at once in a quiet room', () => {
    const { queue, batches } = openStatements();
    void queue.push('a', '1');
    expect(batches()).toEqual([['1']]);
  });

  it('gathers what arrives meanwhile into the next statement, in order, and answers each caller', async () => {
    const { queue, statement, batches } = openStatements();
    const answers = ['1', '2', '3', '4'].map((item) => queue.push('a', item));
    expect(batches()).toEqual([['1']]);
    statement(0).succeed();
    expect(await answers[0]).toBe('1!');
    expect(batches()).toEqual([['1'], ['2', '3', '4']]);
    statement(1).succeed();
    expect(await Promise.all(answers)).toEqual(['1!', '2!', '3!', '4!']);
  });

  it('lets rooms not wait for each other', () => {
    const { queue, batches } = openStatements();
    for (const room of ['a', 'b', 'a', 'b']) void queue.push(room, room);
    expect(batches()).toEqual([['a'], ['b']]);
    expect(queue.size()).toEqual({ rooms: 2, waiting: 2 });
  });

  it('puts no more into a statement than its most', async () => {
    const { queue, statement, batches } = openStatements({ batchMax: 2 });
    const answers = ['1', '2', '3', '4', '5'].map((item) => queue.push('a', item));
    for (const index of [0, 1, 2]) {
      statement(index).succeed();
      await answers[index * 2];
    }
    expect(batches()).toEqual([['1'], ['2', '3'], ['4', '5']]);
  });

  it('fails everyone in the batch of a statement that failed, and nobody else', async () => {
    const { queue, statement } = openStatements();
    const answers = ['1', '2', '3'].map((item) => queue.push('a', item));
    statement(0).succeed();
    await answers[0];
    const later = queue.push('a', '4');
    statement(1).fail(new AppError('DEPENDENCY_UNAVAILABLE'));
    const outcomes = await Promise.all(answers.map(outcomeOf));
    expect(outcomes).toEqual(['ok', 'DEPENDENCY_UNAVAILABLE', 'DEPENDENCY_UNAVAILABLE']);
    statement(2).succeed();
    expect(await later).toBe('4!');
  });

  it('leaves nothing behind, whether statements succeed or fail', async () => {
    const { queue, statement } = openStatements();
    const [first, second] = [queue.push('a', '1'), queue.push('a', '2')];
    statement(0).fail(new AppError('INTERNAL_ERROR'));
    expect(await outcomeOf(first)).toBe('INTERNAL_ERROR');
    statement(1).succeed();
    await second;
    expect(queue.size()).toEqual(idle);
  });

  it('refuses more than may wait, and takes on again when there is room', async () => {
    const { queue, statement } = openStatements({ waitingMax: 1 });
    const [first, second] = [queue.push('a', '1'), queue.push('a', '2')];
    const refused = await failureOf(queue.push('b', '3'));
    expect([refused.code, refused.retryAfterMs]).toEqual(['OVERLOADED', 1000]);
    statement(0).succeed();
    await first;
    void queue.push('b', '4');
    expect(statement(2).items).toEqual(['4']);
    statement(1).succeed();
    expect(await second).toBe('2!');
  });

  it('gives up after the deadline, and never appends what had not been started by then', async () => {
    const { queue, statement, batches } = openStatements({ deadlineMs: 5 });
    const answers = ['1', '2'].map((item) => queue.push('a', item));
    expect(await Promise.all(answers.map(outcomeOf))).toEqual([
      'DEPENDENCY_UNAVAILABLE',
      'DEPENDENCY_UNAVAILABLE',
    ]);
    statement(0).succeed();
    await vi.waitFor(() => expect(queue.size()).toEqual(idle));
    expect(batches()).toEqual([['1']]);
  });
});
