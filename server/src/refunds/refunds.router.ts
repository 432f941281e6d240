import { RefundAnswer, RefundInput } from '@versbottomlex/shared';
import { router } from '../trpc/init.js';
import { paymentProcedure } from '../trpc/procedures.js';

const tags = ['payments'];

export const refundsRouter = router({
  refund: paymentProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/payments/{id}/refund',
        tags,
        summary: 'Refund a payment',
        description:
          'As a whole and once: for admins any completed tip, ticket or top-up, for performers the tickets of their own shows. A tip and a ticket go back to the wallet at once, from where the money is now; a refunded ticket opens nothing any more. What a top-up brought leaves the wallet at once, and the refund is pending until the provider has given it back.',
      },
      errors: [
        'FORBIDDEN',
        'NOT_FOUND',
        'ALREADY_REFUNDED',
        'NOT_REFUNDABLE',
        'FUNDS_SPENT',
        'WALLET_FULL',
        'VALIDATION_FAILED',
      ],
    })
    .input(RefundInput)
    .output(RefundAnswer)
    .mutation(({ ctx, input }) => ctx.services.refunds.refund(ctx.identity, input.id)),
});
