import * as z from 'zod';
import { codePointCount } from './text.js';
import { Email, OwnUser, Username } from './users.js';

export const PASSWORD_MIN = 8;
export const PASSWORD_MAX = 128;

/** A password to be set: 8–128 code points. The server also refuses the commonest ones and the user's own name. */
export const NewPassword = z
  .string()
  .refine((text) => text.isWellFormed(), { error: 'has half a surrogate pair', abort: true })
  .refine((text) => !text.includes('\0'), { error: 'has a NUL character', abort: true })
  .refine((text) => codePointCount(text) >= PASSWORD_MIN, {
    error: `has fewer than ${PASSWORD_MIN} characters`,
  })
  .refine((text) => codePointCount(text) <= PASSWORD_MAX, {
    error: `has more than ${PASSWORD_MAX} characters`,
  })
  .meta({
    minLength: PASSWORD_MIN,
    maxLength: PASSWORD_MAX,
    format: 'password',
    example: 'correct horse battery',
  });

/** A password to be compared; its only rule is a bound, since older rules may have been others. */
export const GivenPassword = z
  .string()
  .min(1)
  .max(512)
  .meta({ format: 'password', example: 'correct horse battery' });

/** What an authenticator app shows, or a recovery code; spaces, hyphens and case do not matter. */
export const SecondFactorCode = z.string().min(1).max(64).meta({
  description: 'What the authenticator app shows, which is good once; or a recovery code.',
  example: '123456',
});

/** A compact JWT; the bound keeps hostile ones cheap. */
const TokenText = z.string().min(1).max(4096).meta({ example: 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl' });

export const RegisterInput = z
  .strictObject({
    username: Username,
    email: Email,
    password: NewPassword,
    birthDate: z.iso.date().optional().meta({
      description: 'Needed where the site has a minimum age; nobody else is shown it.',
      format: 'date',
      example: '1990-05-06',
    }),
  })
  .meta({
    examples: [
      {
        username: 'ava',
        email: 'ava@example.com',
        password: 'correct horse battery',
        birthDate: '1990-05-06',
      },
    ],
  });
export type RegisterInput = z.infer<typeof RegisterInput>;

export const LoginInput = z
  .strictObject({
    email: Email.optional(),
    username: z
      .string()
      .min(1)
      .max(254)
      .refine((text) => !text.includes('\0'), { error: 'has a NUL character' })
      .optional(),
    password: GivenPassword,
    /** Of the second factor, where the account has one. */
    code: SecondFactorCode.optional(),
  })
  .refine((input) => (input.email === undefined) !== (input.username === undefined), {
    error: 'give either email or username',
    path: ['email'],
  })
  .meta({ examples: [{ email: 'ava@example.com', password: 'correct horse battery' }] });
export type LoginInput = z.infer<typeof LoginInput>;

/** Without a token, the one in the session's cookie is meant. */
export const RefreshInput = z.strictObject({ refreshToken: TokenText.optional() }).default({});
export type RefreshInput = z.infer<typeof RefreshInput>;

export const ChangePasswordInput = z
  .strictObject({ currentPassword: GivenPassword, newPassword: NewPassword })
  .meta({
    examples: [{ currentPassword: 'correct horse battery', newPassword: 'staple of another battery' }],
  });
export type ChangePasswordInput = z.infer<typeof ChangePasswordInput>;

export const LogoutInput = z
  .strictObject({ scope: z.enum(['everywhere', 'session']).default('everywhere') })
  .default({ scope: 'everywhere' });
export type LogoutInput = z.infer<typeof LogoutInput>;

const AnsweredToken = z.string().meta({ example: 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl' });

/** A pair of tokens; `expiresInSeconds` counts for the access token. */
export const TokenPair = z.object({
  accessToken: AnsweredToken,
  refreshToken: AnsweredToken,
  expiresInSeconds: z.int().meta({ example: 900 }),
});
export type TokenPair = z.infer<typeof TokenPair>;

/** A login: the account and its tokens. */
export type SignedIn = TokenPair & { user: OwnUser };

/** What a new pair of tokens is answered with; a session in cookies has them there, where no script can read them. */
export const RenewalAnswer = TokenPair.partial({ accessToken: true, refreshToken: true }).meta({
  id: 'TokenPair',
  description: 'The tokens are absent where they went as cookies.',
});
export type RenewalAnswer = z.infer<typeof RenewalAnswer>;

/** What a login is answered with, as {@link RenewalAnswer} is. */
export const SignInAnswer = z.object({ user: OwnUser, ...RenewalAnswer.shape }).meta({ id: 'SignedIn' });
export type SignInAnswer = z.infer<typeof SignInAnswer>;

export const LoggedOut = z.object({ scope: z.enum(['everywhere', 'session']) }).meta({ id: 'LoggedOut' });
export type LoggedOut = z.infer<typeof LoggedOut>;
