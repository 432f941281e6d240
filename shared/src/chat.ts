import * as z from 'zod';
import { Id } from './ids.js';
import { pageFields, pageOf } from './pagination.js';
import { chatLine } from './text.js';
import { Timestamp } from './timestamps.js';
import { Username, UserSummary } from './users.js';

/** What a user is in a room: the performer whose room it is, a moderator of theirs, an admin, or a viewer. */
export const roomRoles = ['viewer', 'moderator', 'performer', 'admin'] as const;
export const RoomRole = z.enum(roomRoles).meta({ id: 'RoomRole', example: 'viewer' });
export type RoomRole = z.infer<typeof RoomRole>;

const Content = z
  .string()
  .nullable()
  .meta({ description: 'Null once the message is deleted.', example: 'Hello everyone!' });

/** A user whom a message names with `@username`, found by the server. */
export const Mention = z.object({ id: Id, username: Username }).meta({ id: 'Mention' });
export type Mention = z.infer<typeof Mention>;

export const ChatMessage = z
  .object({
    id: Id,
    streamId: Id,
    author: UserSummary,
    authorRole: RoomRole,
    content: Content,
    mentions: z.array(Mention),
    replyTo: z.object({ id: Id, author: UserSummary, content: Content }).nullable().meta({ example: null }),
    clientMessageId: z.string().nullable().meta({ description: 'As its author chose it.', example: null }),
    createdAt: Timestamp,
    deletedAt: Timestamp.nullable().meta({ example: null }),
  })
  .meta({ id: 'ChatMessage' });
export type ChatMessage = z.infer<typeof ChatMessage>;

export const ChatMessagePage = pageOf(ChatMessage).meta({ id: 'ChatMessagePage' });
export type ChatMessagePage = z.infer<typeof ChatMessagePage>;

/** `clientMessageId` makes a retry find the message that was stored, instead of sending it twice. */
export const SendMessageInput = z
  .strictObject({
    streamId: Id,
    content: chatLine(1, 500).meta({ example: 'Hello everyone!' }),
    clientMessageId: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,128}$/, 'must be 1 to 128 letters, digits, hyphens or underscores')
      .optional()
      .meta({
        description:
          'New for each message, and the same when it is sent again: the answer is then the first one’s.',
      }),
    replyToId: Id.optional().meta({ description: 'A message of the same stream.' }),
  })
  .meta({ examples: [{ content: 'Hello everyone!' }] });
export type SendMessageInput = z.infer<typeof SendMessageInput>;

/** Newest first. */
export const ChatHistoryInput = z.strictObject({ streamId: Id, ...pageFields });
export type ChatHistoryInput = z.infer<typeof ChatHistoryInput>;

export const DeleteMessageInput = z.strictObject({ streamId: Id, messageId: Id });
export type DeleteMessageInput = z.infer<typeof DeleteMessageInput>;
