import type { TRPCClient } from '@trpc/client';
import { type AppRouter, createClient } from '@versbottomlex/shared/client';
import { WebSocket } from 'ws';

const PATIENCE_MS = 20_000;
/** Where nobody listens. */
const NOWHERE = 'ws://127.0.0.1:1';

/** A connection that can be cut: until it is mended, every attempt to come back fails. */
export const createConnection = () => {
  let isCut = false;
  let socket: WebSocket | undefined;
  class CuttableSocket extends WebSocket {
    constructor(address: string) {
      super(isCut ? NOWHERE : address);
      socket = this;
    }
  }
  return {
    WebSocket: CuttableSocket,
    /** Ends it as a network does: nobody says goodbye. Resolves when both ends of it are gone. */
    cut: () =>
      new Promise<void>((resolve) => {
        isCut = true;
        socket?.once('close', () => resolve());
        socket?.terminate();
      }),
    mend: () => {
      isCut = false;
    },
  };
};

/** A user of the demo, with a client and a connection of their own. */
export const createPerson = (url: string, signal: AbortSignal) => {
  const connection = createConnection();
  return { connection, api: createClient({ url, signal, WebSocket: connection.WebSocket }) };
};

/** What a viewer was told of, by the id of its event. */
export type Seen = { id: string; text: string };

/** Opens the live feed of a stream, keeps what is seen there, and hands each line to `onSeen`. */
export const watchStream = (api: TRPCClient<AppRouter>, streamId: string, onSeen: (seen: Seen) => void) => {
  const seen: Seen[] = [];
  let failure: Error | undefined;
  let wake = () => {};
  const note = (id: string, text: string) => {
    seen.push({ id, text });
    onSeen({ id, text });
    wake();
  };
  api.streams.onEvent.subscribe(
    { streamId, kinds: ['chat', 'tips', 'stream'] },
    {
      onData: ({ id, data }) => {
        if (data.type === 'snapshot') note(id, `"${data.stream.title}", with ${data.viewerCount} watching`);
        if (data.type === 'chatMessage') note(id, `${data.message.author.username}: ${data.message.content}`);
        if (data.type === 'tipReceived') {
          const { from, amount, message } = data.tip;
          note(id, `${from?.username ?? 'somebody'} tips ${(amount / 100).toFixed(2)}: ${message}`);
        }
        if (data.type === 'streamUpdate') note(id, `the stream is ${data.stream.status}`);
      },
      onError: (error) => {
        failure = error;
        wake();
      },
    },
  );
  return {
    seen,
    /** Resolves once `count` events were seen. Throws when the feed has failed, or nothing comes. */
    hasSeen: async (count: number): Promise<void> => {
      const deadline = AbortSignal.timeout(PATIENCE_MS);
      while (seen.length < count) {
        if (failure) throw failure;
        if (deadline.aborted) throw new Error(`Only ${seen.length} of ${count} events came.`);
        await new Promise<void>((resolve) => {
          wake = resolve;
          deadline.onabort = () => resolve();
        });
      }
    },
  };
};

export type Viewer = ReturnType<typeof watchStream>;
