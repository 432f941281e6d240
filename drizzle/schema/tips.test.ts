import { eq } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, describe, expect, it } from 'vitest';
import { openModel, refusalOf } from '../../server/test/model.js';
import { aMoment, paymentRow } from '../../server/test/rows.js';
import { payments, streams, streamTippers, tipGoals, tipOutbox, users } from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

const unknown = '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11';
const streamId = await model.addStream();
const userId = await model.addUser();
const removeStream = (id: string) => db.delete(streams).where(eq(streams.id, id));

describe('columns', () => {
  it('may be null only where null means something', async () => {
    expect(await model.nullableColumns('tip_outbox')).toEqual([]);
    expect(await model.nullableColumns('tip_goals')).toEqual(['ended_at', 'reached_at']);
    expect(await model.nullableColumns('stream_tippers')).toEqual([]);
  });
});

describe('the outbox', () => {
  const add = async () => {
    const row = paymentRow({ payerId: userId });
    await db.insert(payments).values(row);
    return row.id;
  };
  const insert = (paymentId: string) => refusalOf(db.insert(tipOutbox).values({ streamId, paymentId }));

  it('tip_outbox_pkey: a tip waits once', async () => {
    const paymentId = await add();
    expect(await insert(paymentId)).toBe('accepted');
    expect(await insert(paymentId)).toBe('tip_outbox_pkey');
  });
});

describe('goals', () => {
  const insert = async (given: Partial<typeof tipGoals.$inferInsert> = {}) => {
    const stream = given.streamId ?? (await model.addStream());
    const row = { id: uuidv7(), title: 'A microphone', targetAmount: 500, ...given, streamId: stream };
    return refusalOf(db.insert(tipGoals).values(row));
  };

  it('tip_goals_pkey: an id is used once', async () => {
    const id = uuidv7();
    expect(await insert({ id })).toBe('accepted');
    expect(await insert({ id })).toBe('tip_goals_pkey');
  });

  it('tip_goals_one_per_stream: another may come when the one before has ended', async () => {
    const here = await model.addStream();
    expect(await insert({ streamId: here, endedAt: aMoment })).toBe('accepted');
    expect(await insert({ streamId: here })).toBe('accepted');
    expect(await insert({ streamId: here })).toBe('tip_goals_one_per_stream');
    expect(await insert({ streamId: here, endedAt: aMoment })).toBe('accepted');
  });

  it('tip_goals_stream_id_stream_logs_stream_id_fk: a goal is of a stream and goes with it', async () => {
    expect(await insert({ streamId: unknown })).toBe('tip_goals_stream_id_stream_logs_stream_id_fk');
    const here = await model.addStream();
    await insert({ streamId: here });
    await removeStream(here);
    expect(await db.select().from(tipGoals).where(eq(tipGoals.streamId, here))).toEqual([]);
  });

  it('tip_goals_title_length: 1 to 100 characters', async () => {
    for (const title of ['x', '🎹'.repeat(100)]) expect(await insert({ title })).toBe('accepted');
    for (const title of ['', 'x'.repeat(101)]) expect(await insert({ title })).toBe('tip_goals_title_length');
  });

  it('tip_goals_target_positive: 1 to 100,000,000 minor units', async () => {
    for (const targetAmount of [1, 100_000_000]) expect(await insert({ targetAmount })).toBe('accepted');
    for (const targetAmount of [0, -1]) {
      expect(await insert({ targetAmount, reachedAt: aMoment })).toBe('tip_goals_target_positive');
    }
    expect(await insert({ targetAmount: 100_000_001 })).toBe('tip_goals_target_positive');
  });

  it('tip_goals_raised_not_negative: nothing less than nothing is raised', async () => {
    expect(await insert({ raisedAmount: -1 })).toBe('tip_goals_raised_not_negative');
  });

  it('tip_goals_reached_has_time: a goal is reached exactly while enough is raised', async () => {
    const rule = 'tip_goals_reached_has_time';
    expect(await insert({ raisedAmount: 500, reachedAt: aMoment })).toBe('accepted');
    expect(await insert({ raisedAmount: 500 })).toBe(rule);
    expect(await insert({ raisedAmount: 499, reachedAt: aMoment })).toBe(rule);
  });
});

describe('tippers', () => {
  const insert = (given: Partial<typeof streamTippers.$inferInsert> = {}) =>
    refusalOf(db.insert(streamTippers).values({ streamId, userId, amount: 500, tipCount: 1, ...given }));

  it('stream_tippers_pkey: a viewer has one sum in a stream', async () => {
    expect(await insert()).toBe('accepted');
    expect(await insert()).toBe('stream_tippers_pkey');
    expect(await insert({ streamId: await model.addStream() })).toBe('accepted');
  });

  it('stream_tippers_stream_id_stream_logs_stream_id_fk: a sum is of a stream and goes with it', async () => {
    expect(await insert({ streamId: unknown })).toBe('stream_tippers_stream_id_stream_logs_stream_id_fk');
    const here = await model.addStream();
    await insert({ streamId: here });
    await removeStream(here);
    expect(await db.select().from(streamTippers).where(eq(streamTippers.streamId, here))).toEqual([]);
  });

  it('stream_tippers_user_id_users_id_fk: a sum is a user’s and goes with them', async () => {
    expect(await insert({ userId: unknown })).toBe('stream_tippers_user_id_users_id_fk');
    const leaving = await model.addUser();
    await insert({ userId: leaving });
    await db.delete(users).where(eq(users.id, leaving));
    expect(await db.select().from(streamTippers).where(eq(streamTippers.userId, leaving))).toEqual([]);
  });

  it('stream_tippers_amount_not_negative: nobody has tipped less than nothing', async () => {
    expect(await insert({ userId: await model.addUser(), amount: 0, tipCount: 0 })).toBe('accepted');
    expect(await insert({ userId: await model.addUser(), amount: -1 })).toBe(
      'stream_tippers_amount_not_negative',
    );
  });

  it('stream_tippers_count_not_negative: nor less often than never', async () => {
    expect(await insert({ userId: await model.addUser(), tipCount: -1 })).toBe(
      'stream_tippers_count_not_negative',
    );
  });
});
