import type { ErrorCode } from '@versbottomlex/shared';
import { AppError } from '../src/platform/app-error.js';

/** How a call to a service ended: `ok`, or the code of its AppError. Any other error is thrown on. */
export const outcomeOf = async (call: Promise<unknown>): Promise<ErrorCode | 'ok'> => {
  try {
    await call;
    return 'ok';
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
};

/** How many of some calls, all under way at once, ended how. */
export const tally = async (
  calls: Promise<unknown>[],
): Promise<Partial<Record<ErrorCode | 'ok', number>>> => {
  const counts: Partial<Record<ErrorCode | 'ok', number>> = {};
  for (const outcome of await Promise.all(calls.map(outcomeOf))) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
};

/** The AppError that a call ends with. */
export const failureOf = async (call: Promise<unknown>): Promise<AppError> => {
  const error: unknown = await call.then(
    () => new Error('the call succeeded'),
    (reason: unknown) => reason,
  );
  if (error instanceof AppError) return error;
  throw error;
};
