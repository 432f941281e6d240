import {
  BecomePerformerInput,
  DeletedUser,
  DeleteUserInput,
  GetUserInput,
  ListUserStreamsInput,
  StreamPage,
  UpdateUserInput,
  UserProfile,
  VerifyUserInput,
} from '@versbottomlex/shared';
import { router } from '../trpc/init.js';
import {
  adminProcedure,
  publicProcedure,
  signedInNowProcedure,
  signedInProcedure,
} from '../trpc/procedures.js';

const tags = ['users'];

export const usersRouter = router({
  get: publicProcedure
    .meta({
      openapi: { method: 'GET', path: '/users/{id}', tags, summary: 'Get a user profile' },
      errors: ['NOT_FOUND', 'VALIDATION_FAILED'],
    })
    .input(GetUserInput)
    .output(UserProfile)
    .query(({ ctx, input }) => ctx.services.users.get(input.id)),

  update: signedInProcedure
    .meta({
      openapi: {
        method: 'PUT',
        path: '/users/{id}',
        tags,
        summary: 'Update a user profile',
        description: 'Only what is given changes. For the user and for admins.',
      },
      errors: ['FORBIDDEN', 'NOT_FOUND', 'USERNAME_TAKEN', 'VALIDATION_FAILED'],
    })
    .input(UpdateUserInput)
    .output(UserProfile)
    .mutation(({ ctx, input }) => ctx.services.users.update(ctx.identity, input)),

  delete: signedInNowProcedure
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/users/{id}',
        tags,
        summary: 'Delete a user account',
        description:
          'Anonymises the account for good and ends its sessions and streams; the ledger stays. For the user, with a login of the last 15 minutes, and for admins. Money keeps it from being deleted, unless it is given up.',
      },
      errors: [
        'FORBIDDEN',
        'REAUTHENTICATION_REQUIRED',
        'NOT_FOUND',
        'BALANCE_OPEN',
        'LAST_ADMIN',
        'VALIDATION_FAILED',
        'PAYMENTS_HALTED',
      ],
    })
    .input(DeleteUserInput)
    .output(DeletedUser)
    .mutation(({ ctx, input }) => ctx.services.users.delete(ctx.identity, input.id, input.forfeitBalance)),

  becomePerformer: signedInProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/users/{id}/performer',
        tags,
        summary: 'Ask to perform',
        description: 'Makes the user a performer, verified at once or by an admin, as the server is set up.',
      },
      errors: ['FORBIDDEN', 'ALREADY_A_PERFORMER', 'VALIDATION_FAILED'],
    })
    .input(BecomePerformerInput)
    .output(UserProfile)
    .mutation(({ ctx, input }) => ctx.services.users.becomePerformer(ctx.identity, input.id)),

  verify: adminProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/users/{id}/verify',
        tags,
        summary: 'Verify a performer',
        description: 'Makes a verified performer; `isVerified: false` takes it back. For admins.',
      },
      errors: ['FORBIDDEN', 'NOT_FOUND', 'VALIDATION_FAILED'],
    })
    .input(VerifyUserInput)
    .output(UserProfile)
    .mutation(({ ctx, input }) => ctx.services.users.verify(ctx.identity, input)),

  listStreams: publicProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/users/{id}/streams',
        tags,
        summary: 'List the public streams of a user',
        description: 'Newest first, whatever their status.',
      },
      errors: ['NOT_FOUND', 'VALIDATION_FAILED'],
    })
    .input(ListUserStreamsInput)
    .output(StreamPage)
    .query(({ ctx, input }) => ctx.services.streams.listOfUser(input)),
});
