import { expect, it } from 'vitest';
import { PaymentAmount } from './money.js';

it('says in which unit an amount is, to whoever sends a fraction or a text', () => {
  for (const amount of [5.5, '500', null]) {
    const { error } = PaymentAmount.safeParse(amount);
    expect(error?.issues.map(({ message }) => message)).toEqual([
      'must be a whole number, in minor units: 500 is 5.00',
    ]);
  }
  expect(PaymentAmount.parse(500)).toBe(500);
});

it('says which bound an amount breaks', () => {
  expect(PaymentAmount.safeParse(50).error?.issues[0]?.message).toContain('100');
  expect(PaymentAmount.safeParse(1e9).error?.issues[0]?.message).toContain('100000000');
});
