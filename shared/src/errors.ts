import * as z from 'zod';

/** Every code that an answer can carry, with its HTTP status and a title; a code is thrown when its line says so. */
export const errorCodes = {
  /** The body is not JSON, or the request breaks the transport's rules. */
  MALFORMED_REQUEST: { status: 400, title: 'The request could not be read' },
  /** A webhook's signature is missing, wrong or older than 300 seconds. */
  SIGNATURE_INVALID: { status: 400, title: 'The signature is not valid' },
  /** The Host header names a host that this server does not answer for. */
  HOST_NOT_ALLOWED: { status: 400, title: 'This host is not served here' },
  /** The call is about the WebSocket that carries it, and came over HTTP. */
  SOCKET_REQUIRED: { status: 400, title: 'Only over WebSocket' },
  /** No credentials were sent where they are needed. */
  NOT_AUTHENTICATED: { status: 401, title: 'Sign in first' },
  /** The access token is past its end: refresh it. */
  ACCESS_TOKEN_EXPIRED: { status: 401, title: 'The access token has expired' },
  /** The access token is forged, malformed, or of another kind, issuer or audience. */
  ACCESS_TOKEN_INVALID: { status: 401, title: 'The access token is not valid' },
  /** The session was ended by a logout, a password change, a suspension or the deletion of the account. */
  SESSION_REVOKED: { status: 401, title: 'The session has ended' },
  /** The name or the password is wrong, which of them is not said; refreshing does not help. */
  INVALID_CREDENTIALS: { status: 401, title: 'The credentials are wrong' },
  /** The password is right, and the account has a second factor: send its `code` too. */
  SECOND_FACTOR_REQUIRED: { status: 401, title: 'A code of the second factor is needed' },
  /** The code is wrong, past its time, or was used before. */
  SECOND_FACTOR_INVALID: { status: 401, title: 'The code is wrong' },
  /** The refresh token is forged, malformed, expired, or of another kind, issuer or audience: sign in again. */
  REFRESH_TOKEN_INVALID: { status: 401, title: 'The refresh token is not valid' },
  /** The refresh token was spent before; its whole session is revoked. */
  REFRESH_TOKEN_REUSED: { status: 401, title: 'The refresh token was used before' },
  /** The wallet holds less than this costs: top it up with POST /api/payments/top-up. */
  INSUFFICIENT_FUNDS: { status: 402, title: 'The wallet holds too little' },
  /** The stream is private, and the caller holds no ticket; `price` says what one costs. */
  ACCESS_REQUIRED: { status: 402, title: 'A ticket is needed' },
  /** The caller is known, and may not do this. */
  FORBIDDEN: { status: 403, title: 'Not allowed' },
  /** The account is suspended. */
  ACCOUNT_SUSPENDED: { status: 403, title: 'The account is suspended' },
  /** Only performers may do this; POST /api/users/{id}/performer asks to be one. */
  NOT_A_PERFORMER: { status: 403, title: 'Only performers may do this' },
  /** The performer waits for an admin's verification. */
  NOT_VERIFIED: { status: 403, title: 'The performer is not verified yet' },
  /** The last login is too long ago for what was asked: sign in again. */
  REAUTHENTICATION_REQUIRED: { status: 403, title: 'Sign in again first' },
  /** This needs an account with a second factor: POST /api/auth/second-factor sets one up. */
  SECOND_FACTOR_NOT_SET_UP: { status: 403, title: 'A second factor is needed' },
  /** A session in cookies needs the header X-CSRF-Token with what GET /api/csrf-token answers. */
  CSRF_TOKEN_INVALID: { status: 403, title: 'The CSRF token is missing or wrong' },
  /** Pages of this origin may not use a session in cookies; WEB_ORIGINS names those that may. */
  ORIGIN_NOT_ALLOWED: { status: 403, title: 'This origin is not allowed' },
  /** The birth date is too recent for this site. */
  TOO_YOUNG: { status: 403, title: 'Too young for this site' },
  /** It would pass the limit that the caller has set for a day; `retryAfterMs` says when the next one begins. */
  SPENDING_LIMIT_REACHED: { status: 403, title: 'Your own spending limit is reached' },
  /** The performer has banned the caller from this room. */
  BANNED: { status: 403, title: 'Banned from this room' },
  /** A moderator keeps the caller from writing; `retryAfterMs` says how much longer. */
  TIMED_OUT: { status: 403, title: 'Timed out in this room' },
  /** Slow mode: the caller's last message is too recent; `retryAfterMs` says when the next may come. */
  SLOW_MODE: { status: 403, title: 'Slow mode' },
  /** Only followers of the performer may write: POST /api/users/{id}/follow. */
  FOLLOWERS_ONLY: { status: 403, title: 'Only followers may write' },
  /** Only ticket holders may write. */
  TICKETS_ONLY: { status: 403, title: 'Only ticket holders may write' },
  /** Links are off in this room. */
  LINKS_NOT_ALLOWED: { status: 403, title: 'Links are not allowed here' },
  /** The message holds a term that the room blocks; which one is not said. */
  TERM_BLOCKED: { status: 403, title: 'A term is blocked here' },
  /** It does not exist, or the caller may not know that it does. */
  NOT_FOUND: { status: 404, title: 'Not found' },
  /** The path exists, for other methods; `Allow` names them. */
  METHOD_NOT_ALLOWED: { status: 405, title: 'Wrong method for this path' },
  /** Another account has this e-mail address, in whatever case. */
  EMAIL_TAKEN: { status: 409, title: 'The e-mail address is taken' },
  /** Another account has this username, in whatever case. */
  USERNAME_TAKEN: { status: 409, title: 'The username is taken' },
  /** Mail to this address is known to arrive already. */
  EMAIL_ALREADY_VERIFIED: { status: 409, title: 'The e-mail address is verified already' },
  /** The account has a second factor; remove it first. */
  SECOND_FACTOR_ALREADY_SET_UP: { status: 409, title: 'There is a second factor already' },
  /** The caller has an open report of the same. */
  ALREADY_REPORTED: { status: 409, title: 'Already reported' },
  /** Another admin has decided the report. */
  REPORT_DECIDED: { status: 409, title: 'The report is decided' },
  /** Nobody would be left to administer the site. */
  LAST_ADMIN: { status: 409, title: 'This is the last admin' },
  /** The account already performs, or has already asked to. */
  ALREADY_A_PERFORMER: { status: 409, title: 'Already a performer' },
  /** The performer has another live stream. */
  ALREADY_LIVE: { status: 409, title: 'Another stream is live' },
  /** The stream is live, and this may not change meanwhile. */
  STREAM_LIVE: { status: 409, title: 'The stream is live' },
  /** The stream is not live, and this needs it to be. */
  STREAM_NOT_LIVE: { status: 409, title: 'The stream is not live' },
  /** The stream has ended. */
  STREAM_ENDED: { status: 409, title: 'The stream has ended' },
  /** The caller already holds a ticket of this show. */
  ALREADY_OWNED: { status: 409, title: 'You already hold a ticket' },
  /** The stream is public, so that nobody needs a ticket. */
  NO_TICKET_NEEDED: { status: 409, title: 'No ticket is needed' },
  /** The ticket costs something else than the buyer was shown; `price` says what. */
  PRICE_CHANGED: { status: 409, title: 'The price has changed' },
  /** Tickets of the show are sold, and this may not change any more; ending it refunds them. */
  TICKETS_SOLD: { status: 409, title: 'Tickets are sold' },
  /** The payment was given back before. */
  ALREADY_REFUNDED: { status: 409, title: 'Already refunded' },
  /** This kind of payment cannot be given back, or it has not been completed. */
  NOT_REFUNDABLE: { status: 409, title: 'Not refundable' },
  /** The money has been spent or paid out by whoever received it, so that it cannot be taken back. */
  FUNDS_SPENT: { status: 409, title: 'The money is spent' },
  /** The wallet would hold more than a wallet may. */
  WALLET_FULL: { status: 409, title: 'The wallet is full' },
  /** Less than this is available to be paid out: earnings are held for some days. */
  EARNINGS_INSUFFICIENT: { status: 409, title: 'Too little is available' },
  /** The payout is past the step that was asked for. */
  PAYOUT_DECIDED: { status: 409, title: 'The payout is past that step' },
  /** The top-up is not one that waits for its confirmation. */
  TOP_UP_NOT_OPEN: { status: 409, title: 'The top-up is not open' },
  /** The account holds money, or some is on its way: spend it, have it paid out, or give it up with `forfeitBalance`. */
  BALANCE_OPEN: { status: 409, title: 'The account holds money' },
  /** Something else changed meanwhile, so that nothing was done: read again, then retry. */
  CONFLICT: { status: 409, title: 'Changed meanwhile' },
  /** The body is larger than the server reads. */
  PAYLOAD_TOO_LARGE: { status: 413, title: 'The body is too large' },
  /** The body is neither empty nor application/json; of an upload, no form, or no picture in it. */
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'This kind of content is not read here' },
  /** A field breaks its rule; `errors` names each. */
  VALIDATION_FAILED: { status: 422, title: 'The input is not valid' },
  /** The token of a mail is unknown, older than an hour, or was used or replaced: ask for another mail. */
  ACCOUNT_TOKEN_INVALID: { status: 422, title: 'The link is no longer good' },
  /** The file is damaged, or no picture that can be read. */
  IMAGE_INVALID: { status: 422, title: 'The picture cannot be read' },
  /** Nobody pays oneself. */
  SELF_PAYMENT: { status: 422, title: 'That would be to yourself' },
  /** The idempotency key was used for another request; a new request needs a new key. */
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'The idempotency key was used for another request' },
  /** Too many calls; `retryAfterMs` says when to come back. */
  RATE_LIMITED: { status: 429, title: 'Too many requests' },
  /** A fault of ours; `requestId` finds it in the logs. */
  INTERNAL_ERROR: { status: 500, title: 'Something went wrong' },
  /** The database, or the storage of files, is away; retry after `retryAfterMs`. */
  DEPENDENCY_UNAVAILABLE: { status: 503, title: 'Temporarily unavailable' },
  /** An audit found the ledger out of balance, and no money moves until that is mended. */
  PAYMENTS_HALTED: { status: 503, title: 'Payments are halted' },
  /** This server takes no top-ups, because it is set up without a payment provider; or the provider is away. */
  PROVIDER_UNAVAILABLE: { status: 503, title: 'The payment provider is not available' },
  /** This server is set up without mail, or the mail server is away. */
  MAIL_UNAVAILABLE: { status: 503, title: 'Mail cannot be sent' },
  /** More work is queued than the server takes on; retry after `retryAfterMs`. */
  OVERLOADED: { status: 503, title: 'The server is busy' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof errorCodes;

/** Whether `value` is one of our codes, so that a client can narrow what an answer carries. */
export const isErrorCode = (value: unknown): value is ErrorCode =>
  typeof value === 'string' && Object.hasOwn(errorCodes, value);

/** One broken rule: `path` is dotted (`tags.2`), empty for the whole input. */
export const FieldError = z
  .object({ path: z.string(), message: z.string() })
  .meta({ id: 'FieldError', description: 'One broken rule: where (dotted path) and what.' });
export type FieldError = z.infer<typeof FieldError>;

/** The body of every REST error: RFC 9457 problem details with our members. */
export const Problem = z
  .object({
    type: z.string().meta({ description: 'A URN that names the kind of problem.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]),
    requestId: z.string(),
    errors: z.array(FieldError).optional(),
    retryAfterMs: z.int().nonnegative().optional(),
    price: z.object({ amount: z.int(), currency: z.string() }).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details; clients act on `code`.' });
export type Problem = z.infer<typeof Problem>;

/** What `error.data` of a tRPC error carries: the same facts as {@link Problem}. */
export type ErrorData = {
  code: string;
  httpStatus: number;
  appCode: ErrorCode;
  requestId: string;
  path?: string;
  issues?: FieldError[];
  retryAfterMs?: number;
  price?: { amount: number; currency: string };
  /** In development only. */
  debug?: { message: string; stack: string | undefined };
};

/** A tRPC error as it goes over the wire. */
export type ErrorShape = { message: string; code: number; data: ErrorData };
