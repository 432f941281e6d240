import { ConfirmTopUpInput, TopUpAnswer, TopUpInput } from '@versbottomlex/shared';
import { router } from '../trpc/init.js';
import { paymentProcedure } from '../trpc/procedures.js';

const tags = ['payments'];

export const topUpsRouter = router({
  topUp: paymentProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/payments/top-up',
        tags,
        summary: 'Top up the wallet',
        description:
          'With the sandbox, which development has, it completes at once, but for these amounts: 10001 is declined; 10002 waits for `POST /api/payments/{id}/confirm` and completes, 10004 waits for it and is declined; 10003 completes and 10005 is declined a moment later; 10006 is not answered at first; the refund of 10007 is declined, and that of 10008 takes a moment. With Stripe, `checkout.clientSecret` is for Stripe.js in the browser, and the money is there when Stripe says so. A declined top-up is answered as one that has failed. The same request again under the same key gets the same answer, and nothing is charged twice.',
      },
      successStatus: 201,
      errors: ['WALLET_FULL', 'IDEMPOTENCY_KEY_REUSED', 'VALIDATION_FAILED', 'PROVIDER_UNAVAILABLE'],
    })
    .input(TopUpInput)
    .output(TopUpAnswer)
    .mutation(({ ctx, input }) => ctx.services.topUps.open(ctx.identity, input)),

  confirmTopUp: paymentProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/payments/{id}/confirm',
        tags,
        summary: 'Confirm a top-up of the sandbox',
        description:
          'For own top-ups whose `checkout.status` is `requires_confirmation`, in the place of the page on which a payer would confirm. With any other provider there is nothing here.',
      },
      errors: ['NOT_FOUND', 'TOP_UP_NOT_OPEN', 'VALIDATION_FAILED'],
    })
    .input(ConfirmTopUpInput)
    .output(TopUpAnswer)
    .mutation(({ ctx, input }) => ctx.services.topUps.confirm(ctx.identity, input.id)),
});
