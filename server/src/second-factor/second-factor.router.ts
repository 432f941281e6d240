import {
  BeginSecondFactorInput,
  ConfirmSecondFactorInput,
  NoInput,
  RecoveryCodes,
  RemoveSecondFactorInput,
  RenewRecoveryCodesInput,
  SecondFactor,
  SecondFactorSecret,
} from '@versbottomlex/shared';
import { router } from '../trpc/init.js';
import { signedInNowProcedure } from '../trpc/procedures.js';

const tags = ['auth'];
const path = '/auth/second-factor';

/** Part of `auth`. */
export const secondFactorRouter = router({
  secondFactor: signedInNowProcedure
    .meta({
      openapi: { method: 'GET', path, tags, summary: 'Get the state of your second factor' },
      errors: ['VALIDATION_FAILED'],
    })
    .input(NoInput)
    .output(SecondFactor)
    .query(({ ctx }) => ctx.services.secondFactor.get(ctx.identity)),

  beginSecondFactor: signedInNowProcedure
    .meta({
      openapi: {
        method: 'POST',
        path,
        tags,
        summary: 'Begin to set up a second factor',
        description:
          'Answers the secret for an authenticator app. Nothing changes until the first code confirms it; until then it can be begun anew.',
      },
      limit: 'password',
      errors: ['INVALID_CREDENTIALS', 'SECOND_FACTOR_ALREADY_SET_UP', 'VALIDATION_FAILED', 'OVERLOADED'],
    })
    .input(BeginSecondFactorInput)
    .output(SecondFactorSecret)
    .mutation(({ ctx, input }) => ctx.services.secondFactor.beginSetUp(ctx.identity, input)),

  confirmSecondFactor: signedInNowProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: `${path}/confirm`,
        tags,
        summary: 'Confirm the second factor',
        description:
          'From now on every login needs a code. Every other session ends. The recovery codes are told this time only.',
      },
      errors: [
        'SECOND_FACTOR_INVALID',
        'SECOND_FACTOR_NOT_SET_UP',
        'SECOND_FACTOR_ALREADY_SET_UP',
        'VALIDATION_FAILED',
      ],
    })
    .input(ConfirmSecondFactorInput)
    .output(RecoveryCodes)
    .mutation(({ ctx, input }) => ctx.services.secondFactor.confirm(ctx.identity, input)),

  renewRecoveryCodes: signedInNowProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: `${path}/recovery-codes`,
        tags,
        summary: 'Replace your recovery codes',
        description:
          'Needs a code. Those from before are good no more, and the new ones are told this time only.',
      },
      errors: ['SECOND_FACTOR_INVALID', 'SECOND_FACTOR_NOT_SET_UP', 'VALIDATION_FAILED'],
    })
    .input(RenewRecoveryCodesInput)
    .output(RecoveryCodes)
    .mutation(({ ctx, input }) => ctx.services.secondFactor.renewRecoveryCodes(ctx.identity, input)),

  removeSecondFactor: signedInNowProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: `${path}/remove`,
        tags,
        summary: 'Remove the second factor',
        description: 'Logins need no code any more, and payouts are refused. Every other session ends.',
      },
      limit: 'password',
      errors: [
        'INVALID_CREDENTIALS',
        'SECOND_FACTOR_INVALID',
        'SECOND_FACTOR_NOT_SET_UP',
        'VALIDATION_FAILED',
        'OVERLOADED',
      ],
    })
    .input(RemoveSecondFactorInput)
    .output(SecondFactor)
    .mutation(({ ctx, input }) => ctx.services.secondFactor.remove(ctx.identity, input)),
});
