import * as z from 'zod';
import { GivenPassword, NewPassword, SecondFactorCode } from './auth.js';
import { NoInput } from './no-input.js';
import { Timestamp } from './timestamps.js';
import { Email } from './users.js';

/** What the link of a mail holds behind its `#token=`: 256 random bits. */
const MailedToken = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/, 'must be what the link of the mail holds behind #token=')
  .meta({ example: 'n2QJ5mXvT8y0cVw4kLr7bZ1sHd9eGfPaUo3iYtRqWxM' });

export const RequestPasswordResetInput = z.strictObject({ email: Email });
export type RequestPasswordResetInput = z.infer<typeof RequestPasswordResetInput>;

export const ResetPasswordInput = z.strictObject({ token: MailedToken, newPassword: NewPassword });
export type ResetPasswordInput = z.infer<typeof ResetPasswordInput>;

export const RequestEmailVerificationInput = NoInput;

export const VerifyEmailInput = z.strictObject({ token: MailedToken });
export type VerifyEmailInput = z.infer<typeof VerifyEmailInput>;

export const RequestEmailChangeInput = z
  .strictObject({
    newEmail: Email,
    currentPassword: GivenPassword,
    /** Of the second factor, where the account has one. */
    code: SecondFactorCode.optional(),
  })
  .meta({ examples: [{ newEmail: 'ava@example.org', currentPassword: 'correct horse battery' }] });
export type RequestEmailChangeInput = z.infer<typeof RequestEmailChangeInput>;

export const ConfirmEmailChangeInput = z.strictObject({ token: MailedToken });
export type ConfirmEmailChangeInput = z.infer<typeof ConfirmEmailChangeInput>;

/** A mail is on its way, if there is anybody to get it; its link is good once, and this long. */
export const MailRequested = z
  .object({ linkExpiresInSeconds: z.int().meta({ example: 3600 }) })
  .meta({ id: 'MailRequested' });
export type MailRequested = z.infer<typeof MailRequested>;

/** What the link of a mail was for is done. */
export const MailConfirmed = z.object({ confirmedAt: Timestamp }).meta({ id: 'MailConfirmed' });
export type MailConfirmed = z.infer<typeof MailConfirmed>;
