import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AnyRouter } from '@trpc/server';
import { getWSConnectionHandler } from '@trpc/server/adapters/ws';
import type { WebSocket } from 'ws';
import { logUnlessLogged } from '../http/failure.js';
import { FeedStart, type OpenFeed, type Outlet } from '../platform/feed.js';
import type { Logger } from '../platform/logger.js';
import type { Context } from '../trpc/context.js';
import type { Message } from './incoming.js';

type Id = number | string;

/** As far as we look into what tRPC is about to send. */
type Outgoing = {
  id: Id | null;
  jsonrpc?: '2.0';
  result?: { type: string; data?: unknown };
  error?: unknown;
};

const NOTHING = Buffer.alloc(0);

/** The socket as tRPC's handler knows it: messages come in by `emit`, and go out by `send`. */
class HandlerSocket extends EventEmitter {
  readonly #ws: WebSocket;
  readonly #sendText: (text: string) => void;

  constructor(ws: WebSocket, sendText: (text: string) => void) {
    super();
    this.#ws = ws;
    this.#sendText = sendText;
  }

  get readyState(): number {
    return this.#ws.readyState;
  }

  send(text: string | null): void {
    if (text !== null) this.#sendText(text);
  }

  close(): void {
    this.#ws.close();
  }
}

/**
 * Runs the messages of one socket through tRPC's own WebSocket handler, so that procedures behave as on any server of
 * tRPC. Only a feed, once it was admitted, leaves it: from its start on the hub writes to `outlet`.
 */
export const createTrpcHandler = (deps: {
  router: AnyRouter;
  ws: WebSocket;
  request: IncomingMessage;
  context: Context;
  logger: Logger;
  outlet: Outlet & { sendText(text: string): void };
}) => {
  const { router, ws, request, context, logger, outlet } = deps;
  /** Subscriptions that have been asked for and are not over, with the feed of each that flows. */
  const subscriptions = new Map<Id, OpenFeed | undefined>();
  let decoded: Message | undefined;

  const encode = (sent: unknown): string => {
    const message = sent as Outgoing;
    const { id, jsonrpc, result } = message;
    if (id !== null && result?.data instanceof FeedStart) {
      subscriptions.set(id, result.data.open(outlet, jsonrpc ? { id, jsonrpc } : { id }));
      // The feed has opened by itself; HandlerSocket sends nothing.
      return null as unknown as string;
    }
    if (id !== null && (result?.type === 'stopped' || message.error)) subscriptions.delete(id);
    return JSON.stringify(sent);
  };

  const socket = new HandlerSocket(ws, outlet.sendText);
  const accept = getWSConnectionHandler({
    router,
    createContext: () => context,
    experimental_encoder: { encode, decode: () => decoded },
    onError: ({ error, path }: { error: unknown; path?: string }) =>
      logUnlessLogged(logger, error, { requestId: context.requestId, path: path ?? '/trpc' }),
  } as unknown as Parameters<typeof getWSConnectionHandler>[0]);
  // Without the query, by which tRPC would wait for connection parameters that have been read already.
  accept(socket as unknown as WebSocket, Object.create(request, { url: { value: '/trpc' } }));

  return {
    handle: (message: Message): void => {
      if (message.method === 'subscription') subscriptions.set(message.id, undefined);
      decoded = message;
      socket.emit('message', NOTHING, false);
    },
    isSubscribed: (id: Id): boolean => subscriptions.has(id),
    subscriptionCount: (): number => subscriptions.size,
    /** Sends a notice on every feed that flows. */
    tell: (event: object): void => {
      for (const feed of subscriptions.values()) feed?.tell(event);
    },
    /** Ends every subscription; to be called once the socket is closed. */
    close: (): void => {
      socket.emit('close');
      subscriptions.clear();
    },
  };
};

export type TrpcHandler = ReturnType<typeof createTrpcHandler>;
