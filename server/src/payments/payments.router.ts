import {
  GetPaymentInput,
  OnRoomInput,
  Payment,
  PaymentHistoryInput,
  PaymentPage,
  TipFeedEvent,
} from '@versbottomlex/shared';
import { router } from '../trpc/init.js';
import { publicProcedure, signedInNowProcedure } from '../trpc/procedures.js';

const tags = ['payments'];

export const paymentsRouter = router({
  history: signedInNowProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/payments/history',
        tags,
        summary: 'Get the payment history',
        description: 'Own payments, made and received, newest first.',
      },
      errors: ['VALIDATION_FAILED'],
    })
    .input(PaymentHistoryInput)
    .output(PaymentPage)
    .query(({ ctx, input }) => ctx.services.payments.history(ctx.identity, input)),

  get: signedInNowProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/payments/{id}',
        tags,
        summary: 'Get a payment',
        description: 'For its payer, its payee and admins.',
      },
      errors: ['NOT_FOUND', 'VALIDATION_FAILED'],
    })
    .input(GetPaymentInput)
    .output(Payment)
    .query(({ ctx, input }) => ctx.services.payments.get(ctx.identity, input.id)),

  /** The live feed of a stream, narrowed to tips. */
  onTip: publicProcedure
    .meta({ events: TipFeedEvent, isSocketOnly: true, errors: ['ACCESS_REQUIRED', 'BANNED', 'NOT_FOUND'] })
    .input(OnRoomInput)
    .subscription(({ ctx, input, signal }) =>
      ctx.services.live.follow<TipFeedEvent>(ctx, signal, input, ['tips']),
    ),
});
