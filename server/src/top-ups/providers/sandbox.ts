import { randomBytes } from 'node:crypto';
import { sandboxAmounts } from '@versbottomlex/shared';
import { z } from 'zod';
import { AppError } from '../../platform/app-error.js';
import type { Clock } from '../../platform/clock.js';
import {
  type OpenedTopUp,
  type PaymentProvider,
  type ProviderEvent,
  providerUnavailable,
} from './provider.js';
import { isSignedWebhook, signWebhook } from './webhook-signature.js';

const SIGNATURE_HEADER = 'sandbox-signature';
const TOLERANCE_SECONDS = 300;
const DECLINED = 'card_declined';

/** What the sandbox sends: our own form of an event. */
const SandboxEvent = z.strictObject({
  id: z.string(),
  type: z.string(),
  effect: z.enum(['completed', 'failed']),
  reference: z.string(),
  paymentId: z.uuid(),
  amount: z.int(),
  currency: z.string(),
  failureReason: z.string().nullable(),
});

const answers: Record<number, Pick<OpenedTopUp, 'status' | 'failureReason'>> = {
  [sandboxAmounts.declined]: { status: 'failed', failureReason: DECLINED },
  [sandboxAmounts.confirmed]: { status: 'requires_confirmation', failureReason: null },
  [sandboxAmounts.processed]: { status: 'processing', failureReason: null },
  [sandboxAmounts.declinedWhenConfirmed]: { status: 'requires_confirmation', failureReason: null },
  [sandboxAmounts.declinedWhenProcessed]: { status: 'processing', failureReason: null },
};

/** What is sent for each amount that is processed, in this order; a name twice is the same event twice. */
const effects: Record<number, ('completed' | 'failed')[]> = {
  [sandboxAmounts.processed]: ['completed', 'failed', 'completed'],
  [sandboxAmounts.declinedWhenProcessed]: ['failed'],
};

/**
 * A provider within this process, for development and tests: a top-up completes at once, and the amounts of
 * `sandboxAmounts` go every other way. It remembers nothing that a restart would lose: what it does follows from the
 * payment. Its webhooks are signed as Stripe's are, by default with a secret that nobody else has.
 */
export const createSandboxProvider = ({
  clock,
  secret = randomBytes(32).toString('hex'),
}: {
  clock: Clock;
  secret?: string;
}): PaymentProvider => {
  /** Payments that were asked for once and not answered. */
  const unanswered = new Set<string>();

  return {
    name: 'sandbox',

    open: async ({ paymentId, amount }) => {
      if (amount === sandboxAmounts.unansweredAtFirst && !unanswered.delete(paymentId)) {
        unanswered.add(paymentId);
        throw providerUnavailable();
      }
      const answer = answers[amount] ?? { status: 'completed', failureReason: null };
      return { reference: `sandbox_${paymentId}`, clientSecret: null, publishableKey: null, ...answer };
    },

    confirm: async ({ paymentId, amount }) => {
      const isDeclined = amount === sandboxAmounts.declinedWhenConfirmed;
      return {
        reference: `sandbox_${paymentId}`,
        status: isDeclined ? 'failed' : 'completed',
        failureReason: isDeclined ? DECLINED : null,
      };
    },

    refund: async ({ paymentId, amount }) => {
      const isDeclined = amount === sandboxAmounts.refundDeclined;
      const isSlow = amount === sandboxAmounts.refundProcessed;
      return {
        reference: `sandbox_${paymentId}`,
        status: isDeclined ? 'failed' : isSlow ? 'processing' : 'completed',
        failureReason: isDeclined ? 'refund_declined' : null,
      };
    },

    webhooksFor: ({ type, paymentId, amount, currency, reference }) =>
      (type === 'refund' ? ['completed' as const] : (effects[amount] ?? [])).map((effect) => {
        const event: ProviderEvent = {
          id: `${reference}_${effect}`,
          type: `${type}.${effect}`,
          effect,
          reference,
          paymentId,
          amount,
          currency,
          failureReason: effect === 'failed' ? DECLINED : null,
        };
        const body = Buffer.from(JSON.stringify(event));
        return { body, headers: { [SIGNATURE_HEADER]: signWebhook(body, secret, clock.now()) } };
      }),

    readWebhook: async ({ body, headers }) => {
      const header = headers[SIGNATURE_HEADER];
      if (!isSignedWebhook({ body, header }, secret, clock.now(), TOLERANCE_SECONDS)) {
        throw new AppError('SIGNATURE_INVALID');
      }
      try {
        return [SandboxEvent.parse(JSON.parse(body.toString()))];
      } catch {
        throw new AppError('MALFORMED_REQUEST', { detail: 'The body is not an event of the sandbox.' });
      }
    },
  };
};
