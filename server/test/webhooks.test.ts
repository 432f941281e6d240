import { payments, providerEvents } from '@versbottomlex/database';
import type { SignedIn } from '@versbottomlex/shared';
import { eq } from 'drizzle-orm';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { Stripe } from 'stripe';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { buildApp } from '../src/app.js';
import { AppError } from '../src/platform/app-error.js';
import { databaseUnavailable } from '../src/platform/database-errors.js';
import { createStripeProvider } from '../src/top-ups/providers/stripe.js';
import { createFactories } from './factories.js';
import { startFakeStripe } from './fake-stripe.js';
import { createTestServices } from './services.js';
import { balanceOf, eventsOf, postingsOf, topUp, topUpsOf } from './top-ups.js';

const SECRET = 'whsec_of_the_tests';
const URL = '/api/payments/webhooks/stripe';

const stripe = await startFakeStripe();
const keys = {
  secretKey: 'sk_test_of_the_tests',
  publishableKey: 'pk_test_of_the_tests',
  webhookSecret: SECRET,
};
const test = await createTestServices({
  provider: ({ clock }) => createStripeProvider({ ...keys, clock, server: stripe.server }),
});
const app: FastifyInstance = await buildApp(test);
const given = createFactories(test);
afterAll(async () => {
  await app.close();
  await test.close();
  await stripe.close();
});

const signer = new Stripe('sk_test_of_the_tests').webhooks;
let lastEvent = 0;

/** An event as Stripe sends it; its objects hold more than what is given here. */
const eventOf = (type: string, object: Record<string, unknown>, id?: string) => {
  lastEvent += 1;
  return JSON.stringify({ id: id ?? `evt_${lastEvent}`, object: 'event', type, data: { object } });
};

const signed = (payload: string, secret = SECRET, ageSeconds = 0): Record<string, string> => {
  const timestamp = Math.floor(test.clock.now().getTime() / 1000) - ageSeconds;
  return {
    'content-type': 'application/json; charset=utf-8',
    'stripe-signature': signer.generateTestHeaderString({ payload, secret, timestamp }),
  };
};

const send = (payload: string | Buffer, headers: Record<string, string>, url = URL) =>
  app.inject({ method: 'POST', url, payload, headers } satisfies InjectOptions);

const deliver = (payload: string) => send(payload, signed(payload));

let viewer: SignedIn;
let paymentId: string;
let intent: Record<string, unknown>;

beforeEach(async () => {
  viewer = await given.account();
  const { payment } = await topUp(test, viewer, { amount: 5000 });
  paymentId = payment.id;
  const [{ reference = null } = {}] = await topUpsOf(test, viewer);
  intent = {
    id: reference,
    object: 'payment_intent',
    amount: 5000,
    amount_received: 5000,
    currency: 'usd',
    metadata: { paymentId },
    last_payment_error: null,
    cancellation_reason: null,
  };
  test.logs.length = 0;
});

const succeeded = (given: Record<string, unknown> = {}, id?: string) =>
  eventOf('payment_intent.succeeded', { ...intent, ...given }, id);
const failed = () =>
  eventOf('payment_intent.payment_failed', { ...intent, last_payment_error: { code: 'card_declined' } });
const errors = () => test.logs.filter(({ level }) => level === 'ERROR').map(({ message }) => message);
const statusOf = async () => (await topUpsOf(test, viewer))[0]?.status;

