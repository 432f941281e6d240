import { sandboxAmounts } from '@versbottomlex/shared';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, describe, expect, it } from 'vitest';
import { createFactories } from '../../test/factories.js';
import { failureOf, outcomeOf, tally } from '../../test/outcome.js';
import { createTestServices, type TestServices } from '../../test/services.js';
import { balanceOf, eventsOf, postingsOf, topUp, topUpsOf } from '../../test/top-ups.js';
import { type PaymentProvider, providerUnavailable, type Webhook } from './providers/provider.js';
import { createSandboxProvider } from './providers/sandbox.js';
import { createTopUpsService } from './top-ups.service.js';

/** The sandbox, with what a test wants to happen instead. */
let inner: PaymentProvider;
const calls: string[] = [];
let onOpen: (call: () => ReturnType<PaymentProvider['open']>) => ReturnType<PaymentProvider['open']> = (
  call,
) => call();

const test = await createTestServices({
  provider: ({ clock }) => {
    inner = createSandboxProvider({ clock });
    return {
      ...inner,
      open: (payment) => {
        calls.push(payment.paymentId);
        return onOpen(() => inner.open(payment));
      },
    };
  },
});
const given = createFactories(test);
afterAll(() => test.close());

/** Runs `work` while the provider goes `how` about each call. */
const whileOpening = async <T>(how: typeof onOpen, work: () => Promise<T>): Promise<T> => {
  onOpen = how;
  calls.length = 0;
  return work().finally(() => {
    onOpen = (call) => call();
  });
};

/** It has taken the payment, and its answer is lost. */
const lostAnswer: typeof onOpen = async (call) => {
  await call();
  throw new Error('socket hang up');
};

/** Another process on the same database. */
const secondService = (parts: TestServices, provider: PaymentProvider) =>
  createTopUpsService({ ...parts, ledger: parts.services.ledger, currency: 'USD', provider });

describe('a provider whose answer is lost', () => {
  it('leaves a payment that a retry with the same key completes, once', async () => {
    const viewer = await given.account();
    const input = { amount: 500, idempotencyKey: uuidv7() };
    await whileOpening(lostAnswer, async () => {
      expect(await outcomeOf(topUp(test, viewer, input))).toBe('PROVIDER_UNAVAILABLE');
    });
    expect(await topUpsOf(test, viewer)).toMatchObject([
      { status: 'pending', reference: null, answered: null },
    ]);
    const answer = await topUp(test, viewer, input);
    expect(answer.payment.status).toBe('completed');
    expect(await topUp(test, viewer, input)).toEqual(answer);
    expect(await balanceOf(test, viewer)).toBe(500);
    expect(await postingsOf(test, answer.payment.id)).toBe(1);
  });

  it('is asked again by the sweep, after nobody else can be about to', async () => {
    const viewer = await given.account();
    const input = { amount: 500, idempotencyKey: uuidv7() };
    await whileOpening(lostAnswer, () => outcomeOf(topUp(test, viewer, input)));
    await test.services.topUps.sweep();
    expect(await balanceOf(test, viewer)).toBe(0);
    test.clock.advance(11);
    await test.services.topUps.sweep();
    expect(await balanceOf(test, viewer)).toBe(500);
    calls.length = 0;
    expect((await topUp(test, viewer, input)).payment.status).toBe('completed');
    expect(calls).toEqual([]);
  });

  it('is left alone for a while when it is still away, which is logged once', async () => {
    const viewer = await given.account();
    test.logs.length = 0;
    await whileOpening(lostAnswer, async () => {
      await outcomeOf(topUp(test, viewer, { amount: 500 }));
      test.clock.advance(11);
      await test.services.topUps.sweep();
      await test.services.topUps.sweep();
      expect(calls).toHaveLength(2);
    });
    expect(test.logs.map(({ level, message }) => [level, message])).toEqual([
      ['WARN', 'Payments wait for an answer of their provider'],
    ]);
    test.clock.advance(11);
    await test.services.topUps.sweep();
    expect(await balanceOf(test, viewer)).toBe(500);
  });
});

