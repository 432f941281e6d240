import { eq, sql } from 'drizzle-orm';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { openModel } from '../../server/test/model.js';
import { aMoment } from '../../server/test/rows.js';
import {
  messages,
  moderationActions,
  roomModerators,
  roomRestrictions,
  roomSettings,
  streamEvents,
  streamLogs,
  streams,
} from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

let performerId: string;
let streamId: string;
let viewerId: string;
beforeEach(async () => {
  performerId = await model.addUser();
  streamId = await model.addStream({ performerId, status: 'live', startedAt: aMoment });
  viewerId = await model.addUser();
});

const item = (given: Record<string, unknown> = {}) => {
  const content = String(given.content ?? 'Hello');
  const folded = content.toLowerCase();
  const nothing = { clientMessageId: null, replyToId: null, mentions: [], hasLink: false };
  return { id: uuidv7(), authorId: viewerId, content, folded, ...nothing, ...given };
};
const send = (items: object[], room = streamId) =>
  model.query(sql`
    select item_index as index, outcome, message_seq::int as seq, sent_message ->> 'content' as content,
      retry_after_ms as retry
    from send_chat_messages(${room}::uuid, ${JSON.stringify(items)}::text::jsonb, ${aMoment}::timestamptz)`);
const outcomesOf = async (items: object[], room = streamId) =>
  (await send(items, room)).map(({ outcome }) => outcome);
const logOf = async (room = streamId) => {
  const [log] = await db.select().from(streamLogs).where(eq(streamLogs.streamId, room));
  const events = await db
    .select()
    .from(streamEvents)
    .where(eq(streamEvents.streamId, room))
    .orderBy(streamEvents.seq);
  return { ...log, events: events.map(({ seq, type }) => `${seq} ${type}`) };
};

describe('sending', () => {
  it('send_chat_messages: appends a batch in its order, and answers for each item', async () => {
    const items = ['one', 'two', 'three'].map((content) => item({ content }));
    expect(await send(items)).toEqual(
      items.map(({ content }, index) => ({ index, outcome: 'stored', seq: index + 2, content, retry: null })),
    );
    expect(await logOf()).toMatchObject({
      lastSeq: 4,
      events: ['1 streamUpdate', '2 chatMessage', '3 chatMessage', '4 chatMessage'],
    });
  });

  it('lets no refused item keep the others from being stored, nor leave a gap', async () => {
    const banned = await model.addUser();
    const suspended = await model.addUser({ suspendedAt: aMoment });
    await db.insert(roomRestrictions).values({ performerId, userId: banned, kind: 'ban' });
    const items = [
      item(),
      item({ authorId: banned }),
      item({ authorId: suspended }),
      item({ authorId: uuidv7() }),
      item({ replyToId: uuidv7() }),
      item({ content: 'last' }),
    ];
    expect(await outcomesOf(items)).toEqual([
      'stored',
      'BANNED',
      'ACCOUNT_SUSPENDED',
      'SESSION_REVOKED',
      'UNKNOWN_REPLY',
      'stored',
    ]);
    expect(await logOf()).toMatchObject({ lastSeq: 3 });
  });

  it('finds a retry before and within its batch, each for its own author and stream', async () => {
    const clientMessageId = 'retry-1';
    const other = await model.addUser();
    const items = [
      item({ clientMessageId, content: 'first' }),
      item({ clientMessageId, content: 'again' }),
      item({ clientMessageId, authorId: other, content: 'another' }),
    ];
    expect(await send(items)).toMatchObject([
      { outcome: 'stored', seq: 2, content: 'first' },
      { outcome: 'duplicate', seq: 2, content: 'first' },
      { outcome: 'stored', seq: 3, content: 'another' },
    ]);
    expect(await send([item({ clientMessageId, content: 'later' })])).toMatchObject([
      { outcome: 'duplicate', seq: 2, content: 'first' },
    ]);
    expect(await logOf()).toMatchObject({ lastSeq: 3 });
  });

  it('finds a retry whatever the rules say by now', async () => {
    const [mine] = [item({ clientMessageId: 'retry-1' })];
    await send([mine]);
    await db.insert(roomRestrictions).values({ performerId, userId: viewerId, kind: 'ban' });
    await db.update(streams).set({ status: 'ended', endedAt: aMoment }).where(eq(streams.id, streamId));
    expect(await outcomesOf([{ ...mine, id: uuidv7() }, item()])).toEqual(['duplicate', 'STREAM_NOT_LIVE']);
  });

  it('lets a viewer write once in a batch of slow mode, and moderators as they like', async () => {
    await db.insert(roomSettings).values({ performerId, slowModeSeconds: 30 });
    const moderator = await model.addUser();
    await db.insert(roomModerators).values({ performerId, userId: moderator });
    const others = [item({ authorId: moderator }), item({ authorId: moderator })];
    expect(await send([item(), item(), ...others])).toMatchObject([
      { outcome: 'stored' },
      { outcome: 'SLOW_MODE', retry: 30_000 },
      { outcome: 'stored' },
      { outcome: 'stored' },
    ]);
  });

  it('waits no longer than slow mode lasts, also by a clock that is behind', async () => {
    await db.insert(roomSettings).values({ performerId, slowModeSeconds: 30 });
    await send([item()]);
    const later = sql`'2026-01-02T03:05:05.678Z'::timestamptz`;
    await db
      .update(messages)
      .set({ createdAt: sql`${later}` })
      .where(eq(messages.streamId, streamId));
    expect(await send([item()])).toMatchObject([{ outcome: 'SLOW_MODE', retry: 30_000 }]);
  });

  it('answers for each item of a stream that there is not', async () => {
    expect(await outcomesOf([item(), item()], uuidv7())).toEqual(['NOT_FOUND', 'NOT_FOUND']);
  });

  it('takes a reply to what was cleared for one to nothing', async () => {
    const original = item();
    await send([original]);
    const reply = () => item({ replyToId: original.id });
    expect(await outcomesOf([reply()])).toEqual(['stored']);
    await db
      .update(streamLogs)
      .set({ clearedSeq: streamLogs.lastSeq })
      .where(eq(streamLogs.streamId, streamId));
    expect(await outcomesOf([reply()])).toEqual(['UNKNOWN_REPLY']);
  });
});

