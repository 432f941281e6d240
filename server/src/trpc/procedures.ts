import { AppError } from '../platform/app-error.js';
import { logFault } from '../platform/fault-log.js';
import type { LimitName } from '../platform/limit-name.js';
import type { Context } from './context.js';
import { toAppError, toTrpcError } from './errors.js';
import { middleware, rootProcedure } from './init.js';

type Caller = { identity?: { userId: string } | null };

/**
 * Counts the call under its limits. Credentials that are not good count as none, so that trying them out has its limit
 * too. Throws RATE_LIMITED.
 */
const count = (
  { services, address, isCounted, showLimit }: Context,
  call: { type: string; limit: LimitName | undefined; userId: string | undefined },
): Promise<void> | undefined => {
  if (isCounted) return undefined;
  const { userId, limit } = call;
  return services.limits.requireCall({ address, userId, isRead: call.type !== 'mutation', limit }, showLimit);
};

/**
 * A kind of procedure: `identify` decides who may call it, and what it adds to the context. Every call is counted under
 * its limits, every failure gets its code and its HTTP status before a transport sees it, and faults are logged once. All
 * in one middleware, because tRPC copies the call's options for each.
 */
const createProcedureKind = <Added extends Caller>(identify: (ctx: Context) => Promise<Added>) =>
  rootProcedure.use(async ({ ctx, next, path, type, meta }) => {
    const limit = meta?.limit;
    const identifyAndCount = async (): Promise<Added> => {
      const identified = await identify(ctx).catch(async (error: unknown) => {
        await count(ctx, { type, limit, userId: undefined });
        throw error;
      });
      await count(ctx, { type, limit, userId: identified.identity?.userId });
      return identified;
    };
    const fail = (cause: unknown): never => {
      const error = toAppError(cause);
      logFault(ctx.logger, error, { requestId: ctx.requestId, path });
      throw toTrpcError(error);
    };
    const added = await identifyAndCount().catch(fail);
    const result = await next({ ctx: added });
    return result.ok ? result : fail(result.error);
  });

const requireAccessToken = (ctx: Context): string => {
  if (ctx.accessToken !== undefined) return ctx.accessToken;
  throw new AppError('NOT_AUTHENTICATED', {
    detail:
      'Sign in first: the access token goes in the Authorization header, or in the first frame of a socket.',
  });
};

/** Anyone; credentials are not looked at, so that an expired token does not keep its owner from signing in. */
export const openProcedure = createProcedureKind(async () => ({})).meta({ access: 'open' });

/** Anyone; `ctx.identity` is null for guests. Credentials that are sent must be good. */
export const publicProcedure = createProcedureKind(async ({ accessToken, services }) => ({
  identity: accessToken === undefined ? null : await services.auth.authenticate(accessToken),
})).meta({ access: 'public' });

/** Whoever is signed in, with `ctx.identity`. */
export const signedInProcedure = createProcedureKind(async (ctx) => ({
  identity: await ctx.services.auth.authenticate(requireAccessToken(ctx)),
})).meta({ access: 'signedIn' });

/** As signedInProcedure, by what the database says now: for what cannot be undone, money and administration. */
export const signedInNowProcedure = createProcedureKind(async (ctx) => ({
  identity: await ctx.services.auth.authenticateAfresh(requireAccessToken(ctx)),
})).meta({ access: 'signedIn' });

/** Admins only, by what the database says now. */
export const adminProcedure = signedInNowProcedure
  .use(({ ctx, next }) => {
    if (ctx.identity.role !== 'admin')
      throw new AppError('FORBIDDEN', { detail: 'Only admins may do this.' });
    return next();
  })
  .meta({ access: 'admin' });

/** Lets money move while the ledger is sound, and counts how that ended. */
const whileSound = middleware(async ({ ctx, path, next }) => {
  const { ledger } = ctx.services;
  ledger.requireSound();
  const result = await next();
  ledger.countRequest(path, result.ok ? 'ok' : toAppError(result.error).code);
  return result;
});

/** As signedInNowProcedure, for what moves money. Throws PAYMENTS_HALTED while the ledger is out of balance. */
export const paymentProcedure = signedInNowProcedure.use(whileSound).meta({ movesMoney: true });

/** As paymentProcedure, for admins only. */
export const adminPaymentProcedure = adminProcedure.use(whileSound).meta({ movesMoney: true });
