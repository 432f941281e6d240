import { AppError } from '../platform/app-error.js';
import { logFault } from '../platform/fault-log.js';
import { toAppError, toTrpcError } from './errors.js';
import { middleware, rootProcedure } from './init.js';

/** Gives every failure its code and its HTTP status before a transport sees it, and logs faults once. */
const failsClearly = middleware(async ({ next, path, ctx }) => {
  const result = await next();
  if (result.ok) return result;
  const error = toAppError(result.error);
  logFault(ctx.logger, error, { requestId: ctx.requestId, path });
  throw toTrpcError(error);
});

const notAuthenticated = () =>
  new AppError('NOT_AUTHENTICATED', {
    detail: 'Send an access token in the Authorization header: Bearer <token>.',
  });

/** Anyone; credentials are not looked at, so that an expired token does not keep its owner from signing in. */
export const openProcedure = rootProcedure.use(failsClearly).meta({ access: 'open' });

/** Anyone; `ctx.identity` is null for guests. Credentials that are sent must be good. */
export const publicProcedure = rootProcedure
  .use(failsClearly)
  .use(async ({ ctx, next }) => {
    const identity =
      ctx.accessToken === undefined ? null : await ctx.services.auth.authenticate(ctx.accessToken);
    return next({ ctx: { identity } });
  })
  .meta({ access: 'public' });

/** Whoever is signed in, with `ctx.identity`. */
export const signedInProcedure = rootProcedure
  .use(failsClearly)
  .use(async ({ ctx, next }) => {
    if (ctx.accessToken === undefined) throw notAuthenticated();
    const identity = await ctx.services.auth.authenticate(ctx.accessToken);
    return next({ ctx: { identity } });
  })
  .meta({ access: 'signedIn' });

/** As signedInProcedure, by what the database says now: for what cannot be undone, money and administration. */
export const signedInNowProcedure = rootProcedure
  .use(failsClearly)
  .use(async ({ ctx, next }) => {
    if (ctx.accessToken === undefined) throw notAuthenticated();
    const identity = await ctx.services.auth.authenticateAfresh(ctx.accessToken);
    return next({ ctx: { identity } });
  })
  .meta({ access: 'signedIn' });

/** Admins only, by what the database says now. */
export const adminProcedure = signedInNowProcedure
  .use(({ ctx, next }) => {
    if (ctx.identity.role !== 'admin')
      throw new AppError('FORBIDDEN', { detail: 'Only admins may do this.' });
    return next();
  })
  .meta({ access: 'admin' });
