import {
  NoInput,
  OnWalletInput,
  SetSpendingLimitInput,
  SpendingLimit,
  Wallet,
  WalletFeedEvent,
} from '@versbottomlex/shared';
import { router } from '../trpc/init.js';
import { signedInNowProcedure } from '../trpc/procedures.js';

const tags = ['payments'];

export const walletRouter = router({
  wallet: signedInNowProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/payments/wallet',
        tags,
        summary: 'Get the own wallet',
        description: 'What the caller can spend, and what a performer has earned.',
      },
      errors: ['VALIDATION_FAILED'],
    })
    .input(NoInput)
    .output(Wallet)
    .query(({ ctx }) => ctx.services.wallet.get(ctx.identity)),

  /** The own wallet, then once after every change of it, whichever device made it. */
  onWallet: signedInNowProcedure
    .meta({ events: WalletFeedEvent, isSocketOnly: true, errors: [] })
    .input(OnWalletInput)
    .subscription(({ ctx, signal }) => ctx.services.wallet.follow(ctx.identity, signal)),

  getSpendingLimit: signedInNowProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/payments/spending-limit',
        tags,
        summary: 'Get the own spending limit',
        description:
          'What the caller lets themself spend on tips and tickets a day, in UTC, and has spent today.',
      },
      errors: ['VALIDATION_FAILED'],
    })
    .input(NoInput)
    .output(SpendingLimit)
    .query(({ ctx }) => ctx.services.wallet.getSpendingLimit(ctx.identity)),

  setSpendingLimit: signedInNowProcedure
    .meta({
      openapi: {
        method: 'PUT',
        path: '/payments/spending-limit',
        tags,
        summary: 'Set the own spending limit',
        description: 'A lower limit holds at once, a higher one or none a day later.',
      },
      errors: ['VALIDATION_FAILED'],
    })
    .input(SetSpendingLimitInput)
    .output(SpendingLimit)
    .mutation(({ ctx, input }) => ctx.services.wallet.setSpendingLimit(ctx.identity, input)),
});
