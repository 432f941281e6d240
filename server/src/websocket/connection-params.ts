import { ConnectionParams, closeCodes } from '@versbottomlex/shared';
import { z } from 'zod';
import { AppError } from '../platform/app-error.js';

const ParamsMessage = z.object({ method: z.literal('connectionParams'), data: ConnectionParams.optional() });

/** Reads a socket's first frame; null or undefined for a guest. Throws MALFORMED_REQUEST. */
export const readConnectionParams = (frame: Buffer): ConnectionParams | undefined => {
  try {
    return ParamsMessage.parse(JSON.parse(frame.toString())).data;
  } catch {
    throw new AppError('MALFORMED_REQUEST', {
      detail:
        'The first frame must be {"method":"connectionParams","data":{"accessToken":"…"}} or have null data.',
    });
  }
};

/** The close code for a first frame that was refused. */
export const closeCodeOf = (error: AppError): number => {
  // A fault of ours or an outage, not the token's: worth another try, later.
  if (error.status >= 500) return closeCodes.overloaded;
  switch (error.code) {
    case 'MALFORMED_REQUEST':
      return closeCodes.badParameters;
    case 'SESSION_REVOKED':
    case 'ACCOUNT_SUSPENDED':
      return closeCodes.revoked;
    case 'RATE_LIMITED':
      return closeCodes.tooMany;
    default:
      return closeCodes.notAuthenticated;
  }
};
