import { sandboxAmounts } from '@versbottomlex/shared';
import { describe, expect, it } from 'vitest';
import { outcomeOf } from '../../../test/outcome.js';
import { createFakeClock } from '../../../test/services.js';
import { createSandboxProvider } from './sandbox.js';
import { signWebhook } from './webhook-signature.js';

const SECRET = 'a secret of the tests';
const clock = createFakeClock();
const sandbox = createSandboxProvider({ clock, secret: SECRET });
const payment = (amount: number) => ({
  paymentId: '019b76f2-7a6e-7c3a-9d53-2f1f0a6b8c11',
  amount,
  currency: 'USD',
});
const reference = `sandbox_${payment(1).paymentId}`;
const webhooksOf = (amount: number, type: 'top_up' | 'refund' = 'top_up') =>
  sandbox.webhooksFor?.({ ...payment(amount), type, reference }) ?? [];
const effectsOf = async (amount: number, type?: 'refund') => {
  const events = await Promise.all(webhooksOf(amount, type).map((webhook) => sandbox.readWebhook(webhook)));
  return events.flat().map(({ effect }) => effect);
};

describe('a top-up', () => {
  it.each([
    [5000, 'completed', []],
    [sandboxAmounts.declined, 'failed', []],
    [sandboxAmounts.confirmed, 'requires_confirmation', []],
    [sandboxAmounts.processed, 'processing', ['completed', 'failed', 'completed']],
    [sandboxAmounts.declinedWhenConfirmed, 'requires_confirmation', []],
    [sandboxAmounts.declinedWhenProcessed, 'processing', ['failed']],
    [sandboxAmounts.refundDeclined, 'completed', []],
    [sandboxAmounts.refundProcessed, 'completed', []],
  ])('of %d is %s, and then told by %j', async (amount, status, effects) => {
    expect(await sandbox.open(payment(amount))).toMatchObject({ status, reference });
    expect(await sandbox.open(payment(amount))).toMatchObject({ status, reference });
    expect(await effectsOf(amount)).toEqual(effects);
  });

  it('of one amount is answered only when it is asked for again', async () => {
    const { unansweredAtFirst } = sandboxAmounts;
    expect(await outcomeOf(sandbox.open(payment(unansweredAtFirst)))).toBe('PROVIDER_UNAVAILABLE');
    expect(await sandbox.open(payment(unansweredAtFirst))).toMatchObject({ status: 'completed' });
  });
});

it.each([
  [5000, 'completed'],
  [sandboxAmounts.refundDeclined, 'failed'],
  [sandboxAmounts.refundProcessed, 'processing'],
])('a refund of %d is %s', async (amount, status) => {
  const refund = { ...payment(amount), topUpReference: 'sandbox_1' };
  expect(await sandbox.refund(refund)).toMatchObject({ status });
  expect(await effectsOf(amount, 'refund')).toEqual(['completed']);
});

it('sends the same event under the same id', async () => {
  const [first, , again] = webhooksOf(sandboxAmounts.processed);
  expect(first?.body.equals(again?.body ?? Buffer.alloc(0))).toBe(true);
});

describe('a webhook', () => {
  const read = (body: Buffer, signature: unknown) =>
    outcomeOf(sandbox.readWebhook({ body, headers: { 'sandbox-signature': signature as string } }));
  const [webhook] = webhooksOf(sandboxAmounts.processed);
  const body = webhook?.body ?? Buffer.alloc(0);
  const signed = (secret = SECRET, text = body) => signWebhook(text, secret, clock.now());

  it('is read when it is signed, for 300 seconds', async () => {
    const signature = signed();
    expect(await read(body, signature)).toBe('ok');
    clock.advance(300);
    expect(await read(body, signature)).toBe('ok');
    clock.advance(1);
    expect(await read(body, signature)).toBe('SIGNATURE_INVALID');
  });

  it.each([
    undefined,
    '',
    'v1=',
    't=1,v1=00',
    [signed(), signed()],
    signed('another secret'),
    `${signed()} `,
  ])('is refused with the signature %j', async (signature) => {
    expect(await read(body, signature)).toBe('SIGNATURE_INVALID');
  });

  it('is refused when one byte differs', async () => {
    const other = Buffer.from(body);
    other[other.length - 1] = 0x20;
    expect(await read(other, signed())).toBe('SIGNATURE_INVALID');
  });

  it('is malformed when it is signed, and no event', async () => {
    for (const text of ['', '{}', 'null', 'x'].map((given) => Buffer.from(given))) {
      expect(await read(text, signed(SECRET, text))).toBe('MALFORMED_REQUEST');
    }
  });

  it('is signed with a secret of its own where none is given', async () => {
    const other = createSandboxProvider({ clock });
    expect(await outcomeOf(other.readWebhook({ body, headers: { 'sandbox-signature': signed() } }))).toBe(
      'SIGNATURE_INVALID',
    );
  });
});
