import {
  ConfirmEmailChangeInput,
  MailConfirmed,
  MailRequested,
  RequestEmailChangeInput,
  RequestEmailVerificationInput,
  RequestPasswordResetInput,
  ResetPasswordInput,
  VerifyEmailInput,
} from '@versbottomlex/shared';
import { router } from '../trpc/init.js';
import { openProcedure, signedInNowProcedure } from '../trpc/procedures.js';

const tags = ['auth'];

/** Part of `auth`. */
export const recoveryRouter = router({
  requestPasswordReset: openProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/auth/password-reset',
        tags,
        summary: 'Ask for a mail that resets the password',
        description: 'The answer does not tell whether an account has this address.',
      },
      limit: 'recovery',
      errors: ['MAIL_UNAVAILABLE', 'VALIDATION_FAILED'],
    })
    .input(RequestPasswordResetInput)
    .output(MailRequested)
    .mutation(({ ctx, input }) => ctx.services.recovery.requestPasswordReset(input)),

  resetPassword: openProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/auth/password-reset/confirm',
        tags,
        summary: 'Set a new password by the token of a mail',
        description:
          'Every session ends; log in with the new password, and with the second factor if there is one.',
      },
      errors: ['ACCOUNT_TOKEN_INVALID', 'VALIDATION_FAILED', 'OVERLOADED'],
    })
    .input(ResetPasswordInput)
    .output(MailConfirmed)
    .mutation(({ ctx, input }) => ctx.services.recovery.resetPassword(input)),

  requestEmailVerification: signedInNowProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/auth/email-verification',
        tags,
        summary: 'Ask for a mail that verifies the e-mail address',
        description: 'Registration sends one too; the last one counts.',
      },
      limit: 'recovery',
      errors: ['EMAIL_ALREADY_VERIFIED', 'MAIL_UNAVAILABLE', 'VALIDATION_FAILED'],
    })
    .input(RequestEmailVerificationInput)
    .output(MailRequested)
    .mutation(({ ctx }) => ctx.services.recovery.requestEmailVerification(ctx.identity)),

  verifyEmail: openProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/auth/email-verification/confirm',
        tags,
        summary: 'Verify the e-mail address by the token of a mail',
        description: 'Nobody has to be signed in, since mail is often read on another device.',
      },
      errors: ['ACCOUNT_TOKEN_INVALID', 'VALIDATION_FAILED'],
    })
    .input(VerifyEmailInput)
    .output(MailConfirmed)
    .mutation(({ ctx, input }) => ctx.services.recovery.verifyEmail(input)),

  requestEmailChange: signedInNowProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/auth/email-change',
        tags,
        summary: 'Ask for a mail that changes the e-mail address',
        description:
          'It goes to the new address, which replaces the old one once it is confirmed; the old one is told. An account with a second factor needs its `code` too.',
      },
      limit: 'password',
      errors: [
        'INVALID_CREDENTIALS',
        'SECOND_FACTOR_REQUIRED',
        'SECOND_FACTOR_INVALID',
        'MAIL_UNAVAILABLE',
        'VALIDATION_FAILED',
        'OVERLOADED',
      ],
    })
    .input(RequestEmailChangeInput)
    .output(MailRequested)
    .mutation(({ ctx, input }) => ctx.services.recovery.requestEmailChange(ctx.identity, input)),

  confirmEmailChange: openProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/auth/email-change/confirm',
        tags,
        summary: 'Change the e-mail address by the token of a mail',
        description: 'Sessions go on, the new address is verified, and the old one is told.',
      },
      errors: ['ACCOUNT_TOKEN_INVALID', 'EMAIL_TAKEN', 'VALIDATION_FAILED'],
    })
    .input(ConfirmEmailChangeInput)
    .output(MailConfirmed)
    .mutation(({ ctx, input }) => ctx.services.recovery.confirmEmailChange(input)),
});