describe('retries at the same time', () => {
  it('ask the provider once in a process', async () => {
    const viewer = await given.account();
    const input = { amount: 500, idempotencyKey: uuidv7() };
    await whileOpening(
      (call) => call(),
      async () => {
        const answers = await Promise.all(Array.from({ length: 50 }, () => topUp(test, viewer, input)));
        expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
        expect(calls.length).toBeLessThanOrEqual(2);
      },
    );
    expect(await balanceOf(test, viewer)).toBe(500);
  });

  it('charge once over two processes', async () => {
    const viewer = await given.account();
    const identity = await test.services.auth.authenticateAfresh(viewer.accessToken);
    const other = secondService(test, inner);
    const input = { amount: 500, idempotencyKey: uuidv7() };
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, place) =>
        (place % 2 ? other : test.services.topUps).open(identity, input),
      ),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await balanceOf(test, viewer)).toBe(500);
  });

  it('leave one of two requests under a key refused', async () => {
    const viewer = await given.account();
    const idempotencyKey = uuidv7();
    const outcomes = await tally([500, 600].map((amount) => topUp(test, viewer, { amount, idempotencyKey })));
    expect(outcomes).toEqual({ ok: 1, IDEMPOTENCY_KEY_REUSED: 1 });
  });
});

describe('an event that comes before the answer', () => {
  /** Sends the webhook of a payment while it is being opened. */
  const meanwhile = (effect: 'completed' | 'failed') => (call: () => ReturnType<PaymentProvider['open']>) =>
    call().then(async (opened) => {
      const sent = inner.webhooksFor?.({
        paymentId: calls.at(-1) ?? '',
        amount: effect === 'completed' ? sandboxAmounts.processed : sandboxAmounts.declinedWhenProcessed,
        currency: 'USD',
        type: 'top_up',
        reference: opened.reference ?? '',
      });
      await test.services.topUps.receiveWebhook('sandbox', sent?.[0] as Webhook);
      return opened;
    });

  it('is matched by our own id, and its success is answered', async () => {
    const viewer = await given.account();
    const input = { amount: sandboxAmounts.processed, idempotencyKey: uuidv7() };
    const answer = await whileOpening(meanwhile('completed'), () => topUp(test, viewer, input));
    expect(answer).toMatchObject({ payment: { status: 'completed' }, checkout: { status: 'completed' } });
    expect(await topUp(test, viewer, input)).toEqual(answer);
    expect(await balanceOf(test, viewer)).toBe(sandboxAmounts.processed);
    expect(await postingsOf(test, answer.payment.id)).toBe(1);
  });

  it('is matched by our own id, and its failure is answered', async () => {
    const viewer = await given.account();
    const input = { amount: sandboxAmounts.declinedWhenProcessed };
    const answer = await whileOpening(meanwhile('failed'), () => topUp(test, viewer, input));
    expect(answer).toMatchObject({
      payment: { status: 'failed' },
      checkout: { status: 'failed', failureReason: 'card_declined' },
    });
    expect(await balanceOf(test, viewer)).toBe(0);
  });
});

