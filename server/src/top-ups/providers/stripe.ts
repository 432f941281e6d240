import type { Stripe } from 'stripe';
import { AppError } from '../../platform/app-error.js';
import type { Clock } from '../../platform/clock.js';
import {
  type OpenedTopUp,
  type PaymentProvider,
  type ProviderResult,
  providerUnavailable,
  type RefundRequest,
} from './provider.js';
import { readStripeEvent } from './stripe-events.js';

/** Below the time that a provider is given as a whole. */
const REQUEST_TIMEOUT_MS = 2500;
/** As Stripe recommends, against a webhook that somebody has recorded. */
const TOLERANCE_SECONDS = 300;

type Options = {
  secretKey: string;
  publishableKey: string;
  webhookSecret: string;
  clock: Clock;
  /** Where the API is; Stripe itself, unless a test has its own. */
  server?: { host: string; port: number; protocol: 'http' | 'https' };
};

const intentStatuses: Record<Stripe.PaymentIntent.Status, OpenedTopUp['status']> = {
  succeeded: 'completed',
  processing: 'processing',
  requires_capture: 'processing',
  requires_action: 'requires_confirmation',
  requires_confirmation: 'requires_confirmation',
  requires_payment_method: 'requires_confirmation',
  canceled: 'failed',
};

const refundStatuses: Record<string, ProviderResult['status']> = {
  succeeded: 'completed',
  failed: 'failed',
  canceled: 'failed',
};

const toResult = ({ id, status, failure_reason: reason }: Stripe.Refund): ProviderResult => {
  const known = refundStatuses[status ?? ''] ?? 'processing';
  return { reference: id, status: known, failureReason: known === 'failed' ? (reason ?? status) : null };
};

type Failure = { type?: unknown; code?: unknown };

/** Whether Stripe has understood the request and will not do it, so that asking again is of no use. */
const isRefusal = (error: Failure): boolean =>
  error.type === 'StripeInvalidRequestError' || error.type === 'StripeCardError';

/** Stripe's own words may hold a part of a key, which no log should. */
const unavailable = ({ type, code }: Failure): AppError =>
  providerUnavailable(new Error(`Stripe failed with ${String(type)} ${String(code)}`));

/** What Stripe refused for good, by its code; throws PROVIDER_UNAVAILABLE for any other failure. */
const refusalOf = (cause: unknown): string => {
  const error = cause as Failure;
  if (!isRefusal(error)) throw unavailable(error);
  return typeof error.code === 'string' ? error.code : 'invalid_request';
};

/**
 * Stripe by PaymentIntents: the payer's browser confirms with Stripe.js, so that no card ever comes here, and a webhook
 * tells that money was taken. The id of a payment is the idempotency key, so that a repeated call moves money once.
 */
export const createStripeProvider = (options: Options): PaymentProvider => {
  const { secretKey, publishableKey, webhookSecret, clock, server } = options;
  let loading: Promise<Stripe> | undefined;
  // The package takes longer to load than the rest of the server, which has to be up soon.
  const load = (): Promise<Stripe> => {
    loading ??= import('stripe').then(
      ({ Stripe: Client }) =>
        new Client(secretKey, {
          timeout: REQUEST_TIMEOUT_MS,
          maxNetworkRetries: 1,
          telemetry: false,
          ...server,
        }),
    );
    return loading;
  };

  /** Keys are forgotten after a day: then the money that was given back is found by our name for it, or by the top-up's. */
  const findRefund = async (stripe: Stripe, { paymentId, topUpReference }: RefundRequest) => {
    const { data } = await stripe.refunds.list({ payment_intent: topUpReference, limit: 100 });
    return data.find(({ metadata }) => metadata?.paymentId === paymentId) ?? data[0];
  };

  return {
    name: 'stripe',

    open: async ({ paymentId, amount, currency }) => {
      const stripe = await load();
      const answer = { publishableKey, failureReason: null };
      try {
        const intent = await stripe.paymentIntents.create(
          {
            amount,
            currency: currency.toLowerCase(),
            automatic_payment_methods: { enabled: true },
            metadata: { paymentId },
          },
          { idempotencyKey: paymentId },
        );
        const status = intentStatuses[intent.status] ?? 'processing';
        return { ...answer, reference: intent.id, status, clientSecret: intent.client_secret };
      } catch (error) {
        const failureReason = refusalOf(error);
        return { ...answer, reference: null, status: 'failed', clientSecret: null, failureReason };
      }
    },

    refund: async (refund) => {
      const stripe = await load();
      const { paymentId, topUpReference, amount } = refund;
      try {
        return toResult(
          await stripe.refunds.create(
            { payment_intent: topUpReference, amount, metadata: { paymentId } },
            { idempotencyKey: paymentId },
          ),
        );
      } catch (error) {
        const failureReason = refusalOf(error);
        if (failureReason !== 'charge_already_refunded')
          return { reference: null, status: 'failed', failureReason };
        const known = await findRefund(stripe, refund).catch((cause: Failure) => {
          throw unavailable(cause);
        });
        if (!known) throw unavailable({ type: 'refund', code: failureReason });
        return toResult(known);
      }
    },

    readWebhook: async ({ body, headers }) => {
      const { signature } = (await load()).webhooks;
      if (!signature) throw new Error('the client of Stripe cannot verify signatures');
      const header = headers['stripe-signature'] ?? '';
      const receivedAt = clock.now().getTime();
      try {
        signature.verifyHeader(body, header, webhookSecret, TOLERANCE_SECONDS, undefined, receivedAt);
      } catch {
        throw new AppError('SIGNATURE_INVALID');
      }
      try {
        return readStripeEvent(body.toString());
      } catch {
        throw new AppError('MALFORMED_REQUEST', { detail: 'The body is not an event of Stripe.' });
      }
    },
  };
};
