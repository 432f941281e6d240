import * as z from 'zod';

/**
 * ISO 8601 in UTC, with milliseconds. Only the server writes one, from a column that holds nothing else; a pattern would
 * take a tenth of the time of a list, whose answer is checked before it is sent.
 */
export const Timestamp = z.string().meta({ format: 'date-time', example: '2026-01-02T03:04:05.678Z' });

/**
 * A time that a caller gives, between the years 2000 and 2200: ISO 8601 with `Z` or an offset, read as UTC, since
 * PostgreSQL refuses offsets of 16 hours and more.
 */
export const TimestampInput = z.iso
  .datetime({ offset: true, abort: true })
  .refine((text) => text >= '2000' && text < '2200', { error: 'is out of range', abort: true })
  .overwrite((text) => new Date(text).toISOString());
