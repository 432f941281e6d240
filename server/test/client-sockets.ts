import type { TRPCClient, TRPCClientError } from '@trpc/client';
import type { RoomEvent } from '@versbottomlex/shared';
import {
  type AppRouter,
  type ClientOptions,
  createClient,
  createMemoryTokenStore,
} from '@versbottomlex/shared/client';
import { WebSocket } from 'ws';

/** A client of ours, and what it does on the network. */
export const createWatchedClient = (url: string, options: Partial<ClientOptions> = {}) => {
  /** Calls over HTTP, those of one request together, and `socket` for each handshake, in order. */
  const steps: string[] = [];
  /** Every frame that was sent over a socket. */
  const frames: string[] = [];
  const sockets: WebSocket[] = [];

  class WatchedSocket extends WebSocket {
    constructor(address: string) {
      super(address);
      sockets.push(this);
      steps.push('socket');
    }

    override send(data: string): void {
      frames.push(data);
      super.send(data);
    }
  }

  const tokens = options.tokens ?? createMemoryTokenStore();
  const closing = new AbortController();
  const api = createClient({
    url,
    tokens,
    WebSocket: WatchedSocket,
    signal: closing.signal,
    fetch: (input, init) => {
      steps.push(new URL(String(input)).pathname.replace('/trpc/', ''));
      return fetch(input, init);
    },
    ...options,
  });
  return {
    api,
    tokens,
    steps,
    frames,
    sockets,
    /** Drops the connection as a network does: without a word. */
    drop: () => sockets.at(-1)?.terminate(),
    close: () => closing.abort(),
  };
};

export type WatchedClient = ReturnType<typeof createWatchedClient>;

/** Follows a stream's feed and keeps everything that it tells. */
export const watch = ({ api }: { api: TRPCClient<AppRouter> }, streamId: string) => {
  const events: { id: string; data: RoomEvent }[] = [];
  const errors: TRPCClientError<AppRouter>[] = [];
  let isComplete = false;
  const { unsubscribe } = api.streams.onEvent.subscribe(
    { streamId },
    {
      onData: (event) => events.push(event),
      onError: (error) => errors.push(error as TRPCClientError<AppRouter>),
      onComplete: () => {
        isComplete = true;
      },
    },
  );
  return {
    events,
    unsubscribe,
    isComplete: () => isComplete,
    types: () => events.map(({ data }) => data.type),
    /** What was said in the chat, in the order of arrival, without the snapshot. */
    said: () => events.flatMap(({ data }) => (data.type === 'chatMessage' ? [data.message.content] : [])),
    /** The codes of the errors that it ended with. */
    codes: () => errors.map(({ data }) => data?.appCode ?? 'no code'),
    errors,
  };
};
