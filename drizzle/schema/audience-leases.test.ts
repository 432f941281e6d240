import { and, eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, expect, it } from 'vitest';
import { openModel, refusalOf } from '../../server/test/model.js';
import { type AudienceLeaseRow, audienceLeaseRow } from '../../server/test/rows.js';
import { audienceLeases, streams } from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

const streamId = await model.addStream();
const insert = (given: Partial<AudienceLeaseRow> = {}) =>
  refusalOf(db.insert(audienceLeases).values(audienceLeaseRow({ streamId, ...given })));

it('no column may be null', async () => {
  expect(await model.nullableColumns('audience_leases')).toEqual([]);
});

it('a lease keeps the users and the number of guests', async () => {
  const row = audienceLeaseRow({ streamId, userIds: [uuidv7(), uuidv7()], guestCount: 3 });
  await db.insert(audienceLeases).values(row);
  const isOfRow = and(eq(audienceLeases.nodeId, row.nodeId), eq(audienceLeases.streamId, streamId));
  expect(await db.select().from(audienceLeases).where(isOfRow)).toEqual([row]);
});

it('leases are unlogged, because they are written every few seconds and void after a crash', async () => {
  const found = await model.query(sql`
    select relpersistence from pg_class where oid = 'audience_leases'::regclass`);
  expect(found).toEqual([{ relpersistence: 'u' }]);
});

it('audience_leases_pkey: a process has one lease of a stream', async () => {
  const row = audienceLeaseRow({ streamId });
  await db.insert(audienceLeases).values(row);
  expect(await insert({ nodeId: row.nodeId })).toBe('audience_leases_pkey');
  expect(await insert()).toBe('accepted');
  expect(await insert({ nodeId: row.nodeId, streamId: await model.addStream() })).toBe('accepted');
});

it('audience_leases_stream_id_streams_id_fk: a lease is of a stream and goes with it', async () => {
  expect(await insert({ streamId: uuidv7() })).toBe('audience_leases_stream_id_streams_id_fk');
  const gone = await model.addStream();
  expect(await insert({ streamId: gone })).toBe('accepted');
  await db.delete(streams).where(eq(streams.id, gone));
  expect(await db.$count(audienceLeases, eq(audienceLeases.streamId, gone))).toBe(0);
});

it('audience_leases_guest_count_not_negative: there may be no guests, but not fewer', async () => {
  expect(await insert({ guestCount: 0 })).toBe('accepted');
  expect(await insert({ guestCount: -1 })).toBe('audience_leases_guest_count_not_negative');
});
