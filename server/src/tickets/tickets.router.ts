import { BuyAccessInput, PaidAnswer } from '@versbottomlex/shared';
import { router } from '../trpc/init.js';
import { paymentProcedure } from '../trpc/procedures.js';

const tags = ['payments'];

export const ticketsRouter = router({
  buyAccess: paymentProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/payments/private-show',
        tags,
        summary: 'Buy a ticket of a private show',
        description:
          'One a viewer, at the price of the stream, which is that of `price` where it is given; it opens the stream, its history, its chat and its feed at once. The money is held until the show has taken place. When the show is cancelled, or has not begun some time after its schedule, every ticket is refunded by itself; a show without a schedule has 30 days for that. The same request again under the same key gets the same answer, and nothing is charged twice.',
      },
      successStatus: 201,
      errors: [
        'INSUFFICIENT_FUNDS',
        'BANNED',
        'SPENDING_LIMIT_REACHED',
        'NOT_FOUND',
        'STREAM_ENDED',
        'ALREADY_OWNED',
        'PRICE_CHANGED',
        'NO_TICKET_NEEDED',
        'SELF_PAYMENT',
        'IDEMPOTENCY_KEY_REUSED',
        'VALIDATION_FAILED',
      ],
    })
    .input(BuyAccessInput)
    .output(PaidAnswer)
    .mutation(({ ctx, input }) => ctx.services.tickets.buy(ctx.identity, input)),
});
