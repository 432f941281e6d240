import * as z from 'zod';
import { GivenPassword, SecondFactorCode } from './auth.js';
import { Id } from './ids.js';
import { title } from './text.js';
import { Timestamp } from './timestamps.js';

/** How many passkeys an account has at most. */
export const PASSKEYS_MAX = 10;

/** A key on one of the owner's devices that signs in without password and code. */
export const Passkey = z
  .object({
    id: Id,
    name: z.string().meta({ example: 'Laptop' }),
    createdAt: Timestamp,
    lastUsedAt: Timestamp.nullable(),
  })
  .meta({ id: 'Passkey' });
export type Passkey = z.infer<typeof Passkey>;

export const PasskeyList = z.object({ items: z.array(Passkey) }).meta({ id: 'PasskeyList' });
export type PasskeyList = z.infer<typeof PasskeyList>;

const Challenge = z.string().meta({ description: 'Good for five minutes.', example: 'AZuYvH0A5xq2' });

/** What a browser needs to make a passkey, in the form of WebAuthn; it may hold more members. */
export const NewPasskeyOptions = z
  .object({
    options: z
      .looseObject({
        challenge: Challenge,
        rp: z
          .object({ id: z.string(), name: z.string() })
          .meta({ example: { id: 'example.com', name: 'example.com' } }),
        user: z
          .object({ id: z.string(), name: z.string(), displayName: z.string() })
          .meta({ example: { id: 'MDE5Yjc2ZjI', name: 'ava_live', displayName: '' } }),
        pubKeyCredParams: z
          .array(z.object({ type: z.literal('public-key'), alg: z.int() }))
          .meta({ example: [{ type: 'public-key', alg: -7 }] }),
      })
      .meta({
        description:
          'For `PublicKeyCredential.parseCreationOptionsFromJSON`, and what that gives for `navigator.credentials.create`.',
      }),
  })
  .meta({ id: 'NewPasskeyOptions' });
export type NewPasskeyOptions = z.infer<typeof NewPasskeyOptions>;

/** As {@link NewPasskeyOptions}, to use a passkey. */
export const PasskeyOptions = z
  .object({
    options: z.looseObject({ challenge: Challenge }).meta({
      description:
        'For `PublicKeyCredential.parseRequestOptionsFromJSON`, and what that gives for `navigator.credentials.get`.',
    }),
  })
  .meta({ id: 'PasskeyOptions' });
export type PasskeyOptions = z.infer<typeof PasskeyOptions>;

export const BeginPasskeyInput = z.strictObject({
  currentPassword: GivenPassword,
  /** Of the second factor, where the account has one. */
  code: SecondFactorCode.optional(),
});
export type BeginPasskeyInput = z.infer<typeof BeginPasskeyInput>;

/** Binary data as WebAuthn's JSON has it; attestations with certificates are the longest. */
const Base64Url = z
  .string()
  .max(20_000)
  .regex(/^[\w-]+$/, { error: 'is not base64url' })
  .meta({ example: 'AZuYvH0A5xq2' });

const credential = {
  id: Base64Url,
  rawId: Base64Url,
  type: z.literal('public-key'),
  /** Nothing is asked for, so that nothing is read. */
  clientExtensionResults: z.object({}).optional(),
};

/** What `toJSON` of a credential gives; members that are not needed are not read. */
export const NewPasskeyCredential = z
  .object({
    ...credential,
    response: z.object({ clientDataJSON: Base64Url, attestationObject: Base64Url }),
  })
  .meta({ description: 'What `toJSON` gives of the answer to `navigator.credentials.create`.' });
export type NewPasskeyCredential = z.infer<typeof NewPasskeyCredential>;

export const AddPasskeyInput = z.strictObject({
  name: title(1, 50).meta({ example: 'Laptop' }),
  credential: NewPasskeyCredential,
});
export type AddPasskeyInput = z.infer<typeof AddPasskeyInput>;

export const RemovePasskeyInput = z.strictObject({ id: Id });
export type RemovePasskeyInput = z.infer<typeof RemovePasskeyInput>;

/** As {@link NewPasskeyCredential}, of a login. */
export const UsedPasskeyCredential = z
  .object({
    ...credential,
    response: z.object({
      clientDataJSON: Base64Url,
      authenticatorData: Base64Url,
      signature: Base64Url,
      userHandle: Base64Url.nullish(),
    }),
  })
  .meta({ description: 'What `toJSON` gives of the answer to `navigator.credentials.get`.' });
export type UsedPasskeyCredential = z.infer<typeof UsedPasskeyCredential>;

export const PasskeyLoginInput = z.strictObject({ credential: UsedPasskeyCredential });
export type PasskeyLoginInput = z.infer<typeof PasskeyLoginInput>;