describe('a top-up that the sandbox processes', () => {
  it('completes once by its webhooks, of which a failure comes between', async () => {
    const viewer = await given.account();
    const { payment } = await topUp(test, viewer, { amount: sandboxAmounts.processed });
    const told: string[] = [];
    const end = test.bus.subscribe(({ type }) => told.push(type));
    await test.services.topUps.sweep();
    end();
    expect(await topUpsOf(test, viewer)).toMatchObject([{ status: 'completed', answered: 'pending' }]);
    expect(await balanceOf(test, viewer)).toBe(sandboxAmounts.processed);
    expect((await eventsOf(test, payment.id)).sort()).toEqual([
      'top_up.completed completed',
      'top_up.failed unchanged',
    ]);
    expect(told).toEqual(['walletChanged']);
  });

  it('fails by its webhook', async () => {
    const viewer = await given.account();
    await topUp(test, viewer, { amount: sandboxAmounts.declinedWhenProcessed });
    await test.services.topUps.sweep();
    expect(await topUpsOf(test, viewer)).toMatchObject([
      { status: 'failed', failureReason: 'card_declined' },
    ]);
  });

  it('is not forgotten by a restart', async () => {
    const viewer = await given.account();
    await topUp(test, viewer, { amount: sandboxAmounts.processed });
    await secondService(test, createSandboxProvider({ clock: test.clock })).sweep();
    expect(await balanceOf(test, viewer)).toBe(sandboxAmounts.processed);
  });

  it('waits while the ledger is broken', async () => {
    const viewer = await given.account();
    await topUp(test, viewer, { amount: sandboxAmounts.processed });
    const halted = createTopUpsService({
      ...test,
      currency: 'USD',
      provider: inner,
      ledger: {
        noteMoved: () => {},
        requireSound: () => {
          throw providerUnavailable();
        },
      },
    });
    await outcomeOf(halted.sweep());
    expect(await balanceOf(test, viewer)).toBe(0);
    await test.services.topUps.sweep();
  });
});

describe('a refund', () => {
  const refunded = async (amount: number) => {
    const [viewer, admin] = [await given.account(), await given.admin()];
    const { payment } = await topUp(test, viewer, { amount });
    const identity = await test.services.auth.authenticateAfresh(admin.accessToken);
    return { viewer, id: payment.id, ...(await test.services.refunds.refund(identity, payment.id)) };
  };

  it('takes the money out of the wallet once the provider has given it back', async () => {
    const { viewer, payment, refund } = await refunded(5000);
    expect([payment.status, refund.status]).toEqual(['refunded', 'completed']);
    expect(await balanceOf(test, viewer)).toBe(0);
    expect(await test.services.topUps.refundAtProvider(refund.id)).toBe('completed');
  });

  it('puts it back when the provider declines', async () => {
    const { viewer, payment, refund } = await refunded(sandboxAmounts.refundDeclined);
    expect([payment.status, refund.status]).toEqual(['completed', 'failed']);
    expect(await balanceOf(test, viewer)).toBe(sandboxAmounts.refundDeclined);
  });

  it('is completed by a webhook where the provider takes its time', async () => {
    const { viewer, id, refund } = await refunded(sandboxAmounts.refundProcessed);
    expect(refund.status).toBe('pending');
    expect(await balanceOf(test, viewer)).toBe(0);
    await test.services.topUps.sweep();
    expect(await topUpsOf(test, viewer)).toMatchObject([{ id, status: 'refunded' }]);
    expect(await test.services.topUps.refundAtProvider(refund.id)).toBe('completed');
  });

  it('is NOT_FOUND for what is no refund by a provider', async () => {
    const { payment } = await topUp(test, await given.account(), { amount: 500 });
    expect(await outcomeOf(test.services.topUps.refundAtProvider(payment.id))).toBe('NOT_FOUND');
  });
});

describe('without a provider', () => {
  it('nothing is topped up, confirmed or received', async () => {
    const none = await createTestServices({ provider: () => null });
    try {
      const viewer = await createFactories(none).account();
      expect((await failureOf(topUp(none, viewer, { amount: 500 }))).retryAfterMs).toBe(60_000);
      const identity = await none.services.auth.authenticateAfresh(viewer.accessToken);
      expect(await outcomeOf(none.services.topUps.confirm(identity, uuidv7()))).toBe('NOT_FOUND');
      const webhook = { body: Buffer.from('{}'), headers: {} };
      expect(await outcomeOf(none.services.topUps.receiveWebhook('sandbox', webhook))).toBe('NOT_FOUND');
      await none.services.topUps.sweep();
      expect(await topUpsOf(none, viewer)).toEqual([]);
    } finally {
      await none.close();
    }
  });
});

it('leaves books that balance after all of this', async () => {
  expect((await test.services.ledger.audit())?.breaks).toEqual([]);
});
