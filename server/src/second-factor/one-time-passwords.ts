import { Secret, TOTP } from 'otpauth';

/** What every authenticator app takes (RFC 6238 with its defaults): SHA-1, six digits, 30 seconds. */
const ALGORITHM = 'SHA1';
const DIGITS = 6;
const PERIOD_SECONDS = 30;
/** RFC 4226 asks for 128 bits at least and recommends 160. */
const SECRET_BYTES = 20;
/** Codes of the step before and after are good too, for clocks that differ and people who type. */
const WINDOW_STEPS = 1;

const passwordsOf = (secret: string, names: { issuer?: string; label?: string } = {}) =>
  new TOTP({
    ...names,
    secret: Secret.fromBase32(secret),
    algorithm: ALGORITHM,
    digits: DIGITS,
    period: PERIOD_SECONDS,
  });

/** A new secret, in Base32. */
export const makeSecret = (): string => new Secret({ size: SECRET_BYTES }).base32;

/** What a QR code tells an authenticator app, which lists it as `label` at `issuer`. */
export const uriOf = (secret: string, names: { issuer: string; label: string }): string =>
  passwordsOf(secret, names).toString();

/** The time step whose code this is, of those around `now`; null when it is of none. */
export const stepOfCode = (secret: string, code: string, now: Date): number | null => {
  const timestamp = now.getTime();
  const distance = passwordsOf(secret).validate({ token: code, timestamp, window: WINDOW_STEPS });
  return distance === null ? null : TOTP.counter({ period: PERIOD_SECONDS, timestamp }) + distance;
};

/** The code of the moment `now`, as an authenticator app shows it. */
export const codeAt = (secret: string, now: Date): string =>
  passwordsOf(secret).generate({ timestamp: now.getTime() });
