import { AdministeredUser, LiftSuspensionInput, SetRoleInput, SuspendUserInput } from '@versbottomlex/shared';
import { router } from '../trpc/init.js';
import { adminProcedure } from '../trpc/procedures.js';

const tags = ['administration'];

/** Part of `users`: what admins do to accounts. */
export const accountActsRouter = router({
  suspend: adminProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/users/{id}/suspend',
        tags,
        summary: 'Suspend a user',
        description:
          'Ends the sessions, the sockets and the streams of the user at once, scheduled ones too, whose tickets are given back. Signing in is refused, with the reason, until that is lifted. For admins, not of themselves.',
      },
      errors: ['FORBIDDEN', 'NOT_FOUND', 'LAST_ADMIN', 'VALIDATION_FAILED'],
    })
    .input(SuspendUserInput)
    .output(AdministeredUser)
    .mutation(({ ctx, input }) => ctx.services.administration.suspend(ctx.identity, input)),

  liftSuspension: adminProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/users/{id}/lift-suspension',
        tags,
        summary: 'Lift a suspension',
        description:
          'The user may sign in again; sessions and streams stay ended. Where there is none, nothing changes. For admins.',
      },
      errors: ['FORBIDDEN', 'NOT_FOUND', 'VALIDATION_FAILED'],
    })
    .input(LiftSuspensionInput)
    .output(AdministeredUser)
    .mutation(({ ctx, input }) => ctx.services.administration.liftSuspension(ctx.identity, input.id)),

  setRole: adminProcedure
    .meta({
      openapi: {
        method: 'PUT',
        path: '/users/{id}/role',
        tags,
        summary: 'Set the role of a user',
        description:
          'Who becomes a viewer is not verified any more, and their streams end. A new performer waits for verification as others do. For admins; the last one stays an admin.',
      },
      errors: ['FORBIDDEN', 'NOT_FOUND', 'LAST_ADMIN', 'VALIDATION_FAILED'],
    })
    .input(SetRoleInput)
    .output(AdministeredUser)
    .mutation(({ ctx, input }) => ctx.services.administration.setRole(ctx.identity, input)),
});
