import { toMajorUnits } from '@versbottomlex/shared';
import { AppError } from '../platform/app-error.js';
import type { OpenMoney } from './users.queries.js';

const descriptions: Record<OpenMoney['kind'], (amount: string) => string> = {
  wallet: (amount) => `${amount} in the wallet`,
  earnings: (amount) => `${amount} of earnings`,
  'requested payouts': (amount) => `${amount} asked to be paid out`,
  'approved payouts': (amount) => `${amount} about to be paid out`,
  tickets: (amount) => `${amount} for tickets of a show that has begun`,
};

/** What has to end by itself, and how; anything else can be given up. */
const endings: Partial<Record<OpenMoney['kind'], string>> = {
  'approved payouts': 'wait until the payout is paid',
  tickets: 'end the show, and wait a moment',
};

const written = ({ amount, currency }: OpenMoney): string => `${toMajorUnits(amount, currency)} ${currency}`;

/** BALANCE_OPEN, which says what the account holds and what can be done about it. */
export const balanceOpen = (openMoney: OpenMoney[]): AppError => {
  const held = openMoney.map((money) => descriptions[money.kind](written(money))).join(', ');
  const steps = [...new Set(openMoney.flatMap(({ kind }) => endings[kind] ?? []))];
  if (openMoney.some(({ kind }) => endings[kind] === undefined)) {
    steps.push('spend it, have it paid out, or give it up with forfeitBalance=true');
  }
  return new AppError('BALANCE_OPEN', { detail: `The account holds ${held}: ${steps.join('; ')}.` });
};
