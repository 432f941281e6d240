import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import * as schemas from '@versbottomlex/shared';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { type AppRouter, appRouter } from './app-router.js';
import { projectDirectory } from './config.js';
import { describeRouter } from './router-types.js';
import { router } from './trpc/init.js';
import { openProcedure } from './trpc/procedures.js';

const Name = z.strictObject({ name: z.string().default('Ada') });
const Greeting = z.object({ text: z.string() });

const testRouter = router({
  greetings: router({
    get: openProcedure
      .input(Name)
      .output(Greeting)
      .query(({ input }) => ({ text: input.name })),
    send: openProcedure.output(Greeting).mutation(() => ({ text: 'Hello' })),
  }),
});

describe('the published type of the router', () => {
  it('names each procedure’s schemas', () => {
    const text = describeRouter(testRouter, { Name, Greeting });
    expect(text).toContain("import type { Greeting, Name } from './index.js';");
    expect(text).toMatch(
      /greetings: \{\n\s+get: TRPCQueryProcedure<\{ input: z\.input<typeof Name>; output: z\.output</,
    );
    expect(text).toMatch(/send: TRPCMutationProcedure<\{ input: void; output: z\.output<typeof Greeting>;/);
  });

  it('needs every schema to be exported by shared', () => {
    expect(() => describeRouter(testRouter, { Greeting })).toThrow('the input of greetings.get');
    expect(() => describeRouter(testRouter, { Name })).toThrow('the output of greetings.get');
  });

  it('is up to date', () => {
    const file = readFileSync(join(projectDirectory, 'shared/src/app-router.ts'), 'utf8');
    expect(describeRouter(appRouter, schemas)).toBe(file);
  });

  it('has the inputs and outputs of the server’s own', () => {
    type Published = schemas.AppRouter;
    expectTypeOf<inferRouterInputs<Published>>().toEqualTypeOf<inferRouterInputs<AppRouter>>();
    expectTypeOf<inferRouterOutputs<Published>>().toEqualTypeOf<inferRouterOutputs<AppRouter>>();
    expectTypeOf<inferRouterOutputs<Published>>().not.toBeAny();
  });
});
