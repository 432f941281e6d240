import { AppError } from '../platform/app-error.js';

/** Of a login, which does not tell which part was wrong. */
export const wrongCredentials = (): AppError =>
  new AppError('INVALID_CREDENTIALS', { detail: 'The name and the password do not match.' });

/** Of a password that is asked for again, from whoever is signed in. */
export const wrongPassword = (): AppError =>
  new AppError('INVALID_CREDENTIALS', { detail: 'The password is wrong.' });

/** Told to whoever gave the right password, and so to the owner alone. */
export const suspended = (reason: string | null): AppError =>
  new AppError('ACCOUNT_SUSPENDED', reason === null ? {} : { detail: `The account is suspended: ${reason}` });
