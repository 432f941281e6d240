import { refuse } from './config-refusal.js';
import { secret } from './config-values.js';

/** One variable for each kind of key; of a kind that can be rotated, the last key is accepted besides the new one. */
export const secretVariables = {
  JWT_ACCESS_SECRET: secret.optional(),
  JWT_ACCESS_SECRET_PREVIOUS: secret.optional(),
  JWT_REFRESH_SECRET: secret.optional(),
  JWT_REFRESH_SECRET_PREVIOUS: secret.optional(),
  CSRF_SECRET: secret.optional(),
  ENCRYPTION_SECRET: secret.optional(),
  ENCRYPTION_SECRET_PREVIOUS: secret.optional(),
};

/** Those that production must be given. */
export const neededSecrets = [
  'JWT_ACCESS_SECRET',
  'JWT_REFRESH_SECRET',
  'CSRF_SECRET',
  'ENCRYPTION_SECRET',
] as const;

/** What development makes for itself. */
export type MadeSecrets = { access: string; refresh: string; csrf: string; encryption: string };

/** What is made uses `current`; what was made with `previous` is still good. */
export type RotatedSecret = Readonly<{ current: string; previous: string | undefined }>;

export type Secrets = Readonly<{
  access: RotatedSecret;
  refresh: RotatedSecret;
  /** Of CSRF tokens, which nobody keeps for long. */
  csrf: string;
  /** Of what is stored encrypted. */
  encryption: RotatedSecret;
}>;

type Given = { [Name in keyof typeof secretVariables]?: string | undefined };

const refuseEqual = (given: Given): void => {
  const names = Object.keys(secretVariables) as (keyof Given)[];
  const equal = names.filter((name, index) =>
    names.slice(0, index).some((other) => given[name] !== undefined && given[name] === given[other]),
  );
  if (equal.length > 0) refuse(equal.map((name) => `${name} must differ from every other secret`));
};

/** Completes what is given by `made`, which is asked only for what is missing. Throws StartupError for equal secrets. */
export const secretsOf = (given: Given, made: () => MadeSecrets): Secrets => {
  refuseEqual(given);
  const own = neededSecrets.every((name) => given[name] !== undefined) ? undefined : made();
  const rotated = (current: string | undefined, previous: string | undefined): RotatedSecret =>
    Object.freeze({ current: current ?? '', previous });
  return Object.freeze({
    access: rotated(given.JWT_ACCESS_SECRET ?? own?.access, given.JWT_ACCESS_SECRET_PREVIOUS),
    refresh: rotated(given.JWT_REFRESH_SECRET ?? own?.refresh, given.JWT_REFRESH_SECRET_PREVIOUS),
    csrf: given.CSRF_SECRET ?? own?.csrf ?? '',
    encryption: rotated(given.ENCRYPTION_SECRET ?? own?.encryption, given.ENCRYPTION_SECRET_PREVIOUS),
  });
};
