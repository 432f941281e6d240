import type {
  ChatHistoryInput,
  ChatMessage,
  ChatMessagePage,
  DeleteMessageInput,
  SendMessageInput,
} from '@versbottomlex/shared';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import type { Identity } from '../auth/identity.js';
import { banned } from '../auth/room-refusals.js';
import type { LimitsService } from '../limits/limits.service.js';
import { AppError, invalidField } from '../platform/app-error.js';
import type { Clock } from '../platform/clock.js';
import { decodeCursor, toPage } from '../platform/cursor.js';
import type { Database } from '../platform/database.js';
import type { EventBus, LogEntry } from '../platform/event-bus.js';
import { foldText } from '../platform/fold-text.js';
import { hasLink } from '../platform/links.js';
import type { StreamsService } from '../streams/streams.service.js';
import { createAppendQueue } from './append-queue.js';
import * as queries from './chat.queries.js';
import { refusedMessage } from './chat-refusal.js';
import { findMentions } from './mentions.js';
import { createSendLimit } from './send-limit.js';

/** The seq of the last message of the page before. */
const Place = z.tuple([z.int().positive()]);

type Deps = {
  database: Database;
  bus: EventBus;
  clock: Clock;
  streams: Pick<StreamsService, 'get' | 'refuseAccess'>;
  limits: Pick<LimitsService, 'createCounter'>;
  rateLimits: { chatPer30Seconds: number; chatModeratorPer30Seconds: number };
};

/** The chat of streams: a message is stored with its place in the stream's log, and announced after that. */
export const createChatService = ({ database, bus, clock, streams, limits, rateLimits }: Deps) => {
  const limit = createSendLimit({
    limits,
    viewerMax: rateLimits.chatPer30Seconds,
    moderatorMax: rateLimits.chatModeratorPer30Seconds,
  });

  const publish = (streamId: string, entries: LogEntry[]) =>
    bus.publish({ type: 'streamLogged', streamId, entries });

  const append = async (streamId: string, messages: queries.NewMessage[]): Promise<queries.SendOutcome[]> => {
    const now = clock.now().toISOString();
    // A statement whose answer was lost may have been carried out: whoever follows the stream reads its log.
    const outcomes = await queries
      .sendMessages(database, { streamId, messages, now })
      .catch((error: unknown) => {
        publish(streamId, []);
        throw error;
      });
    const entries = outcomes.flatMap((sent): LogEntry[] =>
      sent.outcome === 'stored' && 'message' in sent
        ? [{ seq: sent.seq, event: { type: 'chatMessage', message: sent.message } }]
        : [],
    );
    if (entries.length > 0) publish(streamId, entries);
    return outcomes;
  };

  const queue = createAppendQueue({ append });

  return {
    /**
     * Stores a message and answers with it; a retry with the same `clientMessageId` gets the message of the first time.
     * Throws RATE_LIMITED, NOT_FOUND, STREAM_NOT_LIVE, ACCESS_REQUIRED, BANNED, TIMED_OUT, VALIDATION_FAILED for a reply
     * to nothing, and the code of the mode that the author does not meet.
     */
    send: async (identity: Identity, input: SendMessageInput): Promise<ChatMessage> => {
      const { streamId, content, clientMessageId = null, replyToId = null } = input;
      const { userId } = identity;
      await limit.require(userId, () => queries.isViewer(database, { streamId, userId }));
      const sent = await queue.push(streamId, {
        id: uuidv7(),
        authorId: userId,
        content,
        folded: foldText(content),
        hasLink: hasLink(content),
        mentions: findMentions(content),
        clientMessageId,
        replyToId,
      });
      if ('message' in sent) return sent.message;
      const { outcome, retryAfterMs } = sent;
      if (outcome === 'UNKNOWN_REPLY') throw invalidField('replyToId', 'is no message of this stream');
      if (outcome === 'ACCESS_REQUIRED') return streams.refuseAccess(identity, streamId);
      throw refusedMessage(outcome, retryAfterMs);
    },

    /**
     * Newest first, since the chat was last cleared, with the tombstones of deleted messages. Throws NOT_FOUND,
     * ACCESS_REQUIRED, BANNED, and VALIDATION_FAILED for a foreign cursor.
     */
    history: async (identity: Identity | null, input: ChatHistoryInput): Promise<ChatMessagePage> => {
      const { streamId, limit: pageLimit, cursor } = input;
      const before = cursor === undefined ? null : decodeCursor(cursor, Place)[0];
      const [rows, isBanned] = await Promise.all([
        queries.listMessages(database, { streamId, before, limit: pageLimit + 1 }),
        identity ? queries.isBanned(database, { streamId, userId: identity.userId }) : false,
        streams.get(identity, streamId),
      ]);
      if (isBanned) throw banned();
      const { items, nextCursor } = toPage(rows, pageLimit, ({ seq }) => [seq]);
      return { items: items.map(({ message }) => message), nextCursor };
    },

    /**
     * Deletes a message for everyone and answers with its tombstone; again, with the same one. Throws NOT_FOUND,
     * ACCESS_REQUIRED, and FORBIDDEN unless by its author, the performer, an admin, or a moderator, who may delete what
     * viewers and moderators wrote.
     */
    delete: async (identity: Identity, { streamId, messageId }: DeleteMessageInput): Promise<ChatMessage> => {
      const now = clock.now().toISOString();
      const deletion = await queries.deleteMessage(database, {
        streamId,
        messageId,
        actorId: identity.userId,
        actionId: uuidv7(),
        now,
      });
      switch (deletion.outcome) {
        case 'NOT_FOUND':
          throw new AppError('NOT_FOUND', { detail: 'There is no such message in this stream.' });
        case 'FORBIDDEN':
          throw new AppError('FORBIDDEN', {
            detail:
              'Only its author, the performer and admins may delete it; moderators may delete what viewers and moderators wrote.',
          });
        case 'ACCESS_REQUIRED':
          return streams.refuseAccess(identity, streamId);
        case 'deleted': {
          const { seq, isUnpinned } = deletion;
          const entries: LogEntry[] = [{ seq, event: { type: 'messageDeleted', messageId, deletedAt: now } }];
          if (isUnpinned) entries.push({ seq: seq + 1, event: { type: 'messagePinned', message: null } });
          publish(streamId, entries);
        }
      }
      return deletion.message;
    },

    /** How much is under way; nothing, once every caller has an answer. */
    load: queue.size,
  };
};

export type ChatService = ReturnType<typeof createChatService>;
