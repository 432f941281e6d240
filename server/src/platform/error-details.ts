import { type ErrorCode, errorCodes } from '@versbottomlex/shared';

/** What a caller can do, of the codes whose titles do not say so. */
const details: Partial<Record<ErrorCode, string>> = {
  HOST_NOT_ALLOWED: 'This host is not served here: the setting ALLOWED_HOSTS lists those that are.',
  ACCESS_TOKEN_EXPIRED: 'The access token has expired: get another with POST /api/auth/refresh.',
  ACCESS_TOKEN_INVALID:
    'The access token is not one of this server: send `accessToken` as a login answered it.',
  SESSION_REVOKED: 'The session has ended: sign in again.',
  REFRESH_TOKEN_INVALID: 'The refresh token has expired or is not one of this server: sign in again.',
  SECOND_FACTOR_INVALID:
    'The code is wrong, too old, or was used before: send the next one of the app, or a recovery code.',
  SECOND_FACTOR_NOT_SET_UP: 'There is no second factor yet: begin with POST /api/auth/second-factor.',
  SECOND_FACTOR_ALREADY_SET_UP:
    'There is a second factor already: POST /api/auth/second-factor/remove removes it.',
  UNSUPPORTED_MEDIA_TYPE:
    'Send JSON with the header Content-Type: application/json, and a picture in a multipart/form-data form.',
};

/** What an error of this code says where nothing more is known. */
export const detailOf = (code: ErrorCode): string => details[code] ?? errorCodes[code].title;
