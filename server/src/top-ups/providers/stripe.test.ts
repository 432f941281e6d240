import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type FakeStripe, startFakeStripe } from '../../../test/fake-stripe.js';
import { failureOf, outcomeOf } from '../../../test/outcome.js';
import { createFakeClock } from '../../../test/services.js';
import { createStripeProvider } from './stripe.js';

const stripe: FakeStripe = await startFakeStripe();
afterAll(() => stripe.close());

const keys = { secretKey: 'sk_test_1', publishableKey: 'pk_test_1', webhookSecret: 'whsec_1' };
const provider = createStripeProvider({ ...keys, clock: createFakeClock(), server: stripe.server });
const payment = (paymentId: string) => ({ paymentId, amount: 5000, currency: 'USD' });
const refund = (paymentId: string, topUpReference = 'pi_1') => ({ ...payment(paymentId), topUpReference });

beforeEach(() => {
  stripe.next = undefined;
  stripe.refundStatus = 'succeeded';
  stripe.requests.length = 0;
  stripe.objects.length = 0;
});

describe('a top-up', () => {
  it('is a PaymentIntent, under the id of the payment, which the browser confirms', async () => {
    expect(await provider.open(payment('top-up-1'))).toEqual({
      reference: 'pi_1',
      status: 'requires_confirmation',
      clientSecret: 'pi_1_secret',
      publishableKey: 'pk_test_1',
      failureReason: null,
    });
    expect(stripe.requests).toEqual([
      {
        path: '/v1/payment_intents',
        key: 'top-up-1',
        form: {
          amount: '5000',
          currency: 'usd',
          'automatic_payment_methods[enabled]': 'true',
          'metadata[paymentId]': 'top-up-1',
        },
      },
    ]);
  });

  it('is the same one when it is asked for again', async () => {
    const first = await provider.open(payment('top-up-2'));
    expect(await provider.open(payment('top-up-2'))).toEqual(first);
    expect(stripe.objects).toHaveLength(1);
  });

  it('is asked for again when the answer is lost', async () => {
    stripe.next = 'lost';
    expect(await provider.open(payment('top-up-3'))).toMatchObject({ status: 'requires_confirmation' });
    expect(stripe.requests.map(({ key }) => key)).toEqual(['top-up-3', 'top-up-3']);
    expect(stripe.objects).toHaveLength(1);
  });

  it('fails for good when Stripe refuses it', async () => {
    stripe.next = stripe.error(400, 'invalid_request_error', 'amount_too_large');
    expect(await provider.open(payment('top-up-4'))).toMatchObject({
      reference: null,
      status: 'failed',
      clientSecret: null,
      failureReason: 'amount_too_large',
    });
  });

  it.each([
    [401, 'authentication_error', 'api_key_expired'],
    [429, 'rate_limit_error', 'rate_limit'],
    [400, 'idempotency_error', 'idempotency_key_in_use'],
  ])('is PROVIDER_UNAVAILABLE after %d %s, and nothing of the key is told', async (status, type, code) => {
    stripe.next = stripe.error(status, type, code);
    const failure = await failureOf(provider.open(payment('top-up-5')));
    expect(failure.code).toBe('PROVIDER_UNAVAILABLE');
    expect(`${String(failure.cause)} ${failure.message}`).not.toContain('sk_test');
  });
});

describe('a refund', () => {
  it('names the top-up, under the id of the refund', async () => {
    expect(await provider.refund(refund('refund-1', 'pi_9'))).toEqual({
      reference: 're_1',
      status: 'completed',
      failureReason: null,
    });
    expect(stripe.requests).toMatchObject([
      { path: '/v1/refunds', key: 'refund-1', form: { payment_intent: 'pi_9', amount: '5000' } },
    ]);
  });

  it.each([
    ['pending', 'processing'],
    ['requires_action', 'processing'],
    ['failed', 'failed'],
    ['canceled', 'failed'],
  ])('that is %s is %s', async (status, expected) => {
    stripe.refundStatus = status;
    expect((await provider.refund(refund(`refund-${status}`))).status).toBe(expected);
  });

  it('fails for good when Stripe refuses it', async () => {
    stripe.next = stripe.error(400, 'invalid_request_error', 'charge_disputed');
    expect(await provider.refund(refund('refund-2'))).toEqual({
      reference: null,
      status: 'failed',
      failureReason: 'charge_disputed',
    });
  });

  it('is found again after Stripe has forgotten the key', async () => {
    await provider.refund(refund('refund-3'));
    await provider.refund(refund('refund-4'));
    stripe.next = stripe.error(400, 'invalid_request_error', 'charge_already_refunded');
    expect(await provider.refund(refund('refund-4'))).toMatchObject({
      reference: 're_2',
      status: 'completed',
    });
  });

  it('stays open when what gave the money back cannot be found', async () => {
    stripe.next = stripe.error(400, 'invalid_request_error', 'charge_already_refunded');
    expect(await outcomeOf(provider.refund(refund('refund-5')))).toBe('PROVIDER_UNAVAILABLE');
  });
});
