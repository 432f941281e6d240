import { type AnyProcedure, getTRPCErrorFromUnknown, type TRPCError } from '@trpc/server';
import type { Context } from '../trpc/context.js';
import type { ProcedureMeta } from '../trpc/init.js';

/** One call of a procedure, as its middlewares see it. */
export type ProcedureCall = {
  ctx: Context;
  getRawInput: () => Promise<unknown>;
  path: string;
  type: 'query' | 'mutation';
};

/** Runs a procedure: resolves to its output, rejects with a TRPCError. */
export type RunProcedure = (call: ProcedureCall) => Promise<unknown>;

type Options = ProcedureCall & { input: unknown; signal: undefined; batchIndex: 0 };
type Changes = { ctx?: object; input?: unknown; getRawInput?: () => Promise<unknown> };
type Result = { ok: true; data: unknown } | { ok: false; error: TRPCError };
type Next = (changes?: Changes) => Promise<Result>;
type Middleware = (options: Options & { meta: ProcedureMeta | undefined; next: Next }) => Promise<Result>;

const change = (options: Options, changes: Changes | undefined): Options =>
  changes === undefined
    ? options
    : {
        ...options,
        ctx: changes.ctx ? { ...options.ctx, ...changes.ctx } : options.ctx,
        getRawInput: changes.getRawInput ?? options.getRawInput,
        input: 'input' in changes ? changes.input : options.input,
      };

/**
 * Makes the function that runs a procedure's middlewares, its resolver last, as calling the procedure does. tRPC's own
 * runner copies all options twice for each of them, through a helper for old engines: 25 µs of a list's 56, which this
 * one does in less than two.
 */
export const procedureRunner = (procedure: AnyProcedure): RunProcedure => {
  const { middlewares, meta } = procedure._def as unknown as {
    middlewares: Middleware[];
    meta: ProcedureMeta | undefined;
  };
  const run = async (index: number, options: Options): Promise<Result> => {
    try {
      const middleware = middlewares[index];
      if (!middleware) throw new Error(`${options.path} has no resolver`);
      const { ctx, getRawInput, input, path, type, signal, batchIndex } = options;
      const next: Next = (changes) => run(index + 1, change(options, changes));
      return await middleware({ ctx, getRawInput, input, path, type, signal, batchIndex, meta, next });
    } catch (cause) {
      return { ok: false, error: getTRPCErrorFromUnknown(cause) };
    }
  };
  return async (call) => {
    const result = await run(0, { ...call, input: undefined, signal: undefined, batchIndex: 0 });
    if (!result.ok) throw result.error;
    return result.data;
  };
};
