import { expect, test } from 'vitest';
import { retryDelayMs } from './retry-delay.js';

const range = (failures: number) => [retryDelayMs(failures, () => 0), retryDelayMs(failures, () => 1)];

test('the first attempt comes within a second, at a random time', () => {
  expect(range(0)).toEqual([0, 1000]);
});

test('each further pause is twice as long, up to 30 s, and never the same for all', () => {
  expect([1, 2, 3, 4, 5, 50].map(range)).toEqual([
    [1000, 2000],
    [2000, 4000],
    [4000, 8000],
    [8000, 16_000],
    [15_000, 30_000],
    [15_000, 30_000],
  ]);
});
