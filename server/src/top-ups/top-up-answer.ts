import type { Checkout, ErrorCode, Payment, PaymentStatus, TopUpAnswer } from '@versbottomlex/shared';
import { keyReused } from '../payments/payment-refusals.js';
import { AppError } from '../platform/app-error.js';

/** How a payment stands that a provider answers so. */
export const paymentStatuses: Record<Checkout['status'], PaymentStatus> = {
  completed: 'completed',
  requires_confirmation: 'pending',
  processing: 'pending',
  failed: 'failed',
};

/** A top-up as its owner sees it, as it stood when it was answered. */
export const toTopUpAnswer = (
  topUp: { id: string; ownerId: string; amount: number; currency: string; createdAt: string },
  answer: { status: PaymentStatus; completedAt: string | null; checkout: Checkout },
): TopUpAnswer => {
  const { id, ownerId, amount, currency, createdAt } = topUp;
  const payment: Payment = {
    id,
    type: 'top_up',
    status: answer.status,
    payerId: null,
    payeeId: ownerId,
    streamId: null,
    amount,
    currency,
    fee: 0,
    message: null,
    isAnonymous: false,
    refundsId: null,
    createdAt,
    completedAt: answer.status === 'completed' ? answer.completedAt : null,
  };
  return { payment, checkout: answer.checkout };
};

const details: Partial<Record<ErrorCode, string>> = {
  WALLET_FULL: 'With this the wallet would hold more than a wallet may; spend some of it first.',
  TOP_UP_NOT_OPEN: 'Only a top-up that requires confirmation can be confirmed, and only once.',
  NOT_FOUND: 'There is no such top-up that is confirmed here.',
};

/** The error that tells why a top-up was not begun or not confirmed. */
export const refusedTopUp = (code: ErrorCode): AppError => {
  if (code === 'IDEMPOTENCY_KEY_REUSED') return keyReused('top-up');
  const detail = details[code];
  return new AppError(code, { ...(detail !== undefined && { detail }) });
};
