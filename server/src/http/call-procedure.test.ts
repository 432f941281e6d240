import { type AnyProcedure, TRPCError } from '@trpc/server';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError } from '../platform/app-error.js';
import type { Context } from '../trpc/context.js';
import { rootProcedure, router } from '../trpc/init.js';
import { procedureRunner } from './call-procedure.js';

const seen: unknown[] = [];

const testRouter = router({
  plain: rootProcedure.query(() => 'plain'),
  input: rootProcedure.input(z.strictObject({ n: z.int().default(3) })).query(({ input }) => input),
  twoInputs: rootProcedure
    .input(z.object({ a: z.string() }))
    .input(z.object({ b: z.string() }))
    .query(({ input }) => input),
  output: rootProcedure.output(z.object({ kept: z.string() })).query(() => ({ kept: 'yes', private: 'no' })),
  badOutput: rootProcedure.output(z.string()).query(() => 5 as unknown as string),
  context: rootProcedure
    .use(({ next }) => next({ ctx: { first: 1, address: 'changed' } }))
    .use(({ ctx, next }) => next({ ctx: { second: ctx.first + 1 } }))
    .query(({ ctx }) => [ctx.first, ctx.second, ctx.address, ctx.requestId]),
  meta: rootProcedure
    .meta({ access: 'admin' })
    .use(({ meta, path, type, next }) => {
      seen.push([meta?.access, path, type]);
      return next();
    })
    .mutation(() => 'seen'),
  raw: rootProcedure
    .use(({ next }) => next({ getRawInput: async () => ({ n: 9 }) }))
    .input(z.object({ n: z.int() }))
    .query(({ input }) => input),
  appError: rootProcedure.query(() => {
    throw new AppError('CONFLICT');
  }),
  error: rootProcedure.query(() => {
    throw new Error('fault');
  }),
  caught: rootProcedure
    .use(async ({ next }) => {
      const result = await next();
      if (!result.ok) throw new TRPCError({ code: 'CONFLICT', cause: result.error.cause });
      return result;
    })
    .query(() => {
      throw new Error('fault');
    }),
});

const ctx = { requestId: 'request-1', address: '192.0.2.1' } as Context;

const outcome = async (run: (call: never) => Promise<unknown>, name: string, input: unknown) => {
  try {
    const call = {
      ctx,
      getRawInput: async () => input,
      path: name,
      type: 'query',
      signal: undefined,
      batchIndex: 0,
    };
    return { data: await run(call as never) };
  } catch (error) {
    if (!(error instanceof TRPCError)) throw error;
    return { code: error.code, message: error.message, cause: error.cause };
  }
};

describe('a procedure has the same outcome as when tRPC calls it', () => {
  const inputs = [
    undefined,
    {},
    { n: 4 },
    { n: '4' },
    { n: 4, more: 1 },
    { a: 'a', b: 'b' },
    [],
    null,
    'text',
  ];
  it.each(Object.keys(testRouter._def.procedures))('%s', async (name) => {
    const procedures = testRouter._def.procedures as unknown as Record<string, AnyProcedure>;
    const procedure = procedures[name] as AnyProcedure;
    for (const input of inputs) {
      const ours = await outcome(procedureRunner(procedure) as never, name, input);
      const theirs = await outcome(procedure as never, name, input);
      expect(ours).toEqual(theirs);
    }
  });
});

it('runs every middleware once', async () => {
  seen.length = 0;
  await procedureRunner(testRouter.meta)({
    ctx,
    getRawInput: async () => undefined,
    path: 'meta',
    type: 'mutation',
  });
  expect(seen).toEqual([['admin', 'meta', 'mutation']]);
});