describe('a signed webhook', () => {
  it('completes the top-up', async () => {
    const answer = await deliver(succeeded());
    expect([answer.statusCode, answer.json()]).toEqual([200, { received: true }]);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(await statusOf()).toBe('completed');
    expect(await balanceOf(test, viewer)).toBe(5000);
  });

  it('has its effect once, however often it comes and all at once', async () => {
    const event = succeeded();
    const answers = await Promise.all(Array.from({ length: 20 }, () => deliver(event)));
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
    await deliver(succeeded());
    expect(await balanceOf(test, viewer)).toBe(5000);
    expect(await postingsOf(test, paymentId)).toBe(1);
    expect((await eventsOf(test, paymentId)).sort()).toEqual([
      'payment_intent.succeeded completed',
      'payment_intent.succeeded unchanged',
    ]);
  });

  it('completes what had failed', async () => {
    await deliver(failed());
    expect(await topUpsOf(test, viewer)).toMatchObject([
      { status: 'failed', failureReason: 'card_declined' },
    ]);
    await deliver(succeeded());
    expect(await topUpsOf(test, viewer)).toMatchObject([{ status: 'completed', failureReason: null }]);
  });

  it('does not fail what was completed', async () => {
    await deliver(succeeded());
    await deliver(failed());
    await deliver(eventOf('payment_intent.canceled', intent));
    expect(await statusOf()).toBe('completed');
    expect(await balanceOf(test, viewer)).toBe(5000);
  });

  it('fails what was canceled', async () => {
    await deliver(eventOf('payment_intent.canceled', { ...intent, cancellation_reason: 'abandoned' }));
    expect(await topUpsOf(test, viewer)).toMatchObject([{ status: 'failed', failureReason: 'abandoned' }]);
  });

  it('is taken though we do not act on it', async () => {
    expect((await deliver(eventOf('customer.created', { id: 'cus_1' }))).statusCode).toBe(200);
    expect(errors()).toEqual([]);
  });

  it.each([
    ['another amount', { amount_received: 4999 }],
    ['another currency', { currency: 'eur' }],
    ['another PaymentIntent than that of the payment', { id: 'pi_other' }],
  ])('of %s posts nothing, and is logged once', async (_name, given) => {
    const event = succeeded(given);
    expect((await deliver(event)).statusCode).toBe(200);
    await deliver(event);
    expect(await statusOf()).toBe('pending');
    expect(await eventsOf(test, paymentId)).toEqual(['payment_intent.succeeded mismatch']);
    expect(errors()).toHaveLength(1);
  });

  it.each([
    ['nothing of ours', {}],
    ['an id that nobody has', { paymentId: '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11' }],
    ['an id that is none', { paymentId: "'; drop table payments" }],
  ])('that names %s is kept, and logged once', async (name, metadata) => {
    const event = succeeded({ id: `pi_unknown_${name}`, metadata });
    expect((await deliver(event)).statusCode).toBe(200);
    await deliver(event);
    const { id } = JSON.parse(event) as { id: string };
    const kept = await test.database.client
      .select()
      .from(providerEvents)
      .where(eq(providerEvents.eventId, id));
    expect(kept).toMatchObject([{ outcome: 'unknown_payment', paymentId: null }]);
    expect(errors()).toHaveLength(1);
  });

  it('of a dispute is for the operator', async () => {
    const dispute = {
      id: 'dp_1',
      payment_intent: intent.id,
      amount: 5000,
      currency: 'usd',
      reason: 'fraudulent',
    };
    await deliver(eventOf('charge.dispute.created', dispute));
    expect(await eventsOf(test, paymentId)).toEqual(['charge.dispute.created noted']);
    expect(errors()).toEqual(['A payment is disputed']);
  });

  it('that cannot be posted is to be sent again', async () => {
    await given.funds(viewer, 1);
    await test.database.client.execute(
      `update ledger_accounts set balance = 9007199254740991 where owner_id = '${viewer.user.id}'`,
    );
    expect((await deliver(succeeded({}, 'evt_overflow'))).statusCode).toBe(500);
    expect(await statusOf()).toBe('pending');
    await test.database.client.execute(
      `update ledger_accounts set balance = 1 where owner_id = '${viewer.user.id}'`,
    );
    expect((await deliver(succeeded({}, 'evt_overflow'))).statusCode).toBe(200);
    expect(await balanceOf(test, viewer)).toBe(5001);
  });

  it('is to be sent again while the ledger is broken', async () => {
    const { ledger } = test.services;
    const { requireSound } = ledger;
    ledger.requireSound = () => {
      throw new AppError('PAYMENTS_HALTED', { retryAfterMs: 1000 });
    };
    const answer = await deliver(succeeded({}, 'evt_halted')).finally(() => {
      ledger.requireSound = requireSound;
    });
    expect([answer.statusCode, answer.json().code]).toEqual([503, 'PAYMENTS_HALTED']);
    await deliver(succeeded({}, 'evt_halted'));
    expect(await statusOf()).toBe('completed');
  });

  it('is to be sent again while the database is away', async () => {
    const { run } = test.database;
    test.database.run = () => Promise.reject(databaseUnavailable());
    const answer = await deliver(succeeded({}, 'evt_outage')).finally(() => {
      test.database.run = run;
    });
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '1']);
    await deliver(succeeded({}, 'evt_outage'));
    expect(await statusOf()).toBe('completed');
  });
});

