import { eq } from 'drizzle-orm';
import { afterAll, describe, expect, it } from 'vitest';
import { openModel, refusalOf } from '../../server/test/model.js';
import { aMoment, type MessageRow, messageRow } from '../../server/test/rows.js';
import { messages, streams, users } from './index.js';

const model = await openModel();
const { db } = model;
afterAll(model.close);

const unknown = '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11';
const authorId = await model.addUser();
const streamId = await model.addStream();
const insert = (given: Partial<MessageRow> = {}) =>
  refusalOf(db.insert(messages).values(messageRow({ streamId, authorId, ...given })));
const add = async (given: Partial<MessageRow> = {}): Promise<string> => {
  const row = messageRow({ streamId, authorId, ...given });
  await db.insert(messages).values(row);
  return row.id;
};
const find = async (id: string) => (await db.select().from(messages).where(eq(messages.id, id)))[0];
const removeUser = (id: string) => refusalOf(db.delete(users).where(eq(users.id, id)));

describe('columns', () => {
  it('may be null only where null means something', async () => {
    const nullable = ['client_message_id', 'deleted_at', 'deleted_by_id', 'reply_to_id'];
    expect(await model.nullableColumns('messages')).toEqual(nullable);
  });

  it('default to a message of now that stands alone', async () => {
    const id = await add();
    const { createdAt, seq, ...message } = (await find(id)) ?? expect.fail();
    expect(message).toEqual({
      id,
      streamId,
      authorId,
      content: 'Hello',
      mentionedIds: [],
      clientMessageId: null,
      replyToId: null,
      deletedAt: null,
      deletedById: null,
    });
    expect(seq).toBeGreaterThan(0);
    expect(Math.abs(Date.parse(createdAt) - Date.now())).toBeLessThan(60_000);
  });
});

describe('constraints', () => {
  it('messages_pkey: an id is used once', async () => {
    expect(await insert({ id: await add() })).toBe('messages_pkey');
  });

  it('messages_client_message_key: one author sends an id once into one room', async () => {
    const clientMessageId = 'retry-1';
    expect(await insert({ clientMessageId })).toBe('accepted');
    expect(await insert({ clientMessageId })).toBe('messages_client_message_key');
    expect(await insert({ clientMessageId: 'RETRY-1' })).toBe('accepted');
    expect(await insert({ clientMessageId, authorId: await model.addUser() })).toBe('accepted');
    expect(await insert({ clientMessageId, streamId: await model.addStream() })).toBe('accepted');
    expect(await insert()).toBe('accepted');
    expect(await insert()).toBe('accepted');
  });

  it('messages_content_length: 1 to 500 characters', async () => {
    for (const content of ['x', '🎹'.repeat(500)]) expect(await insert({ content })).toBe('accepted');
    for (const content of ['', 'x'.repeat(501)]) {
      expect(await insert({ content })).toBe('messages_content_length');
    }
  });

  it('messages_client_message_id_length: 1 to 128 characters', async () => {
    for (const clientMessageId of ['x', 'y'.repeat(128)]) {
      expect(await insert({ clientMessageId })).toBe('accepted');
    }
    for (const clientMessageId of ['', 'x'.repeat(129)]) {
      expect(await insert({ clientMessageId })).toBe('messages_client_message_id_length');
    }
  });

  it('messages_deleted_by_somebody: deleted has a time and a person', async () => {
    expect(await insert({ deletedAt: aMoment, deletedById: authorId })).toBe('accepted');
    expect(await insert({ deletedAt: aMoment })).toBe('messages_deleted_by_somebody');
    expect(await insert({ deletedById: authorId })).toBe('messages_deleted_by_somebody');
  });

  it('messages_stream_seq_key: a place in the log of a stream is one message', async () => {
    expect(await insert({ seq: 7 })).toBe('accepted');
    expect(await insert({ seq: 7 })).toBe('messages_stream_seq_key');
    expect(await insert({ seq: 7, streamId: await model.addStream() })).toBe('accepted');
  });

  it('messages_stream_id_stream_logs_stream_id_fk: a message is in a log and goes with its stream', async () => {
    expect(await insert({ streamId: unknown })).toBe('messages_stream_id_stream_logs_stream_id_fk');
    const room = await model.addStream();
    const id = await add({ streamId: room });
    await db.delete(streams).where(eq(streams.id, room));
    expect(await find(id)).toBeUndefined();
  });

  it('messages_author_id_users_id_fk: a message has an author, whose row stays', async () => {
    expect(await insert({ authorId: unknown })).toBe('messages_author_id_users_id_fk');
    const author = await model.addUser();
    await add({ authorId: author });
    expect(await removeUser(author)).toBe('messages_author_id_users_id_fk');
  });

  it('messages_deleted_by_id_users_id_fk: who deleted a message stays', async () => {
    const moderator = await model.addUser();
    const deletedBy = (deletedById: string) => insert({ deletedAt: aMoment, deletedById });
    expect(await deletedBy(unknown)).toBe('messages_deleted_by_id_users_id_fk');
    expect(await deletedBy(moderator)).toBe('accepted');
    expect(await removeUser(moderator)).toBe('messages_deleted_by_id_users_id_fk');
  });

  it('messages_reply_to_id_messages_id_fk: a reply outlives the message it replied to', async () => {
    expect(await insert({ replyToId: unknown })).toBe('messages_reply_to_id_messages_id_fk');
    const original = await add();
    const reply = await add({ replyToId: original });
    expect((await find(reply))?.replyToId).toBe(original);
    await db.delete(messages).where(eq(messages.id, original));
    expect((await find(reply))?.replyToId).toBeNull();
  });
});
