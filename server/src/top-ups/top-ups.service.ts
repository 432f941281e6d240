import {
  type PaymentStatus,
  type TopUpAnswer,
  type TopUpInput,
  WALLET_BALANCE_MAX,
} from '@versbottomlex/shared';
import { v7 as uuidv7 } from 'uuid';
import type { Identity } from '../auth/identity.js';
import type { LedgerService } from '../ledger/ledger.service.js';
import { AppError } from '../platform/app-error.js';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/database.js';
import { idempotencyOf } from '../platform/idempotency.js';
import type { Logger } from '../platform/logger.js';
import { createSweep } from '../platform/sweep.js';
import { createProviderCalls } from './provider-calls.js';
import * as events from './provider-events.queries.js';
import { askProvider, type PaymentProvider, providerUnavailable } from './providers/provider.js';
import { paymentStatuses, refusedTopUp, toTopUpAnswer } from './top-up-answer.js';
import * as queries from './top-ups.queries.js';
import { createUnansweredPayments } from './unanswered-payments.js';
import { createWebhookReceiver } from './webhook-receiver.js';

/** Only another configuration helps. */
const NOT_SET_UP_RETRY_AFTER_MS = 60_000;
/** How often it is looked for what is left to be asked of the provider, or to be sent by one without a server. */
const SWEEP_MS = 1000;
/** How many payments of its own a provider settles in a sweep. */
const PAYMENTS_MAX = 20;

type Deps = {
  database: Database;
  clock: Clock;
  logger: Logger;
  ledger: Pick<LedgerService, 'noteMoved' | 'requireSound'>;
  currency: string;
  /** Null where none is set up. */
  provider: PaymentProvider | null;
};

/** Money that comes in from a payment provider, and goes back there. */
export const createTopUpsService = (deps: Deps) => {
  const { database, clock, logger, ledger, currency, provider } = deps;
  const calls = createProviderCalls(deps);
  const receiveWebhook = createWebhookReceiver(deps);
  const askAgain = createUnansweredPayments(deps);

  /** `name` is that of a payment's own provider, which may have been another one. */
  const requireProvider = (name = provider?.name as string | undefined): PaymentProvider => {
    if (provider && provider.name === name) return provider;
    throw new AppError('PROVIDER_UNAVAILABLE', {
      detail: 'This server is not set up for that payment provider.',
      retryAfterMs: NOT_SET_UP_RETRY_AFTER_MS,
    });
  };

  const refund = async (payment: events.OpenPayment): Promise<PaymentStatus> => {
    const { topUpReference } = payment;
    if (topUpReference === null)
      throw providerUnavailable(new Error('no provider has taken what is given back'));
    const { status } = await calls.refund(requireProvider(), { ...payment, topUpReference });
    if (status === 'failed') {
      logger.warn('A provider has declined a refund: its money is in the wallet again', {
        paymentId: payment.paymentId,
      });
    }
    return status;
  };

  const sendOwnWebhooks = async ({ name, webhooksFor }: PaymentProvider): Promise<void> => {
    if (!webhooksFor) return;
    for (const payment of await events.listProcessing(database, { provider: name, limit: PAYMENTS_MAX })) {
      const { reference } = payment;
      const webhooks = reference === null ? [] : webhooksFor({ ...payment, reference });
      for (const webhook of webhooks) await receiveWebhook(name, webhook);
    }
  };

  const askForLeftovers = async (): Promise<void> => {
    if (!provider) return;
    ledger.requireSound();
    await askAgain(provider.name, (payment) =>
      payment.type === 'refund' ? refund(payment) : calls.open(provider, payment),
    );
    await sendOwnWebhooks(provider);
  };

  const sweep = createSweep({
    work: askForLeftovers,
    intervalMs: SWEEP_MS,
    logger,
    fault: 'Top-ups could not be looked after',
  });

  return {
    /**
     * Begins to fill the wallet; `checkout` says what the payer's browser has to do, if anything. The same request under
     * the same key gets the answer of the first time, also at the same time, and money is taken once. Throws WALLET_FULL,
     * IDEMPOTENCY_KEY_REUSED, and PROVIDER_UNAVAILABLE, after which a retry with the same key goes on.
     */
    open: async ({ userId: ownerId }: Identity, input: TopUpInput): Promise<TopUpAnswer> => {
      const { amount } = input;
      const asked = requireProvider();
      const known = await queries.openTopUp(database, {
        id: uuidv7(),
        ownerId,
        amount,
        currency,
        provider: asked.name,
        balanceMax: WALLET_BALANCE_MAX,
        ...idempotencyOf(input),
        now: clock.now().toISOString(),
      });
      if ('refusal' in known) throw refusedTopUp(known.refusal);
      const { paymentId, createdAt } = known;
      const topUp = { id: paymentId, ownerId, amount, currency, createdAt };
      if (known.answer) return toTopUpAnswer(topUp, known.answer);
      const { checkout, ...answer } = await calls.open(requireProvider(known.provider), {
        paymentId,
        amount,
        currency,
      });
      if (!checkout) throw new Error(`${paymentId} was answered without a checkout`);
      return toTopUpAnswer(topUp, { ...answer, checkout });
    },

    /**
     * Confirms a top-up in the place of a provider that has no page for it: the sandbox. Throws NOT_FOUND for any other,
     * and for whoever does not own it, and TOP_UP_NOT_OPEN.
     */
    confirm: async ({ userId: ownerId }: Identity, id: string): Promise<TopUpAnswer> => {
      if (!provider?.confirm) throw refusedTopUp('NOT_FOUND');
      const { name, confirm } = provider;
      const topUp = await queries.findTopUp(database, { id, ownerId, provider: name });
      if (!topUp?.checkout) throw refusedTopUp('NOT_FOUND');
      const { amount, checkout, createdAt } = topUp;
      const { status, failureReason } = await askProvider(() =>
        confirm({ paymentId: id, amount, currency: topUp.currency }),
      );
      const settled = paymentStatuses[status];
      const now = clock.now().toISOString();
      const of = { id, ownerId, status: settled, failureReason, now };
      const { outcome, completedAt } = await queries.confirmTopUp(database, of);
      if (outcome === 'NOT_FOUND' || outcome === 'TOP_UP_NOT_OPEN') throw refusedTopUp(outcome);
      ledger.noteMoved(ownerId);
      return toTopUpAnswer(
        { id, ownerId, amount, currency: topUp.currency, createdAt },
        { status: settled, completedAt, checkout: { ...checkout, status, failureReason } },
      );
    },

    /**
     * Has a provider give back a top-up. The caller has debited the wallet already, and written the refund as a pending
     * payment with a row in `provider_payments`. Answers how the refund stands: `completed`, `failed` (the wallet has its
     * money again), or `pending` until a webhook tells. May be repeated; what throws PROVIDER_UNAVAILABLE is repeated by
     * itself. Throws NOT_FOUND for what is no such refund.
     */
    refundAtProvider: async (refundPaymentId: string): Promise<PaymentStatus> => {
      const known = await events.findProviderRefund(database, refundPaymentId);
      if (!known) throw new AppError('NOT_FOUND', { detail: 'There is no such refund.' });
      requireProvider(known.provider);
      if (known.status !== 'pending' || known.reference !== null) return known.status as PaymentStatus;
      return refund(known);
    },

    receiveWebhook,
    sweep: sweep.run,
    start: sweep.start,
    stop: sweep.stop,
  };
};

export type TopUpsService = ReturnType<typeof createTopUpsService>;
