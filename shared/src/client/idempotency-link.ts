import { retryLink, type TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import type { AppRouter } from '../app-router.js';
import { idempotentProcedures } from '../payments.js';
import { retryDelayMs } from './retry-delay.js';
import { codeOf } from './session.js';

const ATTEMPTS_MAX = 3;
/** Failures that say "not now"; what was asked for may have happened all the same. */
const TEMPORARY = new Set(['DEPENDENCY_UNAVAILABLE', 'OVERLOADED', 'PROVIDER_UNAVAILABLE']);

const isIdempotent = (path: string) => (idempotentProcedures as readonly string[]).includes(path);

/** 128 random bits; `crypto.randomUUID` is missing on pages that came over plain HTTP. */
const createKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );

/**
 * Gives each call that moves money a key of its own, unless its caller has named one. A failure carries it in
 * `meta.idempotencyKey`, so that whoever tries again later names the same request.
 */
const keyLink: TRPCLink<AppRouter> =
  () =>
  ({ op, next }) => {
    if (!isIdempotent(op.path)) return next(op);
    const input = { idempotencyKey: createKey(), ...(op.input as object) };
    return observable((observer) =>
      next({ ...op, input }).subscribe({
        next: (value) => observer.next(value),
        error: (error) => {
          error.meta = { ...error.meta, idempotencyKey: input.idempotencyKey };
          observer.error(error);
        },
        complete: () => observer.complete(),
      }),
    );
  };

/** Whether nobody knows what became of a call, or it is only too early: no answer came, or a temporary failure. */
const isWorthARetry = (error: unknown, signal: AbortSignal | null | undefined): boolean => {
  const code = codeOf(error);
  return !signal?.aborted && (code === undefined || TEMPORARY.has(code));
};

/**
 * For calls that move money: the server hears each under one key, however often it has to be sent, so that it happens
 * once. Sent again by itself after a lost answer, at most twice.
 */
export const idempotencyLinks: TRPCLink<AppRouter>[] = [
  keyLink,
  retryLink({
    retry: ({ op, error, attempts }) =>
      isIdempotent(op.path) && attempts < ATTEMPTS_MAX && isWorthARetry(error, op.signal),
    retryDelayMs: (attempt) => retryDelayMs(attempt - 1),
  }),
];
