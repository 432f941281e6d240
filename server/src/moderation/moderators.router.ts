import {
  AppointModeratorInput,
  DismissModeratorInput,
  Done,
  ListModerationActionsInput,
  ListModeratorsInput,
  ModerationActionPage,
  Moderator,
  ModeratorPage,
} from '@versbottomlex/shared';
import { router } from '../trpc/init.js';
import { signedInProcedure } from '../trpc/procedures.js';

const tags = ['moderation'];

export const moderatorsRouter = router({
  appoint: signedInProcedure
    .meta({
      openapi: {
        method: 'PUT',
        path: '/users/{id}/moderators/{userId}',
        tags,
        summary: 'Appoint a moderator',
        description:
          'For all rooms of the performer `id`. For the performer and admins; a timeout or a ban has to be lifted first.',
      },
      errors: ['FORBIDDEN', 'NOT_FOUND', 'CONFLICT', 'VALIDATION_FAILED'],
    })
    .input(AppointModeratorInput)
    .output(Moderator)
    .mutation(({ ctx, input }) => ctx.services.moderation.appoint(ctx.identity, input)),

  dismiss: signedInProcedure
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/users/{id}/moderators/{userId}',
        tags,
        summary: 'Dismiss a moderator',
        description: 'Where the user is none, nothing changes. For the performer and admins.',
      },
      errors: ['FORBIDDEN', 'NOT_FOUND', 'VALIDATION_FAILED'],
    })
    .input(DismissModeratorInput)
    .output(Done)
    .mutation(({ ctx, input }) => ctx.services.moderation.dismiss(ctx.identity, input)),

  listModerators: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/users/{id}/moderators',
        tags,
        summary: 'List moderators',
        description: 'The latest first. For the performer, their moderators and admins.',
      },
      errors: ['FORBIDDEN', 'NOT_FOUND', 'VALIDATION_FAILED'],
    })
    .input(ListModeratorsInput)
    .output(ModeratorPage)
    .query(({ ctx, input }) => ctx.services.moderation.listModerators(ctx.identity, input)),

  listActions: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/users/{id}/moderation-log',
        tags,
        summary: 'List what moderators did',
        description: 'In all rooms of the performer `id`, newest first. For the performer and admins.',
      },
      errors: ['FORBIDDEN', 'NOT_FOUND', 'VALIDATION_FAILED'],
    })
    .input(ListModerationActionsInput)
    .output(ModerationActionPage)
    .query(({ ctx, input }) => ctx.services.moderation.listActions(ctx.identity, input)),
});
