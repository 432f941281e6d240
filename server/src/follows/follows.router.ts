import {
  FollowInput,
  Following,
  ListFollowedInput,
  UnfollowInput,
  UserSummaryPage,
} from '@versbottomlex/shared';
import { router } from '../trpc/init.js';
import { signedInProcedure } from '../trpc/procedures.js';

const tags = ['users'];

/** A part of `users`. */
export const followsRouter = router({
  follow: signedInProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/users/{id}/follow',
        tags,
        summary: 'Follow a user',
        description: 'Following again gives the same answer.',
      },
      errors: ['NOT_FOUND', 'VALIDATION_FAILED'],
    })
    .input(FollowInput)
    .output(Following)
    .mutation(({ ctx, input }) => ctx.services.follows.follow(ctx.identity, input.id)),

  unfollow: signedInProcedure
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/users/{id}/follow',
        tags,
        summary: 'Stop following a user',
        description: 'Where the caller does not follow the user, nothing changes.',
      },
      errors: ['NOT_FOUND', 'VALIDATION_FAILED'],
    })
    .input(UnfollowInput)
    .output(Following)
    .mutation(({ ctx, input }) => ctx.services.follows.unfollow(ctx.identity, input.id)),

  listFollowed: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/follows',
        tags,
        summary: 'List whom you follow',
        description: 'The latest first.',
      },
      errors: ['VALIDATION_FAILED'],
    })
    .input(ListFollowedInput)
    .output(UserSummaryPage)
    .query(({ ctx, input }) => ctx.services.follows.listFollowed(ctx.identity, input)),
});
