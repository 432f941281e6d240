import {
  AddPasskeyInput,
  BeginPasskeyInput,
  Done,
  NewPasskeyOptions,
  NoInput,
  Passkey,
  PasskeyList,
  PasskeyLoginInput,
  PasskeyOptions,
  RemovePasskeyInput,
  SignInAnswer,
} from '@versbottomlex/shared';
import { router } from '../trpc/init.js';
import { openProcedure, signedInNowProcedure } from '../trpc/procedures.js';

const tags = ['auth'];

/** Part of `auth`. */
export const passkeysRouter = router({
  listPasskeys: signedInNowProcedure
    .meta({
      openapi: { method: 'GET', path: '/auth/passkeys', tags, summary: 'List your passkeys' },
      errors: ['VALIDATION_FAILED'],
    })
    .input(NoInput)
    .output(PasskeyList)
    .query(({ ctx }) => ctx.services.passkeys.list(ctx.identity)),

  beginPasskey: signedInNowProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/auth/passkeys/begin',
        tags,
        summary: 'Begin to add a passkey',
        description:
          'Answers the options with which the browser makes one, for this session. An account with a second factor needs its `code` too.',
      },
      limit: 'password',
      errors: [
        'INVALID_CREDENTIALS',
        'SECOND_FACTOR_REQUIRED',
        'SECOND_FACTOR_INVALID',
        'VALIDATION_FAILED',
        'OVERLOADED',
      ],
    })
    .input(BeginPasskeyInput)
    .output(NewPasskeyOptions)
    .mutation(({ ctx, input }) => ctx.services.passkeys.beginAdding(ctx.identity, input)),

  addPasskey: signedInNowProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/auth/passkeys',
        tags,
        summary: 'Add a passkey',
        description:
          'It signs in without password and code from now on. An account has ten at most; which device made it is not asked.',
      },
      successStatus: 201,
      errors: ['VALIDATION_FAILED'],
    })
    .input(AddPasskeyInput)
    .output(Passkey)
    .mutation(({ ctx, input }) => ctx.services.passkeys.add(ctx.identity, input)),

  removePasskey: signedInNowProcedure
    .meta({
      openapi: {
        method: 'DELETE',
        path: '/auth/passkeys/{id}',
        tags,
        summary: 'Remove a passkey',
        description: 'Sessions that it has opened go on.',
      },
      errors: ['NOT_FOUND', 'VALIDATION_FAILED'],
    })
    .input(RemovePasskeyInput)
    .output(Done)
    .mutation(({ ctx, input }) => ctx.services.passkeys.remove(ctx.identity, input.id)),

  beginPasskeyLogin: openProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/auth/passkey-login/begin',
        tags,
        summary: 'Begin to sign in with a passkey',
        description: 'Answers the options with which the browser asks for one; for everybody the same kind.',
      },
      errors: ['VALIDATION_FAILED'],
    })
    .input(NoInput)
    .output(PasskeyOptions)
    .mutation(({ ctx }) => ctx.services.passkeys.beginLogin()),

  passkeyLogin: openProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/auth/passkey-login',
        tags,
        summary: 'Sign in with a passkey',
        description:
          'Needs neither password nor code: the device has asked for a PIN or a finger, so that it counts as a second factor too.',
      },
      signsIn: true,
      limit: 'login',
      errors: ['INVALID_CREDENTIALS', 'ACCOUNT_SUSPENDED', 'VALIDATION_FAILED'],
    })
    .input(PasskeyLoginInput)
    .output(SignInAnswer)
    .mutation(({ ctx, input }) => ctx.cookies.handOver(() => ctx.services.passkeys.login(input, ctx))),
});
