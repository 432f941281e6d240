import type { ChatMessage, ErrorCode } from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { type Database, preparedRows } from '../platform/database.js';

const $ = sql.placeholder;

/** A message on its way into a room, as the function `send_chat_messages` reads it. */
export type NewMessage = {
  id: string;
  authorId: string;
  content: string;
  /** What blocked terms are looked for in. */
  folded: string;
  hasLink: boolean;
  /** Usernames in lower case. */
  mentions: string[];
  clientMessageId: string | null;
  replyToId: string | null;
};

/** What became of a message: stored just now, found as stored before, or refused. */
export type SendOutcome =
  | { outcome: 'stored' | 'duplicate'; seq: number; message: ChatMessage }
  | { outcome: ErrorCode | 'UNKNOWN_REPLY'; retryAfterMs: number | undefined };

type SendValues = [
  outcome: string,
  seq: string | null,
  message: ChatMessage | null,
  retryAfterMs: number | null,
];

const sendMessagesStatement = preparedRows(
  'chat_send_messages',
  sql`select outcome, message_seq, sent_message, retry_after_ms
    from send_chat_messages(${$('streamId')}::uuid, ${$('batch')}::text::jsonb, ${$('now')}::timestamptz)`,
  ([outcome, seq, message, retryAfterMs]: SendValues): SendOutcome =>
    message
      ? { outcome: outcome as 'stored' | 'duplicate', seq: Number(seq), message }
      : { outcome: outcome as ErrorCode | 'UNKNOWN_REPLY', retryAfterMs: retryAfterMs ?? undefined },
);

/** Appends messages to a stream in their order, in one statement; one outcome each, in the same order. */
export const sendMessages = (
  database: Database,
  of: { streamId: string; messages: NewMessage[]; now: string },
): Promise<SendOutcome[]> =>
  sendMessagesStatement(database, {
    streamId: of.streamId,
    batch: JSON.stringify(of.messages),
    now: of.now,
  });

export type DeleteOutcome =
  | { outcome: 'deleted'; message: ChatMessage; seq: number; isUnpinned: boolean }
  | { outcome: 'unchanged'; message: ChatMessage }
  | { outcome: 'NOT_FOUND' | 'ACCESS_REQUIRED' | 'FORBIDDEN' };

type DeleteValues = [outcome: string, seq: string | null, isUnpinned: boolean, message: ChatMessage | null];

const deleteMessageStatement = preparedRows(
  'chat_delete_message',
  sql`select outcome, first_seq, is_unpinned, tombstone
    from delete_chat_message(${$('streamId')}::uuid, ${$('messageId')}::uuid, ${$('actorId')}::uuid,
      ${$('actionId')}::uuid, ${$('now')}::timestamptz)`,
  ([outcome, seq, isUnpinned, message]: DeleteValues) =>
    ({
      outcome,
      ...(message && { message }),
      ...(seq !== null && { seq: Number(seq), isUnpinned }),
    }) as DeleteOutcome,
);

/** Deletes a message where `actorId` may; who deletes another's is noted under `actionId`. */
export const deleteMessage = async (
  database: Database,
  of: { streamId: string; messageId: string; actorId: string; actionId: string; now: string },
): Promise<DeleteOutcome> => {
  const [row] = await deleteMessageStatement(database, of);
  return row ?? { outcome: 'NOT_FOUND' };
};

export type LoggedMessage = { seq: number; message: ChatMessage };

const listMessagesStatement = preparedRows(
  'chat_list_messages',
  sql`select chat_messages.seq, chat_messages.message
    from stream_logs
    join chat_messages on chat_messages.stream_id = stream_logs.stream_id and chat_messages.seq > stream_logs.cleared_seq
    where stream_logs.stream_id = ${$('streamId')}::uuid
      and chat_messages.seq < coalesce(${$('before')}::bigint, 9223372036854775807)
    order by chat_messages.seq desc
    limit ${$('limit')}::int`,
  ([seq, message]: [string, ChatMessage]): LoggedMessage => ({ seq: Number(seq), message }),
);

/** The messages of a stream since its chat was last cleared, newest first, before the seq `before`. */
export const listMessages = (
  database: Database,
  of: { streamId: string; before: number | null; limit: number },
): Promise<LoggedMessage[]> => listMessagesStatement(database, of);

const isBannedStatement = preparedRows(
  'chat_is_banned',
  sql`select exists (
      select from room_restrictions
      join streams on streams.performer_id = room_restrictions.performer_id
      where streams.id = ${$('streamId')}::uuid and room_restrictions.user_id = ${$('userId')}::uuid
        and room_restrictions.kind = 'ban'
    )`,
  ([isBanned]: [boolean]) => isBanned,
);

export const isBanned = async (
  database: Database,
  of: { streamId: string; userId: string },
): Promise<boolean> => (await isBannedStatement(database, of))[0] === true;

const isViewerStatement = preparedRows(
  'chat_is_viewer',
  sql`select room_role(performer_id, ${$('userId')}::uuid) = 'viewer' from streams
    where id = ${$('streamId')}::uuid`,
  ([isViewer]: [boolean]) => isViewer,
);

/** Whether a user has no part in a room beyond watching; also true in a room that does not exist. */
export const isViewer = async (
  database: Database,
  of: { streamId: string; userId: string },
): Promise<boolean> => (await isViewerStatement(database, of))[0] !== false;
