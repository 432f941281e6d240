import { type AuthExpiringEvent, closeCodes } from '@versbottomlex/shared';
import type { FastifyRequest } from 'fastify';
import { v7 as uuidv7 } from 'uuid';
import type { WebSocket } from 'ws';
import type { z } from 'zod';
import { AppError } from '../platform/app-error.js';
import { logFault } from '../platform/fault-log.js';
import type { OpenFeed } from '../platform/feed.js';
import type { Context } from '../trpc/context.js';
import { toAppError, toErrorShape } from '../trpc/errors.js';
import { createCallBudget } from './call-budget.js';
import { closeCodeOf, readConnectionParams } from './connection-params.js';
import { createHeartbeat } from './heartbeat.js';
import { type Incoming, type Message, readMessage, splitFrame } from './incoming.js';
import * as limits from './limits.js';
import { createOutlet, type SocketOutlet } from './outlet.js';
import type { TrpcHandler } from './trpc-handler.js';

/** Who is at the other end, by a token that ends at `expiresAtMs`. */
export type Credentials = {
  accessToken: string;
  identity: { userId: string; sessionId: string; tokenVersion: number };
  expiresAtMs: number;
};

export type ConnectionDeps = {
  ws: WebSocket;
  request: FastifyRequest;
  /** Whether the client announced a first frame with its token. */
  sendsParams: boolean;
  /** The access token of the session in cookies, where it says who this is. */
  cookieToken: string | undefined;
  now: () => number;
  /** Throws as authentication does. */
  authenticate: (accessToken: string) => Promise<Credentials>;
  /** Counts this socket among those of a user, at once. Throws RATE_LIMITED when there are too many. */
  countIn: (userId: string) => void;
  createContext: (request: FastifyRequest) => Context;
  createHandler: (context: Context, outlet: SocketOutlet, onFeed: (feed: OpenFeed) => void) => TrpcHandler;
};

/**
 * The life of one socket: authenticated within 5 s, bounded in what it may ask for and leave unread, told when its token
 * ends, and closed with a code that says what the client can do about it.
 */
