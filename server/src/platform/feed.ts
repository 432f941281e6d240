/** A socket, as what writes to it knows it. */
export type Outlet = {
  /** Sends whole WebSocket frames as they are; drops them once the socket is closing or was cut for being slow. */
  write(frames: Buffer): void;
};

/** The request that a feed answers, as tRPC's messages name it. */
export type FeedRequest = { id: number | string; jsonrpc?: '2.0' };

/** A feed that flows to a socket. */
export type OpenFeed = {
  /** Sends a notice of the socket's own, in order with the feed's events. */
  tell(event: object): void;
};

/**
 * The one value that a feed's iterator yields. The socket's encoder hands it the socket, and from then on the hub writes
 * to it directly: one encoding of an event serves every socket, where tRPC would encode it once for each.
 */
export class FeedStart {
  readonly open: (outlet: Outlet, request: FeedRequest) => OpenFeed;

  constructor(open: (outlet: Outlet, request: FeedRequest) => OpenFeed) {
    this.open = open;
  }
}

/** What a client sees of a feed: events, each with the id from which it can go on later. */
export type Feed<Event> = AsyncIterable<{ id: string; data: Event }, void>;

const overAlready: OpenFeed = { tell: () => {} };

/**
 * What a subscription returns. It yields one FeedStart, which runs `open`, and then waits until `end` is called, with an
 * error to tell the client, or the client stops. `close` runs once, when it is over or never began, and `open` never
 * after it. For clients it is a stream of tracked events.
 */
export const createFeed = <Event>(
  open: (outlet: Outlet, request: FeedRequest) => OpenFeed,
  signal: AbortSignal,
  close: () => void,
): { feed: Feed<Event>; end: (error?: Error) => void } => {
  let resolve: (result: IteratorResult<never, void>) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const over = new Promise<IteratorResult<never, void>>((whenOver, whenFailed) => {
    resolve = whenOver;
    reject = whenFailed;
  });
  // Whoever waits hears of the failure; nobody may be waiting yet.
  over.catch(() => {});
  const done = { done: true, value: undefined } as const;
  let isClosed = false;
  const end = (error?: Error) => {
    if (isClosed) return;
    isClosed = true;
    signal.removeEventListener('abort', stop);
    if (error) reject(error);
    else resolve(done);
    close();
  };
  const stop = () => end();
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();

  // It may end between being yielded and being opened, a few turns of the event loop later.
  const start = new FeedStart((outlet, request) => (isClosed ? overAlready : open(outlet, request)));
  let hasStarted = false;
  const iterator: AsyncIterator<unknown, void> = {
    next: async () => {
      if (hasStarted || isClosed) return over;
      hasStarted = true;
      return { done: false, value: start };
    },
    return: async () => {
      stop();
      return done;
    },
  };
  return { feed: { [Symbol.asyncIterator]: () => iterator } as unknown as Feed<Event>, end };
};
