import {
  createTRPCClient,
  createWSClient,
  type TRPCClient,
  type TRPCWebSocketClient,
  wsLink,
} from '@trpc/client';
import type { AppRouter, RoomEvent } from '@versbottomlex/shared';
import { expect, vi } from 'vitest';
import { WebSocket } from 'ws';

/** The address of the socket of a server that listens at `url`. */
export const socketUrl = (url: string): string => `${url.replace(/^http/, 'ws')}/trpc`;

export type LiveClient = {
  api: TRPCClient<AppRouter>;
  client: TRPCWebSocketClient;
  /** The codes of the sockets that were closed so far. */
  closes: number[];
  /** Drops the connection as a network does: without a word. */
  drop(): void;
  close(): Promise<void>;
};

/** The unmodified client of tRPC over one socket, as whoever holds the token; a guest without. `url` may change. */
export const createLiveClient = (
  url: string | (() => string),
  accessToken?: string | (() => string | null),
): LiveClient => {
  const closes: number[] = [];
  const tokenOf = () => (typeof accessToken === 'function' ? accessToken() : (accessToken ?? null));
  const client = createWSClient({
    url: () => socketUrl(typeof url === 'function' ? url() : url),
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
    connectionParams: () => {
      const token = tokenOf();
      return token === null ? null : { accessToken: token };
    },
    retryDelayMs: () => 10,
    onClose: (cause) => closes.push(cause?.code ?? 0),
  });
  return {
    api: createTRPCClient<AppRouter>({ links: [wsLink({ client })] }),
    client,
    closes,
    drop: () => (client.connection?.ws as unknown as WebSocket | undefined)?.terminate(),
    close: () => client.close(),
  };
};

/** What a subscription has told, and how it ended. */
export type Follow<Event> = {
  /** Every event with its id, in the order of arrival. */
  events: { id: string; data: Event }[];
  errors: unknown[];
  isComplete: () => boolean;
  hasStarted: () => boolean;
  stop(): void;
};

/** Follows a stream's feed and keeps everything that it tells. */
export const follow = (
  { api }: Pick<LiveClient, 'api'>,
  input: Parameters<TRPCClient<AppRouter>['streams']['onEvent']['subscribe']>[0],
): Follow<RoomEvent> => {
  const events: { id: string; data: RoomEvent }[] = [];
  const errors: unknown[] = [];
  let isComplete = false;
  let hasStarted = false;
  const { unsubscribe } = api.streams.onEvent.subscribe(input, {
    onStarted: () => {
      hasStarted = true;
    },
    onData: (event) => events.push(event),
    onError: (error) => errors.push(error),
    onComplete: () => {
      isComplete = true;
    },
  });
  return {
    events,
    errors,
    isComplete: () => isComplete,
    hasStarted: () => hasStarted,
    stop: unsubscribe,
  };
};

/** Waits until a feed has begun, and looks often, for tests that measure what follows. */
export const opened = async <Opened extends Pick<Follow<unknown>, 'events'>>(
  feed: Opened,
): Promise<Opened> => {
  await vi.waitFor(() => expect(feed.events.length).toBeGreaterThan(0), { timeout: 10_000, interval: 5 });
  return feed;
};

/** The texts of the chat's messages, in the order of arrival; null for one that was taken away. */
export const contents = ({ events }: Follow<RoomEvent>): (string | null)[] =>
  events.flatMap(({ data }) => (data.type === 'chatMessage' ? [data.message.content] : []));
