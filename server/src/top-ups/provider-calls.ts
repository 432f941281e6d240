import type { Checkout } from '@versbottomlex/shared';
import type { LedgerService } from '../ledger/ledger.service.js';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import {
  askProvider,
  type PaymentProvider,
  type ProviderPayment,
  type RefundRequest,
} from './providers/provider.js';
import { paymentStatuses } from './top-up-answer.js';
import { answerPayment, type ProviderAnswer } from './top-ups.queries.js';

type Deps = {
  database: Database;
  clock: Clock;
  ledger: Pick<LedgerService, 'noteMoved'>;
};

/**
 * Asks a provider for what is written down already, and notes its answer: both may be repeated. Calls for one payment
 * at the same time are one call.
 */
export const createProviderCalls = ({ database, clock, ledger }: Deps) => {
  const underWay = new Map<string, Promise<Awaited<ReturnType<typeof answerPayment>>>>();

  const note = async (answer: Omit<ProviderAnswer, 'now'>) => {
    const noted = await answerPayment(database, { ...answer, now: clock.now().toISOString() });
    // Also for an answer that was noted before: what told of it may have been lost.
    if (noted.status !== 'pending') ledger.noteMoved(noted.ownerId);
    return noted;
  };

  const once = (paymentId: string, work: () => ReturnType<typeof note>): ReturnType<typeof note> => {
    const known = underWay.get(paymentId);
    if (known) return known;
    const call = work().finally(() => underWay.delete(paymentId));
    underWay.set(paymentId, call);
    return call;
  };

  return {
    open: (provider: PaymentProvider, topUp: ProviderPayment) =>
      once(topUp.paymentId, async () => {
        const { reference, ...opened } = await askProvider(() => provider.open(topUp));
        const checkout: Checkout = { provider: provider.name, ...opened };
        const { status, failureReason } = opened;
        const { paymentId } = topUp;
        return note({ paymentId, reference, checkout, status: paymentStatuses[status], failureReason });
      }),

    refund: (provider: PaymentProvider, refund: RefundRequest) =>
      once(refund.paymentId, async () => {
        const { reference, status, failureReason } = await askProvider(() => provider.refund(refund));
        const { paymentId } = refund;
        return note({ paymentId, reference, checkout: null, status: paymentStatuses[status], failureReason });
      }),
  };
};
