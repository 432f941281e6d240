import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError } from './app-error.js';
import { decodeCursor, encodeCursor, toPage } from './cursor.js';

const Place = z.tuple([z.uuid(), z.int()]);

const codeOf = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return error instanceof AppError ? error.code : error;
  }
};

describe('a cursor', () => {
  it('is read back as the place that it was made of', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.integer(), (id, count) => {
        expect(decodeCursor(encodeCursor([id, count]), Place)).toEqual([id, count]);
      }),
    );
  });

  it('needs no escaping in a URL', () => {
    fc.assert(fc.property(fc.string(), (text) => /^[\w-]*$/.test(encodeCursor([text]))));
  });

  it('of another list, or made up, is VALIDATION_FAILED and names its field', () => {
    const foreign = encodeCursor(['not-a-uuid', 1]);
    for (const cursor of ['', 'x', '🙂', 'null', foreign, encodeCursor([]), `${foreign}x`]) {
      expect(codeOf(() => decodeCursor(cursor, Place))).toBe('VALIDATION_FAILED');
    }
    try {
      decodeCursor(foreign, Place);
    } catch (error) {
      expect(error).toMatchObject({
        errors: [{ path: 'cursor', message: 'is not a nextCursor of this list' }],
      });
    }
  });

  it('is never more than a refusal, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(codeOf(() => decodeCursor(text, Place))).toBe('VALIDATION_FAILED');
      }),
    );
  });
});

describe('a page', () => {
  const rows = (count: number) => Array.from({ length: count }, (_, index) => ({ id: index }));
  const placeOf = (row: { id: number }) => [row.id];

  it('leads to the next one when a row more than asked for was there', () => {
    const page = toPage(rows(4), 3, placeOf);
    expect(page.items.map(({ id }) => id)).toEqual([0, 1, 2]);
    expect(decodeCursor(page.nextCursor ?? '', z.tuple([z.int()]))).toEqual([2]);
  });

  it.each([0, 1, 3])('of %i of at most 3 rows is the last one', (count) => {
    expect(toPage(rows(count), 3, placeOf)).toEqual({ items: rows(count), nextCursor: null });
  });
});
