import { sql } from 'drizzle-orm';
import { customType, uuid } from 'drizzle-orm/pg-core';

/** A UUIDv7 made by the server, so that a row can be named before it is stored. */
export const id = () => uuid('id').primaryKey();

/**
 * PostgreSQL's `2026-01-02 03:04:05.67+00` as ISO 8601 with milliseconds. Sliced instead of parsed, because a page of
 * streams holds a hundred of them; it relies on the connection's time zone being UTC.
 */
export const toIsoTimestamp = (text: string): string =>
  `${text.slice(0, 10)}T${text.slice(11, 19)}${(text.slice(19, -3) || '.').padEnd(4, '0')}Z`;

/** A moment, to the millisecond, read and written as ISO 8601 in UTC. */
export const instant = customType<{ data: string; driverData: string }>({
  dataType: () => 'timestamp(3) with time zone',
  fromDriver: toIsoTimestamp,
});

export const createdAt = () => instant('created_at').notNull().default(sql`now()`);

/** Kept by the trigger `touch_updated_at`. */
export const updatedAt = () => instant('updated_at').notNull().default(sql`now()`);
