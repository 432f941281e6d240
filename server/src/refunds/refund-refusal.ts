import { AppError } from '../platform/app-error.js';
import type { Refusal } from './refunds.queries.js';

const details: Record<Refusal, string> = {
  NOT_FOUND: 'There is no such payment.',
  FORBIDDEN: 'Admins refund payments, and performers the tickets of their own shows.',
  NOT_REFUNDABLE:
    'Tips, tickets and top-ups can be refunded once they are completed, unless the provider has refused to.',
  ALREADY_REFUNDED: 'The payment was given back before, or is on its way back.',
  FUNDS_SPENT: 'Whoever received the money no longer has it.',
  WALLET_FULL: 'The wallet of whoever had paid cannot hold more.',
};

/** The error that tells why nothing was given back. */
export const refusedRefund = (refusal: Refusal): AppError =>
  new AppError(refusal, { detail: details[refusal] });
