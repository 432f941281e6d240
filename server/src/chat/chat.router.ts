import {
  ChatFeedEvent,
  ChatHistoryInput,
  ChatMessage,
  ChatMessagePage,
  DeleteMessageInput,
  OnRoomInput,
  SendMessageInput,
} from '@versbottomlex/shared';
import { router } from '../trpc/init.js';
import { publicProcedure, signedInProcedure } from '../trpc/procedures.js';

const tags = ['chat'];

export const chatRouter = router({
  history: publicProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/streams/{streamId}/messages',
        tags,
        summary: "List a stream's messages",
        description:
          'Newest first, since the chat was last cleared, for whoever may watch the stream and is not banned. A deleted message has no content any more.',
      },
      errors: ['ACCESS_REQUIRED', 'BANNED', 'NOT_FOUND', 'VALIDATION_FAILED'],
    })
    .input(ChatHistoryInput)
    .output(ChatMessagePage)
    .query(({ ctx, input }) => ctx.services.chat.history(ctx.identity, input)),

  send: signedInProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/streams/{streamId}/messages',
        tags,
        summary: 'Send a message',
        description:
          'A retry with the same `clientMessageId` gets the message that was stored. `@username` mentions somebody. `SLOW_MODE`, `TIMED_OUT` and `RATE_LIMITED` tell in `retryAfterMs` how long to wait.',
      },
      successStatus: 201,
      errors: [
        'ACCESS_REQUIRED',
        'BANNED',
        'TIMED_OUT',
        'SLOW_MODE',
        'FOLLOWERS_ONLY',
        'TICKETS_ONLY',
        'LINKS_NOT_ALLOWED',
        'TERM_BLOCKED',
        'NOT_FOUND',
        'STREAM_NOT_LIVE',
        'VALIDATION_FAILED',
        'RATE_LIMITED',
      ],
    })
    .input(SendMessageInput)
    .output(ChatMessage)
    .mutation(({ ctx, input }) => ctx.services.chat.send(ctx.identity, input)),

  delete: signedInProcedure
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/streams/{streamId}/messages/{messageId}',
        tags,
        summary: 'Delete a message',
        description:
          'For everyone at once: by its author, the performer, admins, and moderators, who may not delete what the performer or an admin wrote. Repeating it gives the same answer.',
      },
      errors: ['ACCESS_REQUIRED', 'FORBIDDEN', 'NOT_FOUND', 'VALIDATION_FAILED'],
    })
    .input(DeleteMessageInput)
    .output(ChatMessage)
    .mutation(({ ctx, input }) => ctx.services.chat.delete(ctx.identity, input)),

  /** The live feed of a stream, narrowed to its chat. */
  onMessage: publicProcedure
    .meta({ events: ChatFeedEvent, isSocketOnly: true, errors: ['ACCESS_REQUIRED', 'BANNED', 'NOT_FOUND'] })
    .input(OnRoomInput)
    .subscription(({ ctx, input, signal }) =>
      ctx.services.live.follow<ChatFeedEvent>(ctx, signal, input, ['chat']),
    ),
});
