import { expect, it } from 'vitest';
import { createCallBudget } from './call-budget.js';

it('lets a burst through, and then as many as are refilled', () => {
  const budget = createCallBudget({ burst: 5, perSecond: 2 }, 0);
  expect([budget.spend(3, 0), budget.spend(2, 0), budget.spend(1, 0)]).toEqual([true, true, false]);
  expect([budget.spend(1, 1000), budget.spend(1, 1000)]).toEqual([true, false]);
});

it('saves up no more than one burst', () => {
  const budget = createCallBudget({ burst: 5, perSecond: 2 }, 0);
  expect([budget.spend(5, 1_000_000), budget.spend(1, 1_000_000)]).toEqual([true, false]);
});

it('refuses at once what is more than a burst', () => {
  expect(createCallBudget({ burst: 5, perSecond: 2 }, 0).spend(6, 1_000_000)).toBe(false);
});
