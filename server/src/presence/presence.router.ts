import { ListViewersInput, OnRoomInput, PresenceFeedEvent, ViewerPage } from '@versbottomlex/shared';
import { router } from '../trpc/init.js';
import { publicProcedure, signedInProcedure } from '../trpc/procedures.js';

const tags = ['presence'];

export const presenceRouter = router({
  list: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/streams/{streamId}/viewers',
        tags,
        summary: 'List the viewers of a stream',
        description: 'Who is signed in and here, one row a user. For its performer, moderators and admins.',
      },
      errors: ['FORBIDDEN', 'NOT_FOUND', 'VALIDATION_FAILED'],
    })
    .input(ListViewersInput)
    .output(ViewerPage)
    .query(({ ctx, input }) => ctx.services.presence.list(ctx.identity, input)),

  /** The live feed of a stream, narrowed to who comes, who goes and how many watch. */
  onChange: publicProcedure
    .meta({
      events: PresenceFeedEvent,
      isSocketOnly: true,
      errors: ['ACCESS_REQUIRED', 'BANNED', 'NOT_FOUND'],
    })
    .input(OnRoomInput)
    .subscription(({ ctx, input, signal }) =>
      ctx.services.live.follow<PresenceFeedEvent>(ctx, signal, input, ['presence']),
    ),
});
