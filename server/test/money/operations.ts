import { sandboxAmounts } from '@versbottomlex/shared';
import fc from 'fast-check';

/** Which of the people, shows or payments that there are then, counted round. */
const place = fc.nat({ max: 1000 });

const amount = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 100, max: 3000 }) },
  { weight: 1, arbitrary: fc.constantFrom(100, 2_000_000) },
);

const topUpAmount = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 100, max: 9999 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<number>(
      sandboxAmounts.declined,
      sandboxAmounts.processed,
      sandboxAmounts.refundDeclined,
      sandboxAmounts.refundProcessed,
    ),
  },
);

const named = <const Kind extends string>(kind: Kind) => ({ kind: fc.constant(kind) });
const step = fc.constantFrom('approved' as const, 'rejected' as const, 'paid' as const);

/** Something that is done with money, by anybody and as often allowed as not. */
const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ ...named('topUp'), who: place, amount: topUpAmount }) },
  { weight: 8, arbitrary: fc.record({ ...named('tip'), who: place, to: place, amount }) },
  { weight: 4, arbitrary: fc.record({ ...named('tipInRoom'), who: place, show: place, amount }) },
  { weight: 6, arbitrary: fc.record({ ...named('buy'), who: place, show: place }) },
  { weight: 5, arbitrary: fc.record({ ...named('refund'), payment: place }) },
  { weight: 4, arbitrary: fc.record({ ...named('requestPayout'), who: place, amount }) },
  { weight: 4, arbitrary: fc.record({ ...named('decide'), payment: place, step }) },
  { weight: 2, arbitrary: fc.record({ ...named('start'), show: place }) },
  { weight: 2, arbitrary: fc.record({ ...named('end'), show: place }) },
  { weight: 1, arbitrary: fc.record({ ...named('setLimit'), who: place, amount }) },
  { weight: 1, arbitrary: fc.record({ ...named('deleteAccount'), who: place, isForfeiting: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record(named('hearProvider')) },
  { weight: 2, arbitrary: fc.record({ ...named('fold'), entriesMax: fc.integer({ min: 1, max: 20 }) }) },
);
export type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never;

export const operations = fc.array(operation, { minLength: 20, maxLength: 60 });