describe('a webhook of a refund', () => {
  /** A refund that Stripe has not finished yet, and its object. */
  const pending = async () => {
    await deliver(succeeded());
    stripe.refundStatus = 'pending';
    const admin = await test.services.auth.authenticateAfresh((await given.admin()).accessToken);
    const { refund } = await test.services.refunds.refund(admin, paymentId);
    const made = stripe.objects.findLast(({ object }) => object === 'refund');
    return { refundId: refund.id, status: refund.status, made };
  };
  const refundStatus = async (id: string) => {
    const [row] = await test.database.client.select().from(payments).where(eq(payments.id, id));
    return row?.status;
  };

  it('completes it', async () => {
    const { refundId, status, made } = await pending();
    expect(status).toBe('pending');
    await deliver(eventOf('refund.updated', { ...made, status: 'pending' }));
    expect(await refundStatus(refundId)).toBe('pending');
    await deliver(eventOf('refund.updated', { ...made, status: 'succeeded' }));
    expect(await refundStatus(refundId)).toBe('completed');
    expect(await statusOf()).toBe('refunded');
    expect(await balanceOf(test, viewer)).toBe(0);
  });

  it('puts the money back into the wallet, once, when it has failed', async () => {
    const { refundId, made } = await pending();
    const object = { ...made, status: 'failed', failure_reason: 'expired_or_canceled_card' };
    await Promise.all([
      deliver(eventOf('refund.failed', object)),
      deliver(eventOf('refund.updated', object)),
    ]);
    expect(await refundStatus(refundId)).toBe('failed');
    expect(await statusOf()).toBe('completed');
    expect(await balanceOf(test, viewer)).toBe(5000);
  });

  it('that fails after it was completed is for the operator', async () => {
    const { refundId, made } = await pending();
    await deliver(eventOf('refund.updated', { ...made, status: 'succeeded' }));
    await deliver(eventOf('refund.failed', { ...made, status: 'failed' }));
    expect(await refundStatus(refundId)).toBe('completed');
    expect(await balanceOf(test, viewer)).toBe(0);
    expect(errors()).toEqual([
      'A refund has failed after it was completed: its money is with the provider again',
    ]);
  });
});

describe('a webhook is refused', () => {
  const refuses = async (answer: ReturnType<typeof send>, status: number, code: string) => {
    const { statusCode, headers, json } = await answer;
    expect([statusCode, json().code]).toEqual([status, code]);
    expect(headers['content-type']).toContain('application/problem+json');
    expect(await statusOf()).toBe('pending');
    expect(await eventsOf(test, paymentId)).toEqual([]);
  };

  it('when its body was written anew, though it says the same', async () => {
    const event = succeeded();
    await refuses(send(JSON.stringify(JSON.parse(event), null, 2), signed(event)), 400, 'SIGNATURE_INVALID');
  });

  it('when it is signed by somebody else', async () => {
    const event = succeeded();
    await refuses(send(event, signed(event, 'whsec_other')), 400, 'SIGNATURE_INVALID');
  });

  it('when it is not signed', async () => {
    const headers = { 'content-type': 'application/json' };
    await refuses(send(succeeded(), headers), 400, 'SIGNATURE_INVALID');
    await refuses(send(succeeded(), { ...headers, 'stripe-signature': 't=1,v1=' }), 400, 'SIGNATURE_INVALID');
    await refuses(send(succeeded(), { ...headers, 'stripe-signature': 'x' }), 400, 'SIGNATURE_INVALID');
  });

  it('when it is later than 300 seconds, and not before', async () => {
    const event = succeeded();
    await refuses(send(event, signed(event, SECRET, 301)), 400, 'SIGNATURE_INVALID');
    expect((await send(event, signed(event, SECRET, 300))).statusCode).toBe(200);
  });

  it('when there is nothing in it', async () => {
    await refuses(app.inject({ method: 'POST', url: URL }), 400, 'SIGNATURE_INVALID');
  });

  it('when it is signed, and no event', async () => {
    for (const body of ['', 'nothing', '[]', 'null', '{"type":"payment_intent.succeeded"}', '"text"']) {
      await refuses(send(body, signed(body)), 400, 'MALFORMED_REQUEST');
    }
  });

  it('when it is larger than 256 KiB', async () => {
    const event = succeeded({ filler: 'x'.repeat(256 * 1024) });
    await refuses(send(event, signed(event)), 413, 'PAYLOAD_TOO_LARGE');
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx'])(
    'when it is %s',
    async (type) => {
      const event = succeeded();
      const headers = { ...signed(event), 'content-type': type };
      await refuses(send(event, headers), 415, 'UNSUPPORTED_MEDIA_TYPE');
    },
  );

  it.each(['sandbox', 'paypal', 'Stripe', '__proto__', '%00'])('when it is for %s', async (name) => {
    const event = succeeded();
    await refuses(send(event, signed(event), `/api/payments/webhooks/${name}`), 404, 'NOT_FOUND');
  });

  it.each(['GET', 'PUT', 'DELETE', 'PATCH'] as const)('when it comes by %s', async (method) => {
    const answer = await app.inject({ method, url: URL });
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, 'POST']);
  });
});

it('is read in pieces', async () => {
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  const event = succeeded();
  const pieces = [event.slice(0, 10), event.slice(10)];
  const body = new ReadableStream({
    pull: (controller) => {
      const piece = pieces.shift();
      if (piece === undefined) controller.close();
      else controller.enqueue(Buffer.from(piece));
    },
  });
  const options = { method: 'POST', headers: signed(event), body, duplex: 'half' };
  const answer = await fetch(`${address}${URL}`, options as RequestInit);
  expect(answer.status).toBe(200);
  expect(await statusOf()).toBe('completed');
});

it('leaves books that balance after all of this', async () => {
  expect((await test.services.ledger.audit())?.breaks).toEqual([]);
});
