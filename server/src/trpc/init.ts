import { initTRPC } from '@trpc/server';
import type { ErrorCode, ErrorShape } from '@versbottomlex/shared';
import type { OpenApiMeta } from 'trpc-openapi';
import { z } from 'zod';
import type { CsvTable } from '../platform/csv.js';
import type { LimitName } from '../platform/limit-name.js';
import type { Context } from './context.js';
import { toAppError, toErrorShape } from './errors.js';
import { fieldMessageOf } from './field-messages.js';

/** Who may call, for the document and the authorization tests; the procedure kinds set it. */
export type Access = 'open' | 'public' | 'signedIn' | 'admin';

export type ProcedureMeta = OpenApiMeta<Record<string, unknown>> & {
  access?: Access;
  /** The codes it may fail with, beyond those that any call can get; the document lists them by status. */
  errors?: readonly ErrorCode[];
  /** What limits its calls beyond those of all others. */
  limit?: LimitName;
  /** Whether it moves money, which halts while the ledger is out of balance. */
  movesMoney?: boolean;
  /** The status of success on REST, where it is not 200. */
  successStatus?: 201;
  /** Makes a table of the output, which REST answers with where `text/csv` is preferred; of a query that is not shared. */
  csv?: (output: never) => CsvTable;
  /** Whether its answer holds tokens, which can be had as cookies instead. */
  signsIn?: boolean;
  /** What a subscription's events are; the router's generated type names it. */
  events?: z.ZodType;
  /** Whether it works over WebSocket only, so that REST has no path for it. */
  isSocketOnly?: boolean;
  /** Whether anonymous REST answers may be shared for a second; only where they are the same for everybody. */
  isShared?: boolean;
};

// Schemas that have no words of their own would answer with Zod's, such as "expected string, received undefined".
z.config({ customError: fieldMessageOf });

const t = initTRPC
  .context<Context>()
  .meta<ProcedureMeta>()
  .create({
    // Stacks are ours to show or hide; tRPC would guess from NODE_ENV.
    isDev: false,
    errorFormatter: ({ error, path, ctx }): ErrorShape =>
      toErrorShape(toAppError(error), ctx?.requestId ?? '', ctx?.showsFaults ?? false, path),
  });

export const { router, middleware, mergeRouters } = t;
export const rootProcedure = t.procedure;
