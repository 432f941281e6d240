import { describe, expect, it, vi } from 'vitest';
import { createFeed, FeedStart } from './feed.js';

const opened = { tell: () => {} };
const outlet = { write: () => {} };

const make = (signal: AbortSignal = new AbortController().signal) => {
  const open = vi.fn(() => opened);
  const close = vi.fn();
  const { feed, end } = createFeed(open, signal, close);
  const iterator = feed[Symbol.asyncIterator]();
  const start = async () => {
    const { value } = (await iterator.next()) as { value: unknown };
    if (!(value instanceof FeedStart)) throw new Error('no start');
    return value;
  };
  return { open, close, end, iterator, start };
};

describe('a feed', () => {
  it('yields its start once, and then waits for its end', async () => {
    const { iterator, start, open, close, end } = make();
    expect((await start()).open(outlet, { id: 1 })).toBe(opened);
    const next = iterator.next();
    end();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(open).toHaveBeenCalledTimes(1);
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('fails with the error it ended with, also when nobody was waiting yet', async () => {
    const { iterator, end } = make();
    end(new Error('banned'));
    await new Promise(setImmediate);
    await expect(iterator.next()).rejects.toThrow('banned');
  });

  it('closes once, whatever ends it, and keeps no listener', async () => {
    const aborting = new AbortController();
    const removed = vi.spyOn(aborting.signal, 'removeEventListener');
    const { iterator, start, close, end } = make(aborting.signal);
    await start();
    aborting.abort();
    end(new Error('too late'));
    await iterator.return?.();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(close).toHaveBeenCalledTimes(1);
    expect(removed).toHaveBeenCalledTimes(1);
  });

  it('is over from the beginning when its signal was aborted before', async () => {
    const { iterator, close } = make(AbortSignal.abort());
    expect(close).toHaveBeenCalledTimes(1);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it('does not open once it has ended between its start and its opening', async () => {
    const { start, open, end } = make();
    const yielded = await start();
    end(new Error('banned'));
    yielded.open(outlet, { id: 1 }).tell({});
    expect(open).not.toHaveBeenCalled();
  });
});
