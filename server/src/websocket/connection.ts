import { type AuthExpiringEvent, ConnectionParams, closeCodes } from '@versbottomlex/shared';
import type { FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import { AppError } from '../platform/app-error.js';
import type { Context } from '../trpc/context.js';
import { toAppError, toErrorShape } from '../trpc/errors.js';
import { createCallBudget } from './call-budget.js';
import { type Incoming, readFrame } from './incoming.js';
import * as limits from './limits.js';
import { createOutlet } from './outlet.js';
import type { TrpcHandler } from './trpc-handler.js';

const ParamsMessage = z.object({ method: z.literal('connectionParams'), data: ConnectionParams.optional() });

/** Who is at the other end, by a token that ends at `expiresAtMs`. */
export type Credentials = {
  accessToken: string;
  identity: { userId: string; sessionId: string; tokenVersion: number };
  expiresAtMs: number;
};

/** The close code for a token that was refused. */
const closeCodeOf = (error: AppError): number => {
  if (error.status === 503) return closeCodes.overloaded;
  if (error.code === 'SESSION_REVOKED' || error.code === 'ACCOUNT_SUSPENDED') return closeCodes.revoked;
  return error.code === 'RATE_LIMITED' ? closeCodes.tooMany : closeCodes.notAuthenticated;
};

const malformedParams = () =>
  new AppError('MALFORMED_REQUEST', {
    detail:
      'The first frame must be {"method":"connectionParams","data":{"accessToken":"…"}} or have null data.',
  });

export type ConnectionDeps = {
  ws: WebSocket;
  request: FastifyRequest;
  /** Whether the client announced a first frame with its token. */
  sendsParams: boolean;
  now: () => number;
  /** Throws as authentication does. */
  authenticate: (accessToken: string) => Promise<Credentials>;
  /** As `authenticate`, for a new socket: throws RATE_LIMITED when the user has too many. */
  authenticateNew: (accessToken: string) => Promise<Credentials>;
  createContext: (request: FastifyRequest) => Context;
  createHandler: (context: Context, outlet: ReturnType<typeof createOutlet>) => TrpcHandler;
};

/**
 * The life of one socket: authenticated within 5 s, bounded in what it may ask for and leave unread, told when its token
 * ends, and closed with a code that says what the client can do about it.
 */
export const createConnection = (deps: ConnectionDeps) => {
  const { ws, request, now, authenticate, authenticateNew } = deps;
  const openedAtMs = now();
  const budget = createCallBudget(
    { burst: limits.CALLS_BURST, perSecond: limits.CALLS_A_SECOND },
    performance.now(),
  );
  let credentials: Credentials | undefined;
  let handler: TrpcHandler | undefined;
  let isAwaited = deps.sendsParams;
  let early: Buffer[] = [];
  let isTold = false;
  let isPongDue = false;
  let pingedAtMs = performance.now();
  let closingSinceMs: number | undefined;

  const base = deps.createContext(request);
  const close = (code: number, error?: AppError) => {
    if (closingSinceMs !== undefined) return;
    if (error) sendFailure(null, error);
    closingSinceMs = performance.now();
    ws.close(code, error?.code ?? '');
  };
  const outlet = createOutlet(ws, request.raw.socket, () => close(closeCodes.tooSlow));
  const sendFailure = (id: number | string | null, error: AppError) =>
    outlet.sendText(JSON.stringify({ id, error: toErrorShape(error, base.requestId, base.showsFaults) }));

  const renew = async (accessToken: string): Promise<{ expiresAt: string }> => {
    const renewed = await authenticate(accessToken);
    if (credentials && credentials.identity.userId !== renewed.identity.userId) {
      throw new AppError('FORBIDDEN', { detail: 'The token is of another account; open another socket.' });
    }
    credentials = renewed;
    isTold = false;
    return { expiresAt: new Date(renewed.expiresAtMs).toISOString() };
  };

  const context: Context = {
    ...base,
    get accessToken() {
      return credentials?.accessToken;
    },
    renewSocket: renew,
  };

  const take = (incoming: Incoming) => {
    if ('error' in incoming) return sendFailure(incoming.id, incoming.error);
    const { message } = incoming;
    if (message.method !== 'subscription.stop') {
      if (handler?.isSubscribed(message.id)) {
        return sendFailure(
          message.id,
          new AppError('MALFORMED_REQUEST', { detail: 'A subscription has this id.' }),
        );
      }
      if (
        message.method === 'subscription' &&
        (handler?.subscriptionCount() ?? 0) >= limits.SUBSCRIPTIONS_MAX
      ) {
        const detail = `A socket carries at most ${limits.SUBSCRIPTIONS_MAX} subscriptions.`;
        return sendFailure(message.id, new AppError('RATE_LIMITED', { detail }));
      }
    }
    handler?.handle(message);
  };

  /** False, and the socket closes, when the client has asked for more than a socket may. */
  const spend = (calls: number): boolean => {
    if (budget.spend(calls, performance.now())) return true;
    close(closeCodes.tooMany, new AppError('RATE_LIMITED', { detail: 'Too many calls over this socket.' }));
    return false;
  };

  const receive = (data: Buffer) => {
    const text = data.toString();
    if (text === 'PING') {
      if (spend(1)) outlet.sendText('PONG');
      return;
    }
    if (text === 'PONG') return void spend(1);
    const messages = readFrame(text);
    if (spend(Math.max(1, messages.length))) for (const message of messages) take(message);
  };

  const begin = () => {
    handler = deps.createHandler(context, outlet);
    const frames = early;
    early = [];
    for (const frame of frames) if (closingSinceMs === undefined) receive(frame);
  };

  const readParams = async (data: Buffer) => {
    let params: ConnectionParams | undefined;
    try {
      params = ParamsMessage.parse(JSON.parse(data.toString())).data;
    } catch {
      return close(closeCodes.badParameters, malformedParams());
    }
    try {
      if (params) credentials = await authenticateNew(params.accessToken);
    } catch (cause) {
      const error = toAppError(cause);
      return close(closeCodeOf(error), error);
    }
    if (closingSinceMs === undefined && ws.readyState === ws.OPEN) begin();
  };

  ws.on('message', (data: Buffer, isBinary: boolean) => {
    if (closingSinceMs !== undefined) return;
    if (isBinary) {
      close(
        closeCodes.badParameters,
        new AppError('MALFORMED_REQUEST', { detail: 'Frames are text, not binary.' }),
      );
    } else if (isAwaited) {
      isAwaited = false;
      void readParams(data);
    } else if (handler) receive(data);
    else if (early.length < limits.EARLY_FRAMES_MAX) early.push(data);
    else close(closeCodes.tooMany);
  });
  ws.on('pong', () => {
    isPongDue = false;
  });
  ws.on('close', () => {
    closingSinceMs ??= performance.now();
    handler?.close();
    early = [];
  });
  if (!deps.sendsParams) begin();

  const ping = (atMs: number) => {
    if (atMs - pingedAtMs < limits.PING_INTERVAL_MS) return;
    // Half open: nothing has come back since the ping before.
    if (isPongDue) return ws.terminate();
    isPongDue = true;
    pingedAtMs = atMs;
    ws.ping();
  };

  const expire = (expiresAtMs: number, atMs: number) => {
    if (atMs >= expiresAtMs + limits.EXPIRED_GRACE_MS) {
      return close(closeCodes.notAuthenticated, new AppError('ACCESS_TOKEN_EXPIRED'));
    }
    if (isTold || atMs < expiresAtMs - limits.EXPIRING_NOTICE_MS) return;
    isTold = true;
    const event: z.infer<typeof AuthExpiringEvent> = {
      type: 'authExpiring',
      expiresAt: new Date(expiresAtMs).toISOString(),
    };
    handler?.tell(event);
  };

  return {
    get identity(): Credentials['identity'] | undefined {
      return credentials?.identity;
    },
    close,
    sendText: outlet.sendText,
    terminate: () => ws.terminate(),

    /** The session has ended, or the account was suspended. */
    revoke: () => close(closeCodes.revoked, new AppError('SESSION_REVOKED')),

    /** The token is void, though its session lives, as after a change of the password: it is to be renewed now. */
    expireNow: () => {
      if (credentials && credentials.expiresAtMs > now()) credentials.expiresAtMs = now();
    },

    /** To be called now and then: does what time brings about. */
    tick: () => {
      const atMs = performance.now();
      if (closingSinceMs !== undefined) {
        // Whoever does not read their close frame is dropped with what they left unread.
        if (atMs - closingSinceMs > limits.CLOSING_MS) ws.terminate();
        return;
      }
      if (handler === undefined && now() - openedAtMs > limits.AUTHENTICATION_MS) {
        return close(closeCodes.notAuthenticated, new AppError('NOT_AUTHENTICATED'));
      }
      if (credentials) expire(credentials.expiresAtMs, now());
      ping(atMs);
    },
  };
};

export type Connection = ReturnType<typeof createConnection>;
