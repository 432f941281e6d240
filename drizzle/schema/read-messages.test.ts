import { ChatMessage, UserSummary } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { afterAll, describe, expect, it } from 'vitest';
import { openModel } from '../../server/test/model.js';
import { aMoment, deletedUserRow, messageRow, paymentRow } from '../../server/test/rows.js';
import { messages, payments, roomModerators, users } from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

const resultOf = async (expression: ReturnType<typeof sql>) =>
  (await model.query(sql`select ${expression} as value`))[0]?.value;

const performerId = await model.addUser();
const streamId = await model.addStream({ performerId });
const authorId = await model.addUser({ username: 'Author_1', displayName: 'Author' });

const show = async (given: Partial<typeof messages.$inferInsert> = {}) => {
  const row = messageRow({ streamId, authorId, createdAt: aMoment, ...given });
  await db.insert(messages).values(row);
  const [shown] = await model.query(sql`select message from chat_messages where id = ${row.id}`);
  return { id: row.id, message: ChatMessage.parse(shown?.message) };
};

describe('functions', () => {
  it('iso_timestamp: a moment in UTC to the millisecond, whatever the time zone', async () => {
    expect(await resultOf(sql`iso_timestamp(${'2026-01-02T05:04:05.67+02:00'}::timestamptz)`)).toBe(
      '2026-01-02T03:04:05.670Z',
    );
    expect(await resultOf(sql`iso_timestamp(null)`)).toBeNull();
  });

  it('user_summary: what others see of a user, and nothing else', async () => {
    const summary = await resultOf(sql`(select user_summary(users) from users where id = ${authorId})`);
    const shown = { username: 'Author_1', displayName: 'Author', avatarUrl: null, isVerified: false };
    expect(summary).toEqual({ id: authorId, ...shown });
    expect(Object.keys(UserSummary.shape).sort()).toEqual(Object.keys(summary ?? {}).sort());
  });

  it('room_role: the performer comes before admin, admin before moderator, and all before viewer', async () => {
    const roleOf = (member: string, performer = performerId) =>
      resultOf(sql`room_role(${performer}::uuid, ${member}::uuid)`);
    const [admin, moderator] = [await model.addUser({ role: 'admin' }), await model.addUser()];
    for (const userId of [admin, moderator]) {
      await db.insert(roomModerators).values({ performerId, userId });
    }
    expect(await roleOf(authorId)).toBe('viewer');
    expect(await roleOf(moderator)).toBe('moderator');
    expect(await roleOf(admin)).toBe('admin');
    expect(await roleOf(performerId)).toBe('performer');
    expect(await roleOf(admin, admin)).toBe('performer');
    expect(await roleOf(moderator, await model.addUser())).toBe('viewer');
  });

  it('has_ticket: a completed purchase of this stream by this user, and not one that was refunded', async () => {
    const buy = async (given: Parameters<typeof paymentRow>[0]) => {
      const payerId = await model.addUser();
      const ticket = { type: 'private_show' as const, payerId, payeeId: performerId, streamId, ...given };
      await db.insert(payments).values(paymentRow(ticket));
      return resultOf(sql`has_ticket(${streamId}::uuid, ${payerId}::uuid)`);
    };
    expect(await buy({})).toBe(true);
    expect(await buy({ status: 'refunded' })).toBe(false);
    expect(await buy({ status: 'pending', completedAt: null })).toBe(false);
    expect(await buy({ type: 'tip' })).toBe(false);
    expect(await buy({ streamId: await model.addStream() })).toBe(false);
  });
});

describe('the view chat_messages', () => {
  it('shows a message as clients know it', async () => {
    const { id, message } = await show({ content: 'Hello', clientMessageId: 'retry-1' });
    expect(message).toEqual({
      id,
      streamId,
      author: {
        id: authorId,
        username: 'Author_1',
        displayName: 'Author',
        avatarUrl: null,
        isVerified: false,
      },
      authorRole: 'viewer',
      content: 'Hello',
      mentions: [],
      replyTo: null,
      clientMessageId: 'retry-1',
      createdAt: aMoment,
      deletedAt: null,
    });
  });

  it('shows the role that room_role says', async () => {
    const [admin, moderator] = [await model.addUser({ role: 'admin' }), await model.addUser()];
    await db.insert(roomModerators).values({ performerId, userId: moderator });
    for (const author of [admin, moderator, performerId, authorId]) {
      const { message } = await show({ authorId: author });
      expect(message.authorRole).toBe(await resultOf(sql`room_role(${performerId}::uuid, ${author}::uuid)`));
    }
  });

  it('shows mentions in their order, without who is gone', async () => {
    const gone = deletedUserRow();
    await db.insert(users).values(gone);
    const other = await model.addUser({ username: 'Other_1' });
    const { message } = await show({ mentionedIds: [other, gone.id, authorId] });
    expect(message.mentions).toEqual([
      { id: other, username: 'Other_1' },
      { id: authorId, username: 'Author_1' },
    ]);
  });

  it('shows nothing of what a deleted message said, in replies neither', async () => {
    const deletion = { deletedAt: aMoment, deletedById: performerId };
    const { id, message } = await show({ content: 'A secret', mentionedIds: [authorId], ...deletion });
    expect(message).toMatchObject({ content: null, mentions: [], deletedAt: aMoment });
    const reply = await show({ replyToId: id });
    expect(reply.message.replyTo).toEqual({ id, author: message.author, content: null });
  });
});
