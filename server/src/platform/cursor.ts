import { z } from 'zod';
import { invalidField } from './app-error.js';

/** The place of a list that is ordered by a moment, and by an id where moments are the same. */
const MomentPlace = z.tuple([z.iso.datetime(), z.uuid()]);

/** Packs the place where a page ended; opaque to clients, who hand it back unchanged. */
export const encodeCursor = (place: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(place)).toString('base64url');

/** Unpacks a cursor that must hold what `shape` says. Throws VALIDATION_FAILED for any other text. */
export const decodeCursor = <Shape extends z.ZodType>(cursor: string, shape: Shape): z.output<Shape> => {
  try {
    return shape.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch {
    throw invalidField('cursor', 'is not a nextCursor of this list');
  }
};

/** Where a list that is ordered by a moment goes on; nulls are its start. Throws as {@link decodeCursor}. */
export const decodeMomentCursor = (
  cursor: string | undefined,
): { afterAt: string | null; afterId: string | null } => {
  if (cursor === undefined) return { afterAt: null, afterId: null };
  const [afterAt, afterId] = decodeCursor(cursor, MomentPlace);
  return { afterAt, afterId };
};

/** A page of at most `limit` of the `limit + 1` rows that were read; the extra one says whether there is a next page. */
export const toPage = <Row>(
  rows: Row[],
  limit: number,
  placeOf: (row: Row) => readonly (string | number)[],
) => {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last ? encodeCursor(placeOf(last)) : null };
};
