/** How a client makes a server send it the events of a room. */
export type Dialect = {
  path: string;
  /** What the client with this number says first. */
  hello(index: number): string | undefined;
  /** What it says to a text that begins so. */
  answers: Record<string, string>;
  /** What is in the text after which it hears every event; undefined where the open socket is enough. */
  ready: string | undefined;
};

/** `wsLink` counts its requests from 1, and a page may have asked something else before it subscribes. */
const REQUEST_IDS = 8;

/** As wsLink speaks, for a guest. */
export const trpcDialect = (streamId: string): Dialect => ({
  path: '/trpc',
  hello: (index) =>
    JSON.stringify({
      id: 1 + (index % REQUEST_IDS),
      method: 'subscription',
      params: { path: 'streams.onEvent', input: { streamId } },
    }),
  answers: { PING: 'PONG' },
  ready: '"type":"started"',
});

export const rawDialect: Dialect = { path: '/', hello: () => undefined, answers: {}, ready: undefined };

/** Engine.IO 4 and Socket.IO 5: open, connect to the main namespace, ping and pong. */
export const socketIoDialect: Dialect = {
  path: '/socket.io/?EIO=4&transport=websocket',
  hello: () => undefined,
  answers: { '0': '40', '2': '3' },
  ready: '40',
};
