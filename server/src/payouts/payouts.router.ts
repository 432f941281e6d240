import {
  ApprovePayoutInput,
  ListPayoutsInput,
  MarkPayoutPaidInput,
  Payout,
  PayoutPage,
  RejectPayoutInput,
  RequestPayoutInput,
} from '@versbottomlex/shared';
import { router } from '../trpc/init.js';
import { adminPaymentProcedure, paymentProcedure, signedInNowProcedure } from '../trpc/procedures.js';

const tags = ['payments'];

export const payoutsRouter = router({
  requestPayout: paymentProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/payments/payouts',
        tags,
        summary: 'Ask for a payout',
        description:
          'Takes the amount out of the available earnings at once. Earnings are held for some days before they are available. The account needs a second factor.',
      },
      limit: 'payout',
      errors: [
        'SECOND_FACTOR_NOT_SET_UP',
        'NOT_A_PERFORMER',
        'NOT_VERIFIED',
        'EARNINGS_INSUFFICIENT',
        'IDEMPOTENCY_KEY_REUSED',
        'VALIDATION_FAILED',
      ],
      successStatus: 201,
    })
    .input(RequestPayoutInput)
    .output(Payout)
    .mutation(({ ctx, input }) => ctx.services.payouts.request(ctx.identity, input)),

  listPayouts: signedInNowProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/payments/payouts',
        tags,
        summary: 'List payouts',
        description: "Own payouts, newest first; admins see everybody's, or those of `performerId`.",
      },
      errors: ['FORBIDDEN', 'VALIDATION_FAILED'],
    })
    .input(ListPayoutsInput)
    .output(PayoutPage)
    .query(({ ctx, input }) => ctx.services.payouts.list(ctx.identity, input)),

  approvePayout: adminPaymentProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/payments/payouts/{id}/approve',
        tags,
        summary: 'Approve a payout',
        description: 'For admins, and not for a payout of their own. Approving it again answers the same.',
      },
      errors: ['FORBIDDEN', 'NOT_FOUND', 'PAYOUT_DECIDED', 'VALIDATION_FAILED'],
    })
    .input(ApprovePayoutInput)
    .output(Payout)
    .mutation(({ ctx, input }) => ctx.services.payouts.approve(ctx.identity, input.id)),

  rejectPayout: adminPaymentProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/payments/payouts/{id}/reject',
        tags,
        summary: 'Reject a payout',
        description:
          'For admins, until it is paid: the amount goes back to the earnings, and the performer is told why.',
      },
      errors: ['FORBIDDEN', 'NOT_FOUND', 'PAYOUT_DECIDED', 'VALIDATION_FAILED'],
    })
    .input(RejectPayoutInput)
    .output(Payout)
    .mutation(({ ctx, input }) => ctx.services.payouts.reject(ctx.identity, input)),

  markPayoutPaid: adminPaymentProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/payments/payouts/{id}/paid',
        tags,
        summary: 'Mark a payout as paid',
        description: 'For admins, after the transfer of an approved payout was made.',
      },
      errors: ['FORBIDDEN', 'NOT_FOUND', 'PAYOUT_DECIDED', 'VALIDATION_FAILED'],
    })
    .input(MarkPayoutPaidInput)
    .output(Payout)
    .mutation(({ ctx, input }) => ctx.services.payouts.markPaid(ctx.identity, input)),
});
