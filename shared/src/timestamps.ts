import { z } from 'zod';

/** ISO 8601 in UTC, with milliseconds. */
export const Timestamp = z.iso.datetime().meta({ example: '2026-01-02T03:04:05.678Z' });

/** A time that a caller gives: ISO 8601 with `Z` or an offset, between the years 2000 and 2200. */
export const TimestampInput = z.iso
  .datetime({ offset: true })
  .refine((text) => text >= '2000' && text < '2200', { error: 'is out of range' });
