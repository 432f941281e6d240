import { expect, it } from 'vitest';
import { createHttpApp } from '../../test/http-app.js';
import { router } from '../trpc/init.js';

it('writes one line a request, without its query, and none for probes', async () => {
  const { app, logs } = await createHttpApp(router({}), { environment: { LOG_LEVEL: 'DEBUG' } });
  await app.inject({ url: '/nothing?token=secret', headers: { 'x-request-id': 'request-1' } });
  await app.inject('/health/ready');
  expect(logs).toEqual([
    expect.objectContaining({
      level: 'DEBUG',
      message: 'Request answered',
      data: {
        requestId: 'request-1',
        method: 'GET',
        path: '/nothing',
        status: 404,
        durationMs: expect.any(Number),
      },
    }),
  ]);
});

it('writes nothing at INFO', async () => {
  const { app, logs } = await createHttpApp(router({}));
  await app.inject('/nothing');
  expect(logs).toEqual([]);
});
