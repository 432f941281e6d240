import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AppError } from '../platform/app-error.js';
import { readMessage, splitFrame } from './incoming.js';

const outcomeOf = (item: unknown, index = 0) => {
  const incoming = readMessage(item, index);
  return 'error' in incoming ? [incoming.id, incoming.error.code] : incoming.message;
};

it('reads what a client of tRPC sends, and drops what it does not know', () => {
  const call = {
    id: 1,
    jsonrpc: '2.0',
    method: 'subscription',
    params: { path: 'streams.onEvent', input: { streamId: 'x' }, lastEventId: '1:2' },
  };
  expect(outcomeOf({ ...call, more: 1 })).toEqual(call);
  expect(outcomeOf({ id: 'a', method: 'subscription.stop', params: 1 })).toEqual({
    id: 'a',
    method: 'subscription.stop',
  });
});

it('refuses what stands behind the 60th place of its frame, under its id', () => {
  const stop = { id: 'a', method: 'subscription.stop' };
  expect(outcomeOf(stop, 59)).toEqual(stop);
  expect(outcomeOf(stop, 60)).toEqual(['a', 'RATE_LIMITED']);
});

it('never throws for any value, and answers under an id that it could read', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(100), (value, index) => {
      const incoming = readMessage(value, index);
      if (!('error' in incoming)) return;
      expect(incoming.error).toBeInstanceOf(AppError);
      expect(incoming.error.status).toBeLessThan(500);
      expect(['number', 'string', 'object']).toContain(typeof incoming.id);
    }),
  );
});

it('splits any JSON into messages, and throws MALFORMED_REQUEST for any other text', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(splitFrame(JSON.stringify(value))).toEqual(
        Array.isArray(value) ? JSON.parse(JSON.stringify(value)) : [JSON.parse(JSON.stringify(value))],
      );
    }),
  );
  fc.assert(
    fc.property(fc.string({ maxLength: 20 }), (text) => {
      try {
        splitFrame(text);
      } catch (error) {
        expect(error).toMatchObject({ code: 'MALFORMED_REQUEST' });
      }
    }),
  );
});
