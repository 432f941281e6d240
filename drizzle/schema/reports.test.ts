import { eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, describe, expect, it } from 'vitest';
import { openModel, refusalOf } from '../../server/test/model.js';
import { aMoment } from '../../server/test/rows.js';
import { reports } from './index.js';

type Row = typeof reports.$inferInsert;

const model = await openModel();
const { db } = model;
afterAll(model.close);

const reportRow = async (given: Partial<Row> = {}): Promise<Row> => ({
  id: uuidv7(),
  reporterId: given.reporterId ?? (await model.addUser()),
  userId: given.userId ?? (await model.addUser()),
  reason: 'spam',
  ...given,
});
const insert = async (given: Partial<Row> = {}) =>
  refusalOf(db.insert(reports).values(await reportRow(given)));

describe('columns', () => {
  it('may be null only where a report is about less, says less, or is not decided', async () => {
    expect(await model.nullableColumns('reports')).toEqual([
      'comment',
      'decided_at',
      'decided_by_id',
      'message_content',
      'message_id',
      'note',
      'stream_id',
    ]);
  });

  it('report_reason: has these reasons', async () => {
    expect(await model.query(sql`select enum_range(null::report_reason)::text as reasons`)).toEqual([
      {
        reasons:
          '{spam,harassment,hate,violence,sexual_content,minor_safety,fraud,impersonation,copyright,other}',
      },
    ]);
  });

  it('report_status: is open until somebody has acted or dismissed', async () => {
    expect(await model.query(sql`select enum_range(null::report_status)::text as statuses`)).toEqual([
      { statuses: '{open,acted,dismissed}' },
    ]);
    const row = await reportRow();
    await db.insert(reports).values(row);
    const [made] = await db.select().from(reports).where(eq(reports.id, row.id));
    expect(made).toMatchObject({ ...row, status: 'open', decidedAt: null });
  });
});

describe('constraints', () => {
  it('reports_pkey: an id is used once', async () => {
    const row = await reportRow();
    expect(await insert(row)).toBe('accepted');
    expect(await insert({ id: row.id })).toBe('reports_pkey');
  });

  it('reports_one_open_per_subject: the same is reported again when that was decided, or by another', async () => {
    const [reporterId, userId] = [await model.addUser(), await model.addUser()];
    const streamId = await model.addStream({ performerId: userId });
    const subjects: Partial<Row>[] = [
      { userId },
      { userId, streamId },
      { userId, streamId, messageId: uuidv7() },
      { userId, streamId, messageId: uuidv7() },
    ];
    for (const subject of subjects) {
      expect(await insert({ reporterId, ...subject })).toBe('accepted');
      expect(await insert({ reporterId, ...subject, reason: 'hate' })).toBe('reports_one_open_per_subject');
      expect(await insert(subject)).toBe('accepted');
    }
    const decided = { status: 'dismissed' as const, decidedAt: aMoment, decidedById: await model.addUser() };
    await db.update(reports).set(decided).where(eq(reports.reporterId, reporterId));
    for (const subject of subjects) expect(await insert({ reporterId, ...subject })).toBe('accepted');
  });

  it('reports_not_oneself: nobody reports oneself', async () => {
    const id = await model.addUser();
    expect(await insert({ reporterId: id, userId: id })).toBe('reports_not_oneself');
  });

  it('reports_message_has_stream: a message is one of a stream', async () => {
    expect(await insert({ messageId: uuidv7() })).toBe('reports_message_has_stream');
  });

  it('reports_comment_length: at most 1000 characters', async () => {
    expect(await insert({ comment: 'é'.repeat(1000) })).toBe('accepted');
    expect(await insert({ comment: 'x'.repeat(1001) })).toBe('reports_comment_length');
  });

  it('reports_note_length: at most 1000 characters', async () => {
    expect(await insert({ note: 'é'.repeat(1000) })).toBe('accepted');
    expect(await insert({ note: 'x'.repeat(1001) })).toBe('reports_note_length');
  });

  it('reports_decided_is_complete: whatever is decided was so by somebody at some time', async () => {
    const decidedById = await model.addUser();
    expect(await insert({ status: 'acted', decidedAt: aMoment, decidedById })).toBe('accepted');
    const refused: Partial<Row>[] = [
      { status: 'acted' },
      { status: 'acted', decidedAt: aMoment },
      { status: 'dismissed', decidedById },
      { decidedAt: aMoment },
      { decidedById },
    ];
    for (const given of refused) expect(await insert(given)).toBe('reports_decided_is_complete');
  });

  it('reports_reporter_id_users_id_fk: by somebody who has an account', async () => {
    expect(await insert({ reporterId: uuidv7() })).toBe('reports_reporter_id_users_id_fk');
  });

  it('reports_user_id_users_id_fk: about somebody who has an account', async () => {
    expect(await insert({ userId: uuidv7() })).toBe('reports_user_id_users_id_fk');
  });

  it('reports_stream_id_streams_id_fk: of a stream that exists', async () => {
    expect(await insert({ streamId: uuidv7() })).toBe('reports_stream_id_streams_id_fk');
  });

  it('reports_decided_by_id_users_id_fk: decided by somebody who has an account', async () => {
    const decided = { status: 'acted' as const, decidedAt: aMoment, decidedById: uuidv7() };
    expect(await insert(decided)).toBe('reports_decided_by_id_users_id_fk');
  });
});
