import { expect, it, vi } from 'vitest';
import { createEventBus } from '../platform/event-bus.js';
import { createSharedAnswers } from './shared-answers.js';

const set = () => {
  const bus = createEventBus();
  let nowMs = 0;
  const answers = createSharedAnswers(bus, () => nowMs);
  return {
    bus,
    answers,
    advance: (ms: number) => {
      nowMs += ms;
    },
  };
};

const deferred = () => {
  let resolve: (body: string) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<string>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
};

it('keeps an answer for a second from when it was begun', async () => {
  const { answers, advance } = set();
  const work = deferred();
  const answer = answers.share('/a', () => work.promise);
  advance(400);
  work.resolve('one');
  expect(await answer).toBe('one');
  advance(599);
  expect(answers.find('/a')).toBe('one');
  advance(1);
  expect(answers.find('/a')).toBeUndefined();
});

it('computes once for all who ask meanwhile', async () => {
  const { answers } = set();
  const work = deferred();
  const compute = vi.fn(() => work.promise);
  const all = Promise.all(Array.from({ length: 50 }, () => answers.share('/a', compute)));
  work.resolve('one');
  expect(new Set(await all)).toEqual(new Set(['one']));
  expect(compute).toHaveBeenCalledTimes(1);
});

it('does not keep failures', async () => {
  const { answers } = set();
  await expect(answers.share('/a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(answers.find('/a')).toBeUndefined();
  expect(await answers.share('/a', async () => 'two')).toBe('two');
});

it.each([
  { type: 'streamChanged', streamId: 's' },
  { type: 'identityChanged', userId: 'u' },
] as const)('forgets everything at once on $type', async (event) => {
  const { answers, bus } = set();
  await answers.share('/a', async () => 'one');
  bus.publish(event);
  expect(answers.find('/a')).toBeUndefined();
});

it('neither keeps nor hands on what was begun before a change', async () => {
  const { answers, bus } = set();
  const before = deferred();
  const after = deferred();
  const first = answers.share('/a', () => before.promise);
  bus.publish({ type: 'streamChanged', streamId: 's' });
  const second = answers.share('/a', () => after.promise);
  before.resolve('old');
  expect(await first).toBe('old');
  expect(answers.find('/a')).toBeUndefined();
  after.resolve('new');
  expect(await second).toBe('new');
  expect(answers.find('/a')).toBe('new');
});

it('keeps at most 500 answers', async () => {
  const { answers } = set();
  for (let index = 0; index < 501; index += 1) await answers.share(`/${index}`, async () => 'one');
  expect(answers.find('/0')).toBeUndefined();
  expect(answers.find('/1')).toBe('one');
});