export const createConnection = (deps: ConnectionDeps) => {
  const { ws, request, now } = deps;
  const openedAtMs = now();
  const budget = createCallBudget(
    { burst: limits.CALLS_BURST, perSecond: limits.CALLS_A_SECOND },
    performance.now(),
  );
  let credentials: Credentials | undefined;
  let handler: TrpcHandler | undefined;
  let isAwaited = deps.sendsParams;
  let early: Buffer[] = [];
  let expiring: z.infer<typeof AuthExpiringEvent> | undefined;
  let isClosing = false;

  const base = deps.createContext(request);
  const close = (code: number, error?: AppError) => {
    if (isClosing) return;
    if (error) sendFailure(null, error);
    isClosing = true;
    ws.close(code, error?.code ?? '');
  };
  const outlet = createOutlet(ws, request.raw.socket, () => close(closeCodes.tooSlow));
  const sendFailure = (id: number | string | null, error: AppError) =>
    outlet.sendText(JSON.stringify({ id, error: toErrorShape(error, base.requestId, base.showsFaults) }));

  /** Takes the token for the socket's from now on. Throws as authentication does; FORBIDDEN; RATE_LIMITED. */
  const signIn = async (accessToken: string): Promise<{ expiresAt: string }> => {
    const found = await deps.authenticate(accessToken);
    // Counted and signed in without waiting in between, so that sockets that open together are counted too.
    if (!credentials) deps.countIn(found.identity.userId);
    else if (credentials.identity.userId !== found.identity.userId) {
      throw new AppError('FORBIDDEN', { detail: 'The token is of another account; open another socket.' });
    }
    credentials = found;
    expiring = undefined;
    return { expiresAt: new Date(found.expiresAtMs).toISOString() };
  };

  const context: Context = {
    ...base,
    // Of our making: the id of the request may be the client's, and the same on all of its sockets.
    connectionId: uuidv7(),
    get accessToken() {
      return credentials?.accessToken;
    },
    cookies: { ...base.cookies, isCredential: deps.cookieToken !== undefined },
    renewSocket: signIn,
  };

  /** Why the message cannot be handled now; undefined when it can. */
  const refusalOf = (message: Message): AppError | undefined => {
    if (message.method === 'subscription.stop') return undefined;
    if (handler?.isUnderWay(message.id)) {
      return new AppError('MALFORMED_REQUEST', { detail: 'A call that is under way has this id.' });
    }
    const isOneMore = message.method === 'subscription';
    if (!isOneMore || (handler?.subscriptionCount() ?? 0) < limits.SUBSCRIPTIONS_MAX) return undefined;
    const detail = `A socket carries at most ${limits.SUBSCRIPTIONS_MAX} subscriptions.`;
    return new AppError('RATE_LIMITED', { detail });
  };

  const take = (incoming: Incoming) => {
    if ('error' in incoming) return sendFailure(incoming.id, incoming.error);
    const refusal = refusalOf(incoming.message);
    if (refusal) sendFailure(incoming.message.id, refusal);
    else handler?.handle(incoming.message);
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
    let items: unknown[];
    try {
      items = splitFrame(text);
    } catch (error) {
      if (spend(1)) sendFailure(null, toAppError(error));
      return;
    }
    // Paid for before it is looked at: 64 KiB hold 30,000 items, each of which would be answered.
    if (!spend(Math.max(1, items.length))) return;
    for (const [index, item] of items.entries()) if (!isClosing) take(readMessage(item, index));
  };

  const begin = () => {
    handler = deps.createHandler(context, outlet, (feed) => {
      if (expiring) feed.tell(expiring);
    });
    const frames = early;
    early = [];
    for (const frame of frames) if (!isClosing) receive(frame);
  };

  /** Closes the socket when the token, or what should have held one, is not good. */
  const beginAs = async (findToken: () => string | undefined) => {
    try {
      const token = findToken();
      if (token !== undefined) await signIn(token);
      if (!isClosing && ws.readyState === ws.OPEN) begin();
    } catch (cause) {
      const error = toAppError(cause);
      logFault(base.logger, error, { requestId: base.requestId, path: '/trpc' });
      close(closeCodeOf(error), error);
    }
  };

  ws.on('message', (data: Buffer, isBinary: boolean) => {
    if (isClosing) return;
    if (isBinary) {
      close(
        closeCodes.badParameters,
        new AppError('MALFORMED_REQUEST', { detail: 'Frames are text, not binary.' }),
      );
    } else if (isAwaited) {
      isAwaited = false;
      void beginAs(() => readConnectionParams(data)?.accessToken);
    } else if (handler) receive(data);
    else if (early.length < limits.EARLY_FRAMES_MAX) early.push(data);
    else close(closeCodes.tooMany);
  });
  // Not answered by ws itself: whoever asks for pongs and reads none would have them pile up here.
  ws.on('ping', (data: Buffer) => {
    if (!isClosing && spend(1) && request.raw.socket.writableLength <= limits.UNSENT_BYTES_MAX) ws.pong(data);
  });
  ws.on('pong', () => {
    if (!isClosing) spend(1);
  });
  ws.on('close', () => {
    isClosing = true;
    handler?.close();
    early = [];
  });
  const heartbeat = createHeartbeat(ws, performance.now());
  if (deps.cookieToken !== undefined) void beginAs(() => deps.cookieToken);
  else if (!deps.sendsParams) begin();

  const expire = (expiresAtMs: number, atMs: number) => {
    if (atMs >= expiresAtMs + limits.EXPIRED_GRACE_MS) {
      return close(closeCodes.notAuthenticated, new AppError('ACCESS_TOKEN_EXPIRED'));
    }
    if (expiring || atMs < expiresAtMs - limits.EXPIRING_NOTICE_MS) return;
    expiring = { type: 'authExpiring', expiresAt: new Date(expiresAtMs).toISOString() };
    handler?.tell(expiring);
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
      const atMs = now();
      if (!credentials || credentials.expiresAtMs <= atMs) return;
      credentials.expiresAtMs = atMs;
      expiring = undefined;
      expire(atMs, atMs);
    },

    /** To be called now and then: does what time brings about. */
    tick: () => {
      if (isClosing) return;
      if (handler === undefined && now() - openedAtMs > limits.AUTHENTICATION_MS) {
        return close(closeCodes.notAuthenticated, new AppError('NOT_AUTHENTICATED'));
      }
      if (credentials) expire(credentials.expiresAtMs, now());
      heartbeat.tick(performance.now());
    },
  };
};

export type Connection = ReturnType<typeof createConnection>;
