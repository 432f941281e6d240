import { roomModeDefaults, streamEventType } from '@versbottomlex/database';
import {
  ChatMessage,
  Role,
  RoomModes,
  SNAPSHOT_MESSAGES,
  Tip,
  TipGoal,
  UserSummary,
} from '@versbottomlex/shared';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { BigintColumn, type Database, preparedSql } from '../platform/database.js';

const $ = sql.placeholder;

const Seq = BigintColumn.nonnegative();

const LogRow = z.object({
  seq: Seq,
  type: z.enum(streamEventType.enumValues),
  payload: z.record(z.string(), z.unknown()).nullable(),
  message: ChatMessage.nullable(),
  tip: Tip.nullable(),
  isCleared: z.boolean(),
});
export type LogRow = z.infer<typeof LogRow>;

const readLogStatement = preparedSql(
  'live_read_log',
  LogRow,
  sql`select events.seq, events.type, events.payload, coalesce(sent.message, named.message) as message,
      tip_events.tip, events.seq <= log.cleared_seq as "isCleared"
    from stream_logs as log
    join stream_events as events using (stream_id)
    left join chat_messages as sent
      on events.type = 'chatMessage' and sent.stream_id = events.stream_id and sent.seq = events.seq
    left join chat_messages as named
      on events.type in ('messagePinned', 'messageDeleted') and named.id = (events.payload ->> 'messageId')::uuid
    left join tip_events
      on events.type = 'tipReceived' and tip_events.payment_id = (events.payload ->> 'paymentId')::uuid
    where log.stream_id = ${$('streamId')}::uuid and events.seq > ${$('seq')}::bigint
    order by events.seq
    limit ${$('limit')}::int`,
);

/** The events of a stream after `seq`, in order, with the messages and tips that they are about; `isCleared` once the chat was cleared after them. */
export const readLog = (database: Database, of: { streamId: string; seq: number; limit: number }) =>
  readLogStatement(database, of);

const RoomRow = z.object({
  epoch: z.int(),
  lastSeq: Seq,
  messages: z.array(ChatMessage),
  pinnedMessage: ChatMessage.nullable(),
  modes: RoomModes.nullable(),
  tipGoal: TipGoal.nullable(),
});

const findRoomStatement = preparedSql(
  'live_find_room',
  RoomRow,
  sql`select log.epoch, log.last_seq as "lastSeq",
      (
        select coalesce(json_agg(latest.message order by latest.seq), '[]')
        from (
          select seq, message from chat_messages
          where stream_id = log.stream_id and seq > log.cleared_seq
          order by seq desc limit ${sql.raw(String(SNAPSHOT_MESSAGES))}
        ) as latest
      ) as messages,
      (select message from chat_messages where id = log.pinned_message_id) as "pinnedMessage",
      (select room_modes(room_settings) from room_settings where performer_id = streams.performer_id) as modes,
      (select tip_goal(tip_goals) from tip_goals where stream_id = log.stream_id and ended_at is null) as "tipGoal"
    from stream_logs as log
    join streams on streams.id = log.stream_id
    where log.stream_id = ${$('streamId')}::uuid`,
);

/** What a snapshot needs besides the stream itself, all as of the end of the log. */
export const findRoom = async (database: Database, streamId: string) => {
  const [room] = await findRoomStatement(database, { streamId });
  return room && { ...room, modes: room.modes ?? { ...roomModeDefaults } };
};

const LogEndRow = z.object({ streamId: z.string(), epoch: z.int(), lastSeq: Seq });

const listLogEndsStatement = preparedSql(
  'live_list_log_ends',
  LogEndRow,
  sql`select stream_id as "streamId", epoch, last_seq as "lastSeq" from stream_logs
    where stream_id in (select jsonb_array_elements_text(${$('streamIds')}::text::jsonb)::uuid)`,
);

/** Where the logs of these streams end now. */
export const listLogEnds = (database: Database, streamIds: string[]) =>
  listLogEndsStatement(database, { streamIds: JSON.stringify(streamIds) });

const ViewerRow = z.object({
  user: UserSummary,
  role: Role,
  isBanned: z.boolean(),
});

const findViewerStatement = preparedSql(
  'live_find_viewer',
  ViewerRow,
  sql`select user_summary(users) as user, role,
      exists (
        select from room_restrictions
        where performer_id = ${$('performerId')}::uuid and user_id = users.id and kind = 'ban'
      ) as "isBanned"
    from users where users.id = ${$('userId')}::uuid and deleted_at is null`,
);

/** Who comes into a performer's room; undefined when the account is gone. */
export const findViewer = async (database: Database, of: { userId: string; performerId: string }) =>
  (await findViewerStatement(database, of))[0];

const readNowStatement = preparedSql(
  'live_read_now',
  z.object({ now: z.string() }),
  sql`select iso_timestamp(clock_timestamp()) as now`,
);

/** The database's time, by which rows say when they changed. */
export const readNow = async (database: Database): Promise<string> => {
  const [row] = await readNowStatement(database);
  if (!row) throw new Error('the database told no time');
  return row.now;
};
