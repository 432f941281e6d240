import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError } from './app-error.js';
import { decodeCursor, decodeMomentCursor, encodeCursor, toPage } from './cursor.js';

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

  it('of a moment is read as the place after it, and none as the start', () => {
    const place = ['2026-01-02T03:04:05.678Z', '018f4e2a-7b1c-7d3e-9f00-0123456789ab'] as const;
    const [afterAt, afterId] = place;
    expect(decodeMomentCursor(encodeCursor(place))).toEqual({ afterAt, afterId });
    expect(decodeMomentCursor(undefined)).toEqual({ afterAt: null, afterId: null });
    expect(codeOf(() => decodeMomentCursor(encodeCursor([afterId, afterAt])))).toBe('VALIDATION_FAILED');
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
