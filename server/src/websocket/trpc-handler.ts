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

/** A call that is under way; a subscription is so until it is over, with its feed once that flows. */
type Call = { isSubscription: boolean; feed?: OpenFeed };

const NOTHING = Buffer.alloc(0);

/** What tRPC reads of a request; it would trip over a Host that is no part of a URL, and wait for parameters by a query. */
const REQUEST = { url: '/trpc', headers: {} } as IncomingMessage;

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
  context: Context;
  logger: Logger;
  outlet: Outlet & { sendText(text: string): void };
  /** Hears of each feed when it begins to flow. */
  onFeed: (feed: OpenFeed) => void;
}) => {
  const { router, ws, context, logger, outlet, onFeed } = deps;
  /** By id, which each of them has to itself, so that an answer tells which of them is over. */
  const calls = new Map<Id, Call>();
  let subscriptionCount = 0;
  let decoded: Message | undefined;

  const end = (id: Id) => {
    if (calls.get(id)?.isSubscription) subscriptionCount -= 1;
    calls.delete(id);
  };

  const encode = (sent: unknown): string => {
    const message = sent as Outgoing;
    const { id, jsonrpc, result } = message;
    const call = id === null ? undefined : calls.get(id);
    if (id !== null && call && result?.data instanceof FeedStart) {
      call.feed = result.data.open(outlet, jsonrpc ? { id, jsonrpc } : { id });
      onFeed(call.feed);
      // The feed has opened by itself; HandlerSocket sends nothing.
      return null as unknown as string;
    }
    if (id !== null && (!call?.isSubscription || result?.type === 'stopped' || message.error)) end(id);
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
  accept(socket as unknown as WebSocket, REQUEST);

  return {
    /** The id of a call must not be that of another that {@link isUnderWay}. */
    handle: (message: Message): void => {
      if (message.method !== 'subscription.stop') {
        const isSubscription = message.method === 'subscription';
        calls.set(message.id, { isSubscription });
        if (isSubscription) subscriptionCount += 1;
      }
      decoded = message;
      socket.emit('message', NOTHING, false);
    },
    isUnderWay: (id: Id): boolean => calls.has(id),
    subscriptionCount: (): number => subscriptionCount,
    /** Sends a notice on every feed that flows. */
    tell: (event: object): void => {
      for (const { feed } of calls.values()) feed?.tell(event);
    },
    /** Ends every subscription; to be called once the socket is closed. */
    close: (): void => {
      socket.emit('close');
      calls.clear();
    },
  };
};

export type TrpcHandler = ReturnType<typeof createTrpcHandler>;