describe('deleting', () => {
  const remove = (messageId: string, actorId: string, room = streamId) =>
    model.query(sql`
      select outcome, first_seq::int as seq, is_unpinned as "isUnpinned", tombstone -> 'content' as content
      from delete_chat_message(${room}::uuid, ${messageId}::uuid, ${actorId}::uuid, ${uuidv7()}::uuid,
        ${aMoment}::timestamptz)`);

  it('delete_chat_message: leaves a tombstone once, notes who did it, and unpins', async () => {
    const { id } = item();
    await send([item({ id })]);
    await db.update(streamLogs).set({ pinnedMessageId: id }).where(eq(streamLogs.streamId, streamId));
    expect(await remove(id, performerId)).toEqual([
      { outcome: 'deleted', seq: 3, isUnpinned: true, content: null },
    ]);
    expect(await remove(id, viewerId)).toEqual([
      { outcome: 'unchanged', seq: null, isUnpinned: false, content: null },
    ]);
    expect(await logOf()).toMatchObject({
      lastSeq: 4,
      pinnedMessageId: null,
      events: ['1 streamUpdate', '2 chatMessage', '3 messageDeleted', '4 messagePinned'],
    });
    const noted = await db.select().from(moderationActions).where(eq(moderationActions.messageId, id));
    expect(noted).toMatchObject([{ action: 'message_deleted', actorId: performerId, targetId: viewerId }]);
  });

  it('tells apart what is not there and what is not allowed', async () => {
    const { id } = item();
    await send([item({ id })]);
    const stranger = await model.addUser();
    const outcomeOf = async (...call: Parameters<typeof remove>) => (await remove(...call))[0]?.outcome;
    expect(await outcomeOf(id, stranger)).toBe('FORBIDDEN');
    expect(await outcomeOf(uuidv7(), stranger)).toBe('NOT_FOUND');
    expect(await outcomeOf(id, viewerId, uuidv7())).toBe('NOT_FOUND');
  });
});
