import { ListSessionsInput, RevokedSession, RevokeSessionInput, SessionPage } from '@versbottomlex/shared';
import { router } from '../trpc/init.js';
import { signedInProcedure } from '../trpc/procedures.js';

const tags = ['auth'];

/** Part of `auth`. */
export const sessionsRouter = router({
  listSessions: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/auth/sessions',
        tags,
        summary: 'List your sessions',
        description:
          'Where you are signed in, the latest login first. There are ten at most: the eleventh login ends the one that was not used for the longest time.',
      },
      errors: ['VALIDATION_FAILED'],
    })
    .input(ListSessionsInput)
    .output(SessionPage)
    .query(({ ctx, input }) => ctx.services.sessions.list(ctx.identity, input)),

  revokeSession: signedInProcedure
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/auth/sessions/{id}',
        tags,
        summary: 'End one of your sessions',
        description: 'Its tokens die at once and its sockets close. Ending it again gives the same answer.',
      },
      errors: ['NOT_FOUND', 'VALIDATION_FAILED'],
    })
    .input(RevokeSessionInput)
    .output(RevokedSession)
    .mutation(({ ctx, input }) => ctx.services.sessions.revoke(ctx.identity, input.id)),
});
