import { Earnings, EarningsInput } from '@versbottomlex/shared';
import { router } from '../trpc/init.js';
import { signedInNowProcedure } from '../trpc/procedures.js';
import { earningsTable } from './earnings-table.js';

export const earningsRouter = router({
  earnings: signedInNowProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/payments/earnings',
        tags: ['payments'],
        summary: 'Get the earnings',
        description:
          'Of a performer, by day, type and stream: tips when they were sent, tickets when their show had taken place, and refunds taken off on the day of the refund. Days without any are left out. `Accept: text/csv` gets a table for a spreadsheet, whose amounts are in major units: 3.33.',
      },
      errors: ['NOT_A_PERFORMER', 'VALIDATION_FAILED'],
      csv: earningsTable,
    })
    .input(EarningsInput)
    .output(Earnings)
    .query(({ ctx, input }) => ctx.services.earnings.get(ctx.identity, input)),
});
