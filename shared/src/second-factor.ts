import * as z from 'zod';
import { GivenPassword, SecondFactorCode } from './auth.js';

/** How many recovery codes an account gets at once. */
export const RECOVERY_CODES = 10;

/** Whether the account has a second factor, and how many recovery codes are left of it. */
export const SecondFactor = z
  .object({
    isSetUp: z.boolean().meta({ example: false }),
    recoveryCodesLeft: z.int().nonnegative().meta({ example: 0 }),
  })
  .meta({ id: 'SecondFactor' });
export type SecondFactor = z.infer<typeof SecondFactor>;

export const BeginSecondFactorInput = z.strictObject({ currentPassword: GivenPassword });
export type BeginSecondFactorInput = z.infer<typeof BeginSecondFactorInput>;

/** What goes into an authenticator app: `uri` as a QR code, or `secret` by hand. */
export const SecondFactorSecret = z
  .object({
    secret: z.string().meta({ description: 'In Base32.', example: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' }),
    uri: z.string().meta({
      description: 'Of the scheme `otpauth`, which authenticator apps read from a QR code.',
      example: 'otpauth://totp/example.com:ava?issuer=example.com&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
    }),
  })
  .meta({ id: 'SecondFactorSecret' });
export type SecondFactorSecret = z.infer<typeof SecondFactorSecret>;

export const ConfirmSecondFactorInput = z.strictObject({ code: SecondFactorCode });
export type ConfirmSecondFactorInput = z.infer<typeof ConfirmSecondFactorInput>;

/** Each stands in for the second factor once. They are told this time only. */
export const RecoveryCodes = z
  .object({
    recoveryCodes: z.array(z.string()).meta({ example: ['7kq2mf-0x9dzn-v4h8wt-c3r6bp'] }),
  })
  .meta({ id: 'RecoveryCodes' });
export type RecoveryCodes = z.infer<typeof RecoveryCodes>;

export const RenewRecoveryCodesInput = z.strictObject({ code: SecondFactorCode });
export type RenewRecoveryCodesInput = z.infer<typeof RenewRecoveryCodesInput>;

export const RemoveSecondFactorInput = z.strictObject({
  currentPassword: GivenPassword,
  code: SecondFactorCode,
});
export type RemoveSecondFactorInput = z.infer<typeof RemoveSecondFactorInput>;
