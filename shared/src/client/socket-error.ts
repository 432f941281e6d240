import { TRPCClientError } from '@trpc/client';
import type { AppRouter } from '../app-router.js';
import { type ErrorCode, type ErrorData, errorCodes, isErrorCode } from '../errors.js';
import { closeCodes } from '../live.js';

/** tRPC's names and JSON-RPC numbers of these statuses, as its servers send them. */
const trpcCodes: Partial<Record<number, [name: string, number: number]>> = {
  400: ['BAD_REQUEST', -32600],
  401: ['UNAUTHORIZED', -32001],
  403: ['FORBIDDEN', -32003],
};

/** What a close code says whose reason got lost on the way. */
const codeByClose: Partial<Record<number, ErrorCode>> = {
  [closeCodes.badParameters]: 'MALFORMED_REQUEST',
  [closeCodes.notAuthenticated]: 'ACCESS_TOKEN_EXPIRED',
  [closeCodes.revoked]: 'SESSION_REVOKED',
};

export type Closing = { code: number; reason: string };

/**
 * The close frame of a socket as the error of every subscription that it carried, in the shape of the server's own
 * errors; `requestId` is empty, because no request failed.
 */
export const toSocketError = ({ code, reason }: Closing): TRPCClientError<AppRouter> => {
  const appCode = isErrorCode(reason) ? reason : (codeByClose[code] ?? 'INTERNAL_ERROR');
  const { status: httpStatus, title } = errorCodes[appCode];
  const [name, number] = trpcCodes[httpStatus] ?? ['INTERNAL_SERVER_ERROR', -32603];
  const data: ErrorData = { code: name, httpStatus, appCode, requestId: '' };
  return TRPCClientError.from({ error: { message: title, code: number, data } });
};
