import { expect, it } from 'vitest';
import { failureOf } from '../../../test/outcome.js';
import { AppError } from '../../platform/app-error.js';
import { askProvider } from './provider.js';

it('waits for a provider no longer than the deadline', async () => {
  const failure = await failureOf(askProvider(() => new Promise(() => {}), 20));
  expect([failure.code, failure.retryAfterMs]).toEqual(['PROVIDER_UNAVAILABLE', 2000]);
});

it('tells any failure as PROVIDER_UNAVAILABLE, and its own as they are', async () => {
  expect((await failureOf(askProvider(() => Promise.reject(new Error('ECONNREFUSED'))))).code).toBe(
    'PROVIDER_UNAVAILABLE',
  );
  const own = new AppError('NOT_FOUND');
  expect(await failureOf(askProvider(() => Promise.reject(own)))).toBe(own);
});
