import { type Earnings, toMajorUnits } from '@versbottomlex/shared';
import type { CsvTable } from '../platform/csv.js';

type Sums = Earnings['total'];

const ofSums = ({ count, gross, fee, net }: Sums, currency: string) => [
  count,
  // As numbers, because a text that begins with a minus is taken for a formula, and made harmless.
  ...[gross, fee, net].map((amount) => Number(toMajorUnits(amount, currency))),
  currency,
];

/**
 * Earnings for a spreadsheet: a row for each day, type and stream, and the total last. Amounts are as
 * people write them: 3.33.
 */
export const earningsTable = (earnings: Earnings): CsvTable => {
  const { from, to, currency, total, byDay, byType, byStream } = earnings;
  return {
    fileName: `earnings_${from}_${to}.csv`,
    columns: ['by', 'day', 'type', 'streamId', 'title', 'count', 'gross', 'fee', 'net', 'currency'],
    rows: [
      ...byDay.map((row) => ['day', row.day, null, null, null, ...ofSums(row, currency)]),
      ...byType.map((row) => ['type', null, row.type, null, null, ...ofSums(row, currency)]),
      ...byStream.map((row) => ['stream', null, null, row.streamId, row.title, ...ofSums(row, currency)]),
      ['total', null, null, null, null, ...ofSums(total, currency)],
    ],
  };
};
