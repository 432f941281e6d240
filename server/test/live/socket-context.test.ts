import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError } from '../../src/platform/app-error.js';
import { router } from '../../src/trpc/init.js';
import { openProcedure } from '../../src/trpc/procedures.js';
import { createHttpApp, type HttpApp } from '../http-app.js';
import { openSocket, type RawSocket } from './raw-socket.js';

const SECRET = 'a text that nobody may see';

const testRouter = router({
  whoAmI: openProcedure.query(({ ctx }) => ({ address: ctx.address, userAgent: ctx.userAgent })),
  fail: openProcedure.query(() => {
    throw new Error(SECRET);
  }),
  beAway: openProcedure.mutation(() => {
    throw new AppError('DEPENDENCY_UNAVAILABLE', { retryAfterMs: 1000, cause: new Error(SECRET) });
  }),
  refuse: openProcedure.query(() => {
    throw new AppError('FORBIDDEN');
  }),
  breakOutput: openProcedure.output(z.string()).query(() => 1 as unknown as string),
  answerNoJson: openProcedure.query(() => 1n as unknown as string),
  failToStart: openProcedure.subscription(() => {
    throw new Error(SECRET);
  }),
  countAndFail: openProcedure.subscription(async function* () {
    yield 1;
    yield 2;
    throw new Error(SECRET);
  }),
  countToTwo: openProcedure.subscription(async function* () {
    yield 1;
    yield 2;
  }),
});

let app: HttpApp;
let socket: RawSocket;
const open = async (
  environment: Record<string, string> = {},
  headers: Record<string, string> = {},
): Promise<RawSocket> => {
  app = await createHttpApp(testRouter, { environment: { LOG_LEVEL: 'DEBUG', ...environment } });
  const url = await app.app.listen({ host: '127.0.0.1', port: 0 });
  socket = await openSocket(url, { headers });
  return socket;
};
afterEach(async () => {
  socket.ws.terminate();
  await app.app.close();
});

const faults = () => app.logs.filter(({ level }) => level === 'ERROR');

it.each([
  ['no proxy is trusted', {}, '127.0.0.1'],
  ['one hop is trusted', { TRUST_PROXY: '1' }, '192.0.2.7'],
  ['a network is trusted', { TRUST_PROXY: '127.0.0.0/8' }, '192.0.2.7'],
])('a call knows the client’s real address when %s', async (_name, environment, address) => {
  const { call } = await open(environment, {
    'x-forwarded-for': '203.0.113.1, 192.0.2.7',
    'user-agent': 'a test',
  });
  expect(await call('query', 'whoAmI')).toMatchObject({ result: { data: { address, userAgent: 'a test' } } });
});

it.each([
  ['query', 'fail', 500, 'INTERNAL_ERROR'],
  ['mutation', 'beAway', 503, 'DEPENDENCY_UNAVAILABLE'],
  ['query', 'breakOutput', 500, 'INTERNAL_ERROR'],
  ['subscription', 'failToStart', 500, 'INTERNAL_ERROR'],
] as const)(
  'a fault of a %s (%s) is one ERROR line, and told without its text',
  async (method, path, status, code) => {
    const { call, frames } = await open({}, { 'x-request-id': 'request-of-the-test' });
    const { error } = await call(method, path);
    expect(error?.data).toMatchObject({
      httpStatus: status,
      appCode: code,
      requestId: 'request-of-the-test',
    });
    expect(JSON.stringify(frames)).not.toContain(SECRET);
    expect(faults()).toEqual([
      expect.objectContaining({
        data: expect.objectContaining({ requestId: 'request-of-the-test', path, code, status }),
      }),
    ]);
    expect(await call('query', 'whoAmI')).toMatchObject({ result: { type: 'data' } });
  },
);

it('a subscription that fails later is one ERROR line, told without its text, and its id is free', async () => {
  const { call, frames, frame } = await open();
  await call('subscription', 'countAndFail', undefined, 1);
  await frame(({ result }) => result?.type === 'stopped');
  expect(frames.map(({ result, error }) => result?.data ?? result?.type ?? error?.data.appCode)).toEqual([
    'started',
    1,
    2,
    'INTERNAL_ERROR',
    'stopped',
  ]);
  expect(await call('query', 'whoAmI', undefined, 1)).toBeDefined();
  expect(JSON.stringify(frames)).not.toContain(SECRET);
  expect(faults()).toHaveLength(1);
});

it('an answer that is no JSON is a fault, and does not end the socket', async () => {
  const { call } = await open();
  expect((await call('query', 'answerNoJson')).error?.message).not.toContain('BigInt');
  expect(faults()).toHaveLength(1);
  expect(await call('query', 'whoAmI')).toMatchObject({ result: { type: 'data' } });
});

it('what a client does wrong is no fault', async () => {
  const { call, send } = await open();
  await call('query', 'refuse');
  await call('query', 'nothing');
  await call('mutation', 'whoAmI');
  send('{');
  send([]);
  socket.ws.send(Buffer.from('x'), { binary: true });
  expect((await socket.closed).code).toBe(4400);
  expect(app.logs.filter(({ level }) => level === 'ERROR' || level === 'WARN')).toEqual([]);
});

it('an ordinary subscription works as on any server of tRPC', async () => {
  const { call, frame, frames } = await open();
  await call('subscription', 'countToTwo', undefined, 1);
  await frame(({ result }) => result?.type === 'stopped');
  expect(frames.map(({ result }) => result?.data ?? result?.type)).toEqual(['started', 1, 2, 'stopped']);
});
