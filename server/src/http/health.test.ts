import { expect, it } from 'vitest';
import { createHttpApp } from '../../test/http-app.js';
import { router } from '../trpc/init.js';

let isUp = true;
const { app } = await createHttpApp(router({}), { isReachable: async () => isUp });

it('says that it is ready while the database answers', async () => {
  for (const url of ['/health', '/health/ready']) {
    const answer = await app.inject(url);
    expect([answer.statusCode, answer.json()]).toEqual([
      200,
      { status: 'ok', checks: { database: 'ok', ledger: 'ok' } },
    ]);
  }
});

it('is alive, but not ready, while the database is away', async () => {
  isUp = false;
  expect((await app.inject('/health/live')).json()).toEqual({ status: 'ok' });
  const answer = await app.inject('/health/ready');
  expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '2']);
  const checks = { database: 'unavailable', ledger: 'ok' };
  expect(answer.json()).toEqual({ status: 'unavailable', checks });
});
