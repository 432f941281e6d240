import {
  ChangePasswordInput,
  LoggedOut,
  LoginInput,
  LogoutInput,
  NoInput,
  OwnUser,
  RefreshInput,
  RegisterInput,
  RenewSocketInput,
  SignedIn,
  SocketRenewed,
  TokenPair,
} from '@versbottomlex/shared';
import { router } from '../trpc/init.js';
import { openProcedure, signedInProcedure } from '../trpc/procedures.js';

const tags = ['auth'];

export const authRouter = router({
  register: openProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/auth/register',
        tags,
        summary: 'Register a new user',
        description: 'Makes an account and signs it in.',
      },
      successStatus: 201,
      errors: ['EMAIL_TAKEN', 'USERNAME_TAKEN', 'VALIDATION_FAILED', 'OVERLOADED'],
    })
    .input(RegisterInput)
    .output(SignedIn)
    .mutation(({ ctx, input }) => ctx.services.auth.register(input, ctx)),

  login: openProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/auth/login',
        tags,
        summary: 'Authenticate a user',
        description:
          'By e-mail address or username, exactly one of them. The answer does not tell which part was wrong.',
      },
      errors: ['INVALID_CREDENTIALS', 'ACCOUNT_SUSPENDED', 'VALIDATION_FAILED', 'OVERLOADED'],
    })
    .input(LoginInput)
    .output(SignedIn)
    .mutation(({ ctx, input }) => ctx.services.auth.login(input, ctx)),

  refresh: openProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/auth/refresh',
        tags,
        summary: 'Refresh the access token',
        description:
          'Spends the refresh token for a new pair. A token that was spent before ends its whole session.',
      },
      errors: ['REFRESH_TOKEN_INVALID', 'REFRESH_TOKEN_REUSED', 'SESSION_REVOKED', 'VALIDATION_FAILED'],
    })
    .input(RefreshInput)
    .output(TokenPair)
    .mutation(({ ctx, input }) => ctx.services.auth.refresh(input)),

  me: signedInProcedure
    .meta({
      openapi: { method: 'GET', path: '/auth/me', tags, summary: 'Get the current user' },
      errors: ['VALIDATION_FAILED'],
    })
    .input(NoInput)
    .output(OwnUser)
    .query(({ ctx }) => ctx.services.auth.me(ctx.identity)),

  changePassword: signedInProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/auth/change-password',
        tags,
        summary: 'Change the password',
        description: 'Every older access and refresh token dies; the answer holds the new pair.',
      },
      errors: ['INVALID_CREDENTIALS', 'VALIDATION_FAILED', 'OVERLOADED'],
    })
    .input(ChangePasswordInput)
    .output(TokenPair)
    .mutation(({ ctx, input }) => ctx.services.auth.changePassword(ctx.identity, input)),

  logout: signedInProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/auth/logout',
        tags,
        summary: 'Log out',
        description: 'Everywhere by default, which ends every token of the account; or this session only.',
      },
      errors: ['VALIDATION_FAILED'],
    })
    .input(LogoutInput)
    .output(LoggedOut)
    .mutation(({ ctx, input }) => ctx.services.auth.logout(ctx.identity, input)),

  /** Goes on with another access token of the same account, on the socket that carries this call. */
  renewSocket: openProcedure
    .meta({ isSocketOnly: true, errors: ['SOCKET_REQUIRED', 'FORBIDDEN'] })
    .input(RenewSocketInput)
    .output(SocketRenewed)
    .mutation(({ ctx, input }) => ctx.renewSocket(input.accessToken)),
});
