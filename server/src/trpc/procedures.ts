import { AppError } from '../platform/app-error.js';
import { logFault } from '../platform/fault-log.js';
import type { Context } from './context.js';
import { toAppError, toTrpcError } from './errors.js';
import { middleware, rootProcedure } from './init.js';

/**
 * A kind of procedure: `identify` decides who may call it, and what it adds to the context. Every failure gets its code
 * and its HTTP status before a transport sees it, and faults are logged once. All in one middleware, because tRPC copies
 * the call's options for each.
 */
const createProcedureKind = <Added extends object>(identify: (ctx: Context) => Promise<Added>) =>
  rootProcedure.use(async ({ ctx, next, path }) => {
    const fail = (cause: unknown): never => {
      const error = toAppError(cause);
      logFault(ctx.logger, error, { requestId: ctx.requestId, path });
      throw toTrpcError(error);
    };
    const added = await identify(ctx).catch(fail);
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
