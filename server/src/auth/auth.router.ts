import {
  ChangePasswordInput,
  LoggedOut,
  LoginInput,
  LogoutInput,
  NoInput,
  OwnUser,
  RefreshInput,
  RegisterInput,
  RenewalAnswer,
  RenewSocketInput,
  SignInAnswer,
  SocketRenewed,
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
      signsIn: true,
      limit: 'register',
      errors: ['EMAIL_TAKEN', 'USERNAME_TAKEN', 'TOO_YOUNG', 'VALIDATION_FAILED', 'OVERLOADED'],
    })
    .input(RegisterInput)
    .output(SignInAnswer)
    .mutation(({ ctx, input }) => ctx.cookies.handOver(() => ctx.services.auth.register(input, ctx))),

  login: openProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/auth/login',
        tags,
        summary: 'Authenticate a user',
        description:
          'By e-mail address or username, exactly one of them. The answer does not tell which part was wrong. An account with a second factor needs its `code` too.',
      },
      signsIn: true,
      limit: 'login',
      errors: [
        'INVALID_CREDENTIALS',
        'SECOND_FACTOR_REQUIRED',
        'SECOND_FACTOR_INVALID',
        'ACCOUNT_SUSPENDED',
        'VALIDATION_FAILED',
        'OVERLOADED',
      ],
    })
    .input(LoginInput)
    .output(SignInAnswer)
    .mutation(({ ctx, input }) => ctx.cookies.handOver(() => ctx.services.auth.login(input, ctx))),

  refresh: openProcedure
    .meta({
      openapi: {
        method: 'POST',
        path: '/auth/refresh',
        tags,
        summary: 'Refresh the access token',
        description:
          'Spends the refresh token for a new pair, without a body the one in the cookie. A token that was spent before ends its whole session.',
      },
      signsIn: true,
      errors: [
        'REFRESH_TOKEN_INVALID',
        'REFRESH_TOKEN_REUSED',
        'SESSION_REVOKED',
        'CSRF_TOKEN_INVALID',
        'ORIGIN_NOT_ALLOWED',
        'VALIDATION_FAILED',
      ],
    })
    .input(RefreshInput)
    .output(RenewalAnswer)
    .mutation(({ ctx, input }) => ctx.cookies.refresh(input, ctx.services.auth.refresh)),

  me: signedInProcedure
    .meta({
      openapi: {
        method: 'GET',
        path: '/auth/me',
        tags,
        summary: 'Get the current user',
        description: 'With the e-mail address, which nobody else is shown.',
      },
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
      signsIn: true,
      limit: 'password',
      errors: ['INVALID_CREDENTIALS', 'VALIDATION_FAILED', 'OVERLOADED'],
    })
    .input(ChangePasswordInput)
    .output(RenewalAnswer)
    .mutation(({ ctx, input }) =>
      ctx.cookies.handOver(
        () => ctx.services.auth.changePassword(ctx.identity, input),
        ctx.cookies.isCredential,
      ),
    ),

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
    .mutation(async ({ ctx, input }) => {
      const answer = await ctx.services.auth.logout(ctx.identity, input);
      if (ctx.cookies.isCredential) ctx.cookies.clear();
      return answer;
    }),

  /** Goes on with another access token of the same account, on the socket that carries this call. */
  renewSocket: openProcedure
    .meta({ isSocketOnly: true, errors: ['SOCKET_REQUIRED', 'FORBIDDEN'] })
    .input(RenewSocketInput)
    .output(SocketRenewed)
    .mutation(({ ctx, input }) => ctx.renewSocket(input.accessToken)),
});
